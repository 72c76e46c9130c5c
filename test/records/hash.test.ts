import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Column, Value } from '../../src/record.ts';
import { hashOf } from '../../src/records/hash.ts';

const columns = (...names: string[]): Column[] => names.map((name) => ({ name, kind: 'text' }));
const nasty = fc.constantFrom('', '_', ';', '0', '1;', 's1:a', 's0:', 'null', 'true', 'true;', '1', '_s0:', '\n');
const value = fc.oneof(
  nasty,
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).map((number) => number + 0),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.boolean(),
  fc.constant(null),
);
const values = fc.array(value, { minLength: 2, maxLength: 4 });
const same = (a: readonly Value[], b: readonly Value[]) =>
  a.length === b.length && a.every((one, at) => Object.is(one, b[at]));

describe('the hash of a record', () => {
  test('is another one for every other list of values', () => {
    const hash = hashOf(columns('a', 'b'));
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(hash(a) === hash(b)).toBe(same(a, b));
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    [
      ['a', 'b'],
      ['ab', ''],
    ],
    [
      ['', null],
      [null, ''],
    ],
    [
      ['1', 'x'],
      [1, 'x'],
    ],
    [
      ['true', 'x'],
      [true, 'x'],
    ],
    [
      [1, 2],
      [12, null],
    ],
    [
      ['s1:a', ''],
      ['', 's1:a'],
    ],
    [
      [null, null],
      ['_', '_'],
    ],
  ])('of %j is not that of %j', (a, b) => {
    const hash = hashOf(columns('a', 'b'));
    expect(hash(a)).not.toBe(hash(b));
  });

  test('depends on which columns the values are in', () => {
    expect(hashOf(columns('a', 'b'))(['x', 'y'])).not.toBe(hashOf(columns('a', 'c'))(['x', 'y']));
    expect(hashOf(columns('a","b'))(['x'])).not.toBe(hashOf(columns('a', 'b'))(['x']));
  });

  test('is the same in every run, and short', () => {
    expect(hashOf(columns('id', 'n'))(['7', 1])).toBe(hashOf(columns('id', 'n'))(['7', 1]));
    expect(hashOf(columns('id'))(['7'])).toMatch(/^[\w-]{22}$/);
  });
});

test('a field that is written once is not part of it, and makes it another one', () => {
  const owned = columns('a', 'b').map((column) =>
    column.name === 'b' ? { ...column, isWriteOnce: true as const } : column,
  );
  const hash = hashOf(owned);
  expect(hash(['x', 'y'])).toBe(hash(['x', 'z']));
  expect(hash(['x', 'y'])).not.toBe(hash(['w', 'y']));
  expect(hash(['x', 'y'])).not.toBe(hashOf(columns('a', 'b'))(['x', 'y']));
});

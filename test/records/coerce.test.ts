import { describe, expect, test } from 'vitest';
import type { ColumnKind, Value } from '../../src/record.ts';
import { coercionFor, Unfit } from '../../src/records/coerce.ts';

const types: Record<ColumnKind, string | readonly string[]> = {
  text: 'string',
  integer: 'integer',
  real: 'number',
  decimal: 'string',
  boolean: 'boolean',
  date: 'string',
  timestamp: 'string',
  json: ['array', 'object'],
};
const unfit = Symbol('unfit');

function coerced(kind: ColumnKind, found: unknown, type: string | readonly string[] = types[kind]): Value | symbol {
  const value = coercionFor({ name: 'field', kind }, { type })(found);
  return value instanceof Unfit ? unfit : value;
}

const big = 2n ** 60n;
const past64 = 2n ** 64n;

/** What each kind of column makes of what may be found: text, integer, real, boolean, json. Canonical forms are in test/canonical.test.ts. */
const table: readonly (readonly unknown[])[] = [
  // found                text             integer      real          boolean  json
  [null, null, null, null, null, null],
  [undefined, null, null, null, null, null],
  ['', '', unfit, unfit, unfit, unfit],
  [' ', ' ', unfit, unfit, unfit, unfit],
  [' 1', ' 1', unfit, unfit, unfit, unfit],
  ['1', '1', 1, 1, true, unfit],
  ['0', '0', 0, 0, false, unfit],
  ['-0', '-0', 0, 0, unfit, unfit],
  ['+7', '+7', 7, 7, unfit, unfit],
  ['007', '007', 7, 7, unfit, unfit],
  ['1.5', '1.5', unfit, 1.5, unfit, unfit],
  ['.5', '.5', unfit, 0.5, unfit, unfit],
  ['1e3', '1e3', unfit, 1000, unfit, unfit],
  ['1e999', '1e999', unfit, unfit, unfit, unfit],
  ['0x10', '0x10', unfit, unfit, unfit, unfit],
  ['1_000', '1_000', unfit, unfit, unfit, unfit],
  ['NaN', 'NaN', unfit, unfit, unfit, unfit],
  ['Infinity', 'Infinity', unfit, unfit, unfit, unfit],
  ['true', 'true', unfit, unfit, true, unfit],
  ['TRUE', 'TRUE', unfit, unfit, unfit, unfit],
  [String(big), String(big), big, Number(big), unfit, unfit],
  [String(past64), String(past64), unfit, Number(past64), unfit, unfit],
  ['9'.repeat(400), '9'.repeat(400), unfit, unfit, unfit, unfit],
  ['a\0b', unfit, unfit, unfit, unfit, unfit],
  ['a\ud800', unfit, unfit, unfit, unfit, unfit],
  ['😀', '😀', unfit, unfit, unfit, unfit],
  ['[1,{"b":2,"a":1}]', '[1,{"b":2,"a":1}]', unfit, unfit, unfit, '[1,{"a":1,"b":2}]'],
  ['{"n":9007199254740993}', '{"n":9007199254740993}', unfit, unfit, unfit, '{"n":9007199254740993}'],
  ['null', 'null', unfit, unfit, unfit, null],
  [0, '0', 0, 0, false, unfit],
  [1, '1', 1, 1, true, unfit],
  [2, '2', 2, 2, unfit, unfit],
  [1.5, '1.5', unfit, 1.5, unfit, unfit],
  [1e20, '100000000000000000000', unfit, 1e20, unfit, unfit],
  [2 ** 53, '9007199254740992', unfit, 2 ** 53, unfit, unfit],
  [Number.NaN, unfit, unfit, unfit, unfit, unfit],
  [Number.POSITIVE_INFINITY, unfit, unfit, unfit, unfit, unfit],
  [big, String(big), big, Number(big), unfit, unfit],
  [-(2n ** 63n), String(-(2n ** 63n)), -(2n ** 63n), -(2 ** 63), unfit, unfit],
  [2n ** 63n, String(2n ** 63n), unfit, 2 ** 63, unfit, unfit],
  [past64, String(past64), unfit, Number(past64), unfit, unfit],
  [7n, '7', 7, 7, unfit, unfit],
  [10n ** 400n, String(10n ** 400n), unfit, unfit, unfit, unfit],
  [true, 'true', unfit, unfit, true, unfit],
  [false, 'false', unfit, unfit, false, unfit],
  [[], unfit, unfit, unfit, unfit, '[]'],
  [{}, unfit, unfit, unfit, unfit, '{}'],
  [{ b: 1, a: [undefined, null] }, unfit, unfit, unfit, unfit, '{"a":[null,null],"b":1}'],
  [{ n: big }, unfit, unfit, unfit, unfit, `{"n":${big}}`],
  [['a\0b'], unfit, unfit, unfit, unfit, '["a\\u0000b"]'],
  [['a\ud800'], unfit, unfit, unfit, unfit, '["a\\ud800"]'],
];

const cases = table.flatMap(([found, ...expected]) =>
  (['text', 'integer', 'real', 'boolean', 'json'] as const).map((kind, at) => ({
    kind,
    found,
    expected: expected[at],
  })),
);

describe('a field is converted to the form of its column, or the reason why it does not fit is given', () => {
  test.each(cases)('$kind of $found', ({ kind, found, expected }) => {
    expect(coerced(kind, found)).toBe(expected);
  });

  test('-0 is 0, so that it equals what a database gives back', () => {
    expect(
      [coerced('integer', -0), coerced('real', -0), coerced('real', '-0')].map((value) => Object.is(value, 0)),
    ).toEqual([true, true, true]);
  });
});

test.each<[ColumnKind, unknown, Value | symbol]>([
  ['decimal', '1.50', '1.5'],
  ['decimal', 1.5, '1.5'],
  ['decimal', 1e21, '1000000000000000000000'],
  ['decimal', big, String(big)],
  ['decimal', Number.NaN, unfit],
  ['decimal', true, unfit],
  ['decimal', '', unfit],
  ['date', '2026-02-28', '2026-02-28'],
  ['date', '2026-02-30', unfit],
  ['date', 20260228, unfit],
  ['timestamp', '2026-01-02T05:04:05+02:00', '2026-01-02T03:04:05Z'],
  ['timestamp', 1767323045, unfit],
  ['timestamp', null, null],
])('%s of %s', (kind, found, expected) => {
  expect(coerced(kind, found)).toBe(expected);
});

describe('a column of several types', () => {
  test('keeps text that is one of them as it is', () => {
    expect(coerced('json', '[1]', ['array', 'string'])).toBe('"[1]"');
  });

  test('takes numbers, and integers past 2^53, where they are allowed', () => {
    expect(coerced('json', 1.5, ['array', 'number'])).toBe('1.5');
    expect(coerced('json', 1.5, ['array', 'integer'])).toBe(unfit);
    expect(coerced('json', big, ['array', 'integer'])).toBe(String(big));
    expect(coerced('json', big, ['array', 'number'])).toBe(String(big));
  });
});

describe('what does not fit', () => {
  const reason = (kind: ColumnKind, found: unknown) => {
    const value = coercionFor({ name: 'field', kind }, { type: types[kind] })(found);
    return value instanceof Unfit ? value.reason : undefined;
  };

  test('is shown in short, with what was expected', () => {
    expect(reason('integer', 'seven')).toBe('is "seven", not an integer');
    expect(reason('text', { n: big })).toBe(`is {"n":"${big}"}, not a string`);
    expect(reason('real', Number.NaN)).toBe('is NaN, not a number');
    expect(reason('boolean', 'x'.repeat(1000))?.length).toBeLessThan(120);
  });

  test('says that digits were lost', () => {
    expect(reason('integer', 2 ** 53)).toContain('has lost digits');
    expect(reason('integer', past64)).toContain('more than 64 bits');
  });
});

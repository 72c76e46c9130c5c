import { expect, test } from 'vitest';
import { differingFields, digestFields } from '../src/field-digests.ts';
import type { Column, Value } from '../src/record.ts';

const columns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'visits', kind: 'integer' },
  { name: 'active', kind: 'boolean' },
];
const digest = digestFields(columns);

test('equal values have equal digests, four characters for each field and four for the columns', () => {
  expect(digest(['1', 5, true])).toBe(digest(['1', 5, true]));
  expect(digest(['1', 5, true])).toHaveLength(16);
});

test('the fields that differ are found by their places', () => {
  expect(differingFields(digest(['1', 5, true]), digest(['1', 5, true]))).toEqual([]);
  expect(differingFields(digest(['1', 5, true]), digest(['1', 6, null]))).toEqual([1, 2]);
});

test.each<[Value, Value]>([
  ['5', 5],
  ['true', true],
  ['null', null],
  ['', null],
  ['ab', 'ba'],
  ['a', 'a\0'],
  [2 ** 53, 2n ** 53n + 1n],
])('%o and %o are different values', (one, other) => {
  expect(differingFields(digest([one, 1, true]), digest([other, 1, true]))).toEqual([0]);
});

test('an integer is the same value as a number and as a bigint', () => {
  expect(digest(['1', 5, true])).toBe(digest(['1', 5n, true]));
});

test('fields of other columns cannot be compared', () => {
  const other = digestFields(columns.map(({ kind }, at) => ({ name: `c${at}`, kind })));
  expect(differingFields(digest(['1', 5, true]), other(['1', 5, true]))).toBeNull();
  expect(differingFields(digest(['1', 5, true]), digestFields(columns.slice(0, 2))(['1', 5]))).toBeNull();
});

test('no two of 100 000 values in one place have the same digests more often than chance allows', () => {
  const seen = new Set(Array.from({ length: 100_000 }, (_, n) => digest([`person${n}@example.com`, 0, true])));
  expect(100_000 - seen.size).toBeLessThan(400);
});

test('a field that is written once never differs, and one that is so from now on has no digest yet', () => {
  const [first, second, ...rest] = columns;
  if (!first || !second) throw new Error('there are two columns');
  const owned = digestFields([first, { ...second, isWriteOnce: true }, ...rest]);
  expect(differingFields(owned(['1', 5, true]), owned(['1', 6, true]))).toEqual([]);
  expect(differingFields(owned(['1', 5, true]), owned(['2', 6, true]))).toEqual([0]);
  expect(differingFields(digest(['1', 5, true]), owned(['1', 5, true]))).toBeNull();
});

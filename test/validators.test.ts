import { expect, test } from 'vitest';
import { conditionOf, validatorsOf } from '../src/validators.ts';

const date = 'Tue, 24 Nov 2026 00:10:00 GMT';

test('an ETag is what counts, with a Last-Modified or without', () => {
  expect(validatorsOf({ etag: 'W/"a"', 'last-modified': 'Mon, 23 Nov 2026 00:00:00 GMT', date })).toEqual({
    etag: 'W/"a"',
  });
  expect(conditionOf({ etag: 'W/"a"' })).toEqual({ 'if-none-match': 'W/"a"' });
});

test('a Last-Modified counts when it was a minute old: a second change in the same second would not show', () => {
  const old = 'Tue, 24 Nov 2026 00:09:00 GMT';
  expect(validatorsOf({ 'last-modified': old, date })).toEqual({ lastModified: old });
  expect(conditionOf({ lastModified: old })).toEqual({ 'if-modified-since': old });
  expect(validatorsOf({ 'last-modified': 'Tue, 24 Nov 2026 00:09:01 GMT', date })).toBeNull();
});

test.each([
  {},
  { etag: '' },
  { 'last-modified': 'Mon, 23 Nov 2026 00:00:00 GMT' },
  { 'last-modified': 'yesterday', date },
])('nothing is made of %j', (headers) => {
  expect(validatorsOf(headers)).toBeNull();
  expect(conditionOf(null)).toEqual({});
});

import { describe, expect, test } from 'vitest';
import { retryAfterMs } from '../src/retry-after.ts';

const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const inTenMinutes = 'Mon, 23 Nov 2026 12:10:00 GMT';
const asked = (retryAfter: string | undefined, date?: string) => retryAfterMs({ retryAfter, date }, now);

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 120 ', 120_000],
    ['0', 0],
    ['90.5', 90_500],
    ['120, 300', 300_000],
    [inTenMinutes, 600_000],
    ['Monday, 23-Nov-26 12:10:00 GMT', 600_000],
    ['Mon Nov 23 12:10:00 2026', 600_000],
    ['Mon, 23 Nov 2020 12:10:00 GMT', 0],
  ])('%j asks for %i ms', (value, ms) => {
    expect(asked(value)).toBe(ms);
  });

  test.each([
    undefined,
    '',
    '-5',
    'abc',
    '1e99',
    '12abc',
    'NaN',
    'Infinity',
    '0x10',
    '2026-11-23',
    'Mon, soon',
    '-5, 120',
    `${inTenMinutes}, 5`,
  ])('%j asks for nothing', (value) => {
    expect(asked(value)).toBeUndefined();
  });

  test.each([
    ['Sat, 01 Jan 2000 00:05:00 GMT', 'Sat, 01 Jan 2000 00:00:00 GMT', 300_000],
    [inTenMinutes, 'Mon, 23 Nov 2026 12:08:00 GMT', 120_000],
    [inTenMinutes, 'garbage', 600_000],
  ])('the date %s counts from the answer’s own date %s', (value, date, ms) => {
    expect(asked(value, date)).toBe(ms);
  });
});

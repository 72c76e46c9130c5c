import { describe, expect, test } from 'vitest';
import { askedAfterSuccessMs, askedMs, backOffMs } from '../../src/http/back-off.ts';

const minute = 60_000;
const hour = 60 * minute;
const bounds = { perMs: minute, backOffCapMs: 30 * minute, retryAfterCapMs: 24 * hour };
const now = Date.UTC(2026, 10, 23, 12, 0, 0);
const asked = (headers: Record<string, string>) => askedMs(headers, now, bounds);
const inTenMinutes = 'Mon, 23 Nov 2026 12:10:00 GMT';

describe('Retry-After', () => {
  test.each([
    ['120', 2 * minute],
    [' 120 ', 2 * minute],
    ['90.5', 90_500],
    ['0', minute],
    ['5', minute],
    ['99999999', 24 * hour],
    ['9'.repeat(400), 24 * hour],
    ['120, 300', 5 * minute],
    [inTenMinutes, 10 * minute],
    ['Monday, 23-Nov-26 12:10:00 GMT', 10 * minute],
    ['Mon Nov 23 12:10:00 2026', 10 * minute],
    ['Mon, 23 Nov 2020 12:10:00 GMT', minute],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 24 * hour],
  ])('%j asks for so long, within per and a day', (value, ms) => {
    expect(asked({ 'retry-after': value })).toBe(ms);
  });

  test.each([
    '-5',
    'abc',
    '1e99',
    '',
    '12abc',
    'NaN',
    'Infinity',
    '0x10',
    '2026-11-23',
    'Mon, soon',
    '-5, 120',
    `${inTenMinutes}, 5`,
  ])('%j is garbage, and as good as absent', (value) => {
    expect(asked({ 'retry-after': value })).toBeUndefined();
  });

  test('a date counts from the response’s own date, whatever our clock says', () => {
    expect(asked({ 'retry-after': 'Sat, 01 Jan 2000 00:05:00 GMT', date: 'Sat, 01 Jan 2000 00:00:00 GMT' })).toBe(
      5 * minute,
    );
    expect(asked({ 'retry-after': inTenMinutes, date: 'Mon, 23 Nov 2026 12:08:00 GMT' })).toBe(2 * minute);
    expect(asked({ 'retry-after': inTenMinutes, date: 'garbage' })).toBe(10 * minute);
  });

  test('on a success it is not asked for', () => {
    expect(askedAfterSuccessMs({ 'retry-after': '120' }, now, bounds)).toBeUndefined();
  });
});

describe('RateLimit headers', () => {
  test.each([
    [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '90' }, 90_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '90' }, 90_000],
    [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': '90' }, 90_000],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 + 300) }, 5 * minute],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now + 300_000) }, 5 * minute],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(now / 1000 - 300) }, minute],
    [{ ratelimit: '"default";r=0;t=90' }, 90_000],
    [{ ratelimit: '"burst";r=0;t=70, "a,b";r=0;t=180;pk=:eA==:, "day";r=7;t=3600' }, 3 * minute],
    [{ ratelimit: 'default;r=0;t=90.5' }, 90_500],
    [{ ratelimit: '"burst";r=0', 'ratelimit-policy': '"burst";q=100;w=120,"day";q=1000;w=86400' }, 2 * minute],
    [{ ratelimit: '"burst";r=0;t=90', 'ratelimit-policy': '"burst";q=100;w=120' }, 90_000],
    [{ ratelimit: 'limit=10, remaining=0, reset=90' }, 90_000],
    [{ ratelimit: '"default";r=0;t=90', 'retry-after': '120' }, 2 * minute],
    [{ ratelimit: '"default";r=0;t=999999999' }, 24 * hour],
  ])('%j says that none is left', (headers, ms) => {
    expect(asked(headers as Record<string, string>)).toBe(ms);
  });

  test.each([
    { 'ratelimit-remaining': '1', 'ratelimit-reset': '90' },
    { 'ratelimit-remaining': '0' },
    { 'ratelimit-remaining': '0', 'ratelimit-reset': 'soon' },
    { 'ratelimit-remaining': '0', 'x-ratelimit-reset': '90' },
    { ratelimit: '"default";r=5;t=90' },
    { ratelimit: '"default";r=0' },
    { ratelimit: '"default";r=0', 'ratelimit-policy': '"other";q=1;w=90' },
    { ratelimit: '"default";r=0;t="90"' },
    { ratelimit: '"default";r=0;t=-90' },
    { ratelimit: '"default;r=0;t=90' },
    { ratelimit: 'limit=10, remaining=0' },
    { 'ratelimit-policy': '"default";q=1;w=90' },
    { ratelimit: 'garbage' },
    {},
  ])('%j says nothing', (headers) => {
    expect(asked(headers as Record<string, string>)).toBeUndefined();
  });

  test('an epoch is compared with the response’s own date', () => {
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1262304180',
      date: 'Fri, 01 Jan 2010 00:00:00 GMT',
    };
    expect(asked(headers)).toBe(3 * minute);
  });
});

describe('the back-off of our own', () => {
  test('doubles with each failure, to its cap', () => {
    const most = [0, 1, 2, 3, 4, 5, 6, 100].map((failures) => backOffMs(failures, 1, bounds) / minute);
    expect(most).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  test('has full jitter, but is never shorter than per', () => {
    expect(backOffMs(3, 0.5, bounds)).toBe(4 * minute);
    expect(backOffMs(3, 0, bounds)).toBe(minute);
  });

  test('is per where per is longer than the cap', () => {
    expect(backOffMs(2, 0.9, { ...bounds, perMs: 2 * hour })).toBe(2 * hour);
  });
});

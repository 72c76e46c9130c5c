import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../src/duration.ts';

describe('reading a duration', () => {
  test.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each(['', '90', 's', '-1s', '1 s', ' 1s', '1s ', '1S', '1m 30s', '1e3s', '.5s', '1.s', 'Infinitys', '1w', '5M'])(
    '%j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('writing a duration', () => {
  test.each([
    [-5, '0ms'],
    [0, '0ms'],
    [850.4, '850ms'],
    [999.6, '1s'],
    [12_000, '12s'],
    [90_000, '1m 30s'],
    [3_600_000, '1h'],
    [7_500_000, '2h 5m'],
    [86_400_000 + 300_000, '1d'],
    [273_600_000, '3d 4h'],
    [59_999, '1m'],
  ])('%d ms are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('reads back as what it was, but for what two units leave out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 * 86_400_000 }), (ms) => {
        const units = formatDuration(ms).split(' ');
        expect(units.length).toBeLessThanOrEqual(2);
        const read = units.reduce((sum, unit) => sum + (parseDuration(unit) ?? Number.NaN), 0);
        const precision = ms < 1000 ? 0 : ms < 3_600_000 ? 500 : ms < 86_400_000 ? 60_000 : 3_600_000;
        expect(Math.abs(read - ms)).toBeLessThanOrEqual(precision);
      }),
    );
  });
});

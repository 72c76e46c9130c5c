import { expect, test } from 'vitest';
import { glyphs, sparkline, stripOf } from '../../../src/cli/status/strip.ts';
import { aRun, minutely, minuteMs, now, past } from '../../verdict/some-facts.ts';

const drawn = (...args: Parameters<typeof stripOf>) =>
  stripOf(...args)
    .cells.map(({ is }) => glyphs[is])
    .join('');

test('each cell of two minutes has the worst of its runs, the newest last', () => {
  const runs = minutely(20).map((run, at) => (at === 5 ? { ...run, outcome: 'failed', exitCode: 69 } : run));
  expect(drawn(runs, [], now, 30)).toBe('●●●●●●●✕●●');
});

test('what a run was is told apart by its glyph', () => {
  const outcomes = ['done', 'partial', 'throttled', 'not-due', 'held', 'failed', 'incomplete', 'paused', 'stopped'];
  const runs = outcomes.map((outcome, at) => aRun(minuteMs + at * 2 * minuteMs, { outcome }));
  expect(drawn(runs, [], now, 30)).toBe('◐○▲✕▲○○◐●');
});

test('a cell in which nothing ran is a dot, so that a gap is seen', () => {
  expect(drawn([...minutely(6), ...minutely(6, {}, 20 * minuteMs)], [], now, 30)).toMatch(/^●+·+●+$/);
});

test('a run without an end was killed or is running', () => {
  const open = aRun(30_000, { endedAt: null, outcome: null });
  const runs = [open, ...minutely(4, {}, 3 * minuteMs)];
  expect(drawn(runs, [open], now, 30)).toBe('●●✕');
  expect(drawn(runs, [], now, 30)).toBe('●●◐');
  expect(stripOf(runs, [open], now, 30).counts).toEqual(new Map(Object.entries({ killed: 1, done: 4 })));
});

test('a cell is as long as the time between two runs, and there are no more than fit', () => {
  const hourly = Array.from({ length: 50 }, (_, at) => aRun(minuteMs + at * 60 * minuteMs));
  const strip = stripOf(hourly, [], now, 30);
  expect(strip.cells).toHaveLength(30);
  expect(strip.spanMs).toBe(30 * 60 * minuteMs);
});

test('the sparkline has a bar for each cell, as high as its slowest run', () => {
  const runs = [0, 7000, 14_000].map((took, at) => {
    const startedAt = past(minuteMs + at * 2 * minuteMs);
    return aRun(0, { startedAt: new Date(startedAt), endedAt: new Date(startedAt + took) });
  });
  expect(sparkline(stripOf(runs, [], now, 30))).toBe('█▄▁');
});

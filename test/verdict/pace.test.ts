import { expect, test } from 'vitest';
import { runsSince } from '../../src/verdict/pace.ts';
import { aRun, minuteMs, past } from './some-facts.ts';

test('the run that has met a failure counts among those that have tried since then', () => {
  const runs = [1, 2, 3, 4].map((minutes) => aRun(minutes * minuteMs));
  const database = { runs };
  const half = 500;
  expect(runsSince(past(3 * minuteMs) + half, database)).toEqual({ count: 3, isAll: true });
  expect(runsSince(past(2 * minuteMs) - half, database)).toEqual({ count: 2, isAll: true });
  expect(runsSince(0, database)).toEqual({ count: 4, isAll: false });
});

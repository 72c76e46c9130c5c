import { expect, test } from 'vitest';
import { MinuteCount } from '../../src/listen/minute-count.ts';

const secondMs = 1000;

function aCount() {
  let now = 5000;
  const count = new MinuteCount(60 * secondMs, () => now);
  return {
    count,
    after(seconds: number) {
      now += seconds * secondMs;
      return count;
    },
  };
}

test('a minute is known when it is over, and stays until the next one is', () => {
  const { count, after } = aCount();
  count.add();
  after(59).add();
  expect(count.last).toBeNull();
  expect(after(1).last).toBe(2);
  count.add();
  expect(after(59).last).toBe(2);
  expect(after(1).last).toBe(1);
});

test('a minute without any is 0, however long nobody has asked', () => {
  const { count, after } = aCount();
  count.add();
  expect(after(120).last).toBe(0);
  count.add();
  expect(after(600).last).toBe(0);
});

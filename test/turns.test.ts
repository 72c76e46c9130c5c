import { expect, test } from 'vitest';
import { Turns } from '../src/turns.ts';

test('long work lets everything else happen before it is done', async () => {
  let hasAnswered = false;
  setImmediate(() => {
    hasAnswered = true;
  });
  const turns = new Turns();
  let turnsTaken = 0;
  while (!hasAnswered) {
    if (!turns.isOver) continue;
    await turns.giveWay();
    turnsTaken += 1;
  }
  expect(turnsTaken).toBe(1);
});

import { expect, test } from 'vitest';
import { LeaseLostError, ThrottledError } from '../../src/errors.ts';
import { createThrottledClient } from '../../src/http/throttled.ts';
import { type AnyOption, clientOptions } from './client-options.ts';
import { aKeeper } from './keeper.ts';

function aSlotTaker(journal: string[], options: AnyOption = {}) {
  const keepers = [aKeeper('redis', journal), aKeeper('guard', journal)];
  const { takeSlot } = createThrottledClient(clientOptions({ keepers, timeoutMs: 300_000, ...options }));
  if (!takeSlot) throw new Error('expected a client that has slots');
  return takeSlot;
}

test('a slot is taken of every keeper for the longest time that it may need, and settled when all is over', async () => {
  const journal: string[] = [];
  let hits = 0;
  const slot = await aSlotTaker(journal, { onHit: () => (hits += 1) })('/opt/Tap Acme');
  expect(hits).toBe(1);
  await slot.settle();
  expect(journal).toEqual([
    'redis take opt-tap-acme 1/60000 +305000',
    'guard take opt-tap-acme 1/60000 +305000',
    'redis settle 60100',
    'guard settle 60100',
  ]);
});

test("the config's own key comes first, and a slot that was not used is given back", async () => {
  const journal: string[] = [];
  const slot = await aSlotTaker(journal, { key: 'acme' })('tap-acme');
  await slot.cancel();
  expect(journal.map((call) => call.replace(/ 1\/.*/, ''))).toEqual([
    'redis take acme',
    'guard take acme',
    'redis cancel',
    'guard cancel',
  ]);
});

test('without a free slot nothing is started', async () => {
  const redis = aKeeper('redis', [], { granted: false, waitMs: 700 });
  await expect(aSlotTaker([], { keepers: [redis] })('tap-acme')).rejects.toBeInstanceOf(ThrottledError);
});

test('a run that lost its lock while it waited for the slot gives it back', async () => {
  const journal: string[] = [];
  const take = aSlotTaker(journal, { mayStillSend: () => false });
  await expect(take('tap-acme')).rejects.toBeInstanceOf(LeaseLostError);
  expect(journal.slice(2)).toEqual(['redis cancel', 'guard cancel']);
});

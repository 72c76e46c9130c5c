import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { takeSlot } from '../../../src/http/take-slot.ts';
import { silentLog } from '../../../src/log.ts';
import { throttleKeys } from '../../../src/redis/keys.ts';
import { createRedisSlots, lookAtSlots } from '../../../src/redis/slots/slots.ts';
import { describeWaiting, isStarving, type SlotKeeper } from '../../../src/throttle.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { aGrant, waitOf } from '../../contracts/slots.ts';
import { open } from '../../helpers/open-redis.ts';
import { redis as server } from '../../helpers/suite-redis.ts';

const minutely = [{ hits: 1, perMs: 60_000 }];
const patient = 600_000;
const keys = throttleKeys('sync', 'acme');

async function aKeeper(sync: string) {
  const redis = await open(server.url);
  return createRedisSlots({ redis, prefix: 'sync', timings: defaultTimings, sync });
}

/** What the keeper says of those who wait, when it denies. */
async function placeOf(keeper: SlotKeeper, patienceMs = patient) {
  const answer = await keeper.take(aGrant(), minutely, 0, patienceMs);
  return answer.granted ? 'granted' : answer.queue;
}

/** Takes the only slot, so that others must wait. */
async function takeAll(): Promise<() => Promise<void>> {
  const [keeper, grant] = [await aKeeper('first'), aGrant()];
  await keeper.take(grant, minutely, 0);
  return () => keeper.cancel(grant);
}

test('syncs that wait get the slots in turn', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const windows = [{ hits: 1, perMs: 40 }];
  const served: string[] = [];
  const ask = async (name: string) => {
    const keeper = await aKeeper(name);
    const options = { windows, keepers: [keeper], credentialsDigest: '', reserveMs: 1000, waitMs: patient };
    while (served.length < 20) {
      const slot = await takeSlot('acme', { ...options, signal: new AbortController().signal, log: silentLog });
      served.push(name);
      await slot.settle(40);
    }
  };
  await Promise.all(names.map(ask));

  const counts = names.map((name) => served.slice(0, 20).filter((one) => one === name).length);
  expect(Math.min(...counts), `${counts}`).toBeGreaterThanOrEqual(4);
  expect(Math.max(...counts), `${counts}`).toBeLessThanOrEqual(6);
});

test('whoever was denied first is first, and learns who is ahead and how long that takes', async () => {
  const [a, b, c] = [await aKeeper('a'), await aKeeper('b'), await aKeeper('c')];
  const free = await takeAll();
  expect(await placeOf(a)).toMatchObject({ ahead: 0, others: 0 });
  expect(await placeOf(b)).toMatchObject({ ahead: 1, others: 1 });
  expect(await placeOf(c)).toMatchObject({ ahead: 2, others: 2 });
  expect(await placeOf(b)).toMatchObject({ ahead: 1, others: 2 });
  expect(waitOf(await c.take(aGrant(), minutely, 0, patient))).toBeGreaterThan(120_000);

  await free();
  expect(await placeOf(c)).toMatchObject({ ahead: 2 });
  expect(await placeOf(b)).toMatchObject({ ahead: 1 });
  expect(await placeOf(a)).toBe('granted');
  expect(await placeOf(a)).toMatchObject({ ahead: 2 });
});

test('as many as there are slots get one at once, whoever is ahead', async () => {
  const three = [{ hits: 3, perMs: 60_000 }];
  const [a, b, c] = [await aKeeper('a'), await aKeeper('b'), await aKeeper('c')];
  const grants = [aGrant(), aGrant(), aGrant()];
  for (const grant of grants) await a.take(grant, three, 0, patient);
  for (const keeper of [a, b, c]) await keeper.take(aGrant(), three, 0, patient);
  for (const grant of grants.slice(1)) await a.cancel(grant);
  expect((await b.take(aGrant(), three, 0, patient)).granted).toBe(true);
  expect((await c.take(aGrant(), three, 0, patient)).granted).toBe(false);
  expect((await a.take(aGrant(), three, 0, patient)).granted).toBe(true);
});

test('one that does not come for its slot holds the next one up for half a second', async () => {
  const [dead, next] = [await aKeeper('dead'), await aKeeper('next')];
  const free = await takeAll();
  await placeOf(dead);
  const denied = await placeOf(next);
  // The dead one expects its slot in a minute; until half a second later it is its own.
  expect(denied).toMatchObject({ ahead: 1 });
  const { againMs } = denied as { againMs: number };
  expect(againMs).toBeGreaterThan(60_000);
  expect(againMs).toBeLessThanOrEqual(60_502);
  await free();
  const [ticket] = String(await server.client.hget(keys.queue, 'dead')).split(' ');
  await server.client.hset(keys.queue, 'dead', `${ticket} ${Date.now() - 1} ${Date.now() + 60_000}`);
  expect(await placeOf(next)).toBe('granted');
  await server.client.del(keys.slots);
  expect(await placeOf(next)).toBe('granted');
  expect(await placeOf(dead)).toMatchObject({ ahead: 0 });
});

test('the clock of the server has jumped back: whoever waits by the time before holds nobody up', async () => {
  const [a, hour] = [await aKeeper('a'), 3_600_000];
  await server.client.hset(
    keys.queue,
    'before',
    `${Date.now() + hour} ${Date.now() + 2 * hour} ${Date.now() + 3 * hour}`,
  );
  expect(await placeOf(a)).toBe('granted');
  expect(await server.client.hexists(keys.queue, 'before')).toBe(0);
});

test('one that cannot wait so long holds nobody up, and is ahead of those who came later when it comes again', async () => {
  const [hasty, late] = [await aKeeper('hasty'), await aKeeper('late')];
  const free = await takeAll();
  expect(await placeOf(hasty, 0)).toMatchObject({ ahead: 0 });
  expect(await placeOf(late)).toMatchObject({ ahead: 0, others: 0 });
  expect(await placeOf(hasty, 0)).toMatchObject({ ahead: 0, others: 1 });
  await free();
  expect(await placeOf(hasty, 0)).toBe('granted');
});

test('a turn is not lost when another keeper denies it', async () => {
  const [first, second] = [await aKeeper('a'), await aKeeper('b')];
  const free = await takeAll();
  await placeOf(first);
  await placeOf(second);
  await free();
  const grant = aGrant();
  expect((await first.take(grant, minutely, 0, patient)).granted).toBe(true);
  await first.postpone(grant, 30_000);
  expect(waitOf(await second.take(aGrant(), minutely, 0, patient))).toBeGreaterThan(60_000);
  expect(await placeOf(first)).toMatchObject({ ahead: 0, others: 1 });
});

test('who waits, and for how long, can be seen', async () => {
  const redis = await open(server.url);
  const look = (sync: string) => lookAtSlots({ redis, prefix: 'sync', sync }, 'acme', minutely);
  await takeAll();
  expect(await look('a')).toMatchObject({ waitedMs: null, others: 0 });
  for (const name of ['a', 'b']) await placeOf(await aKeeper(name));
  await sleep(30);
  const seen = await look('a');
  expect(seen).toMatchObject({ others: 1, cause: null });
  expect(seen.waitedMs).toBeGreaterThanOrEqual(20);
  expect(await server.client.pttl(keys.queue)).toBeGreaterThan(0);
});

test('a sync whose slot is postponed for longer than it waits holds nobody up', async () => {
  const windows = [{ hits: 3, perMs: 60_000 }];
  const [hasty, other] = [await aKeeper('hasty'), await aKeeper('other')];
  const grant = aGrant();
  await hasty.take(grant, windows, 0);
  await hasty.postpone(grant, 1_800_000);
  for (let n = 0; n < 2; n += 1) expect(await other.take(aGrant(), windows, 0, patient)).toEqual({ granted: true });
  const redis = await open(server.url);
  expect(await lookAtSlots({ redis, prefix: 'sync', sync: 'other' }, 'acme', windows)).toMatchObject({ others: 0 });
});

test('a limit that Redis has forgotten does not count for who looks', async () => {
  const redis = await open(server.url);
  const keeper = await aKeeper('first');
  await keeper.take(aGrant(), minutely, 0);
  await server.client.hset(keys.limits, 'hitsUntil', '1');
  const several = [
    { hits: 10, perMs: 60_000 },
    { hits: 100, perMs: 3_600_000 },
  ];
  expect(await lookAtSlots({ redis, prefix: 'sync' }, 'acme', several)).toMatchObject({ waitMs: 0 });
});

test('a sync starves when it has waited three times as long as the turns of all take', () => {
  expect(isStarving({ waitedMs: 480_000, others: 7 }, [{ hits: 3, perMs: 60_000 }])).toBe(false);
  expect(isStarving({ waitedMs: 480_001, others: 7 }, [{ hits: 3, perMs: 60_000 }])).toBe(true);
  expect(isStarving({ waitedMs: 180_000, others: 0 }, [{ hits: 1, perMs: 1000 }])).toBe(false);
  const daily = { hits: 1000, perMs: 86_400_000 };
  expect(isStarving({ waitedMs: 3 * daily.perMs, others: 0 }, [{ hits: 1, perMs: 1000 }, daily])).toBe(false);
  expect(describeWaiting({ waitedMs: 600_000, others: 1 })).toBe(
    'this sync has had no slot for 10m, and 1 other sync waits for slots of the same key',
  );
});

import { describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import { throttleKeys } from '../../../src/redis/keys.ts';
import { createRedisSlots } from '../../../src/redis/slots/slots.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { aGrant, slotKeeperContract, waitOf } from '../../contracts/slots.ts';
import { aProxyToRedis, open } from '../../helpers/open-redis.ts';
import { redis as server } from '../../helpers/suite-redis.ts';

const minutely = [{ hits: 1, perMs: 60_000 }];
const keys = throttleKeys('sync', 'acme');

async function aKeeper(url = server.url, timings = {}, sync = '') {
  const redis = await open(url, timings);
  return createRedisSlots({ redis, prefix: 'sync', timings: defaultTimings, sync });
}

async function aKeeperBehindAProxy(timings = {}) {
  const { proxy, url } = await aProxyToRedis();
  return { proxy, keeper: await aKeeper(url, timings) };
}

slotKeeperContract('redis', async () => ({
  keeper: await aKeeper(),
  others: await Promise.all([1, 2, 3].map(() => aKeeper())),
  async close() {},
}));

test('grants a slot once when the reply was lost', async () => {
  const { proxy, keeper } = await aKeeperBehindAProxy();
  proxy.next('EVAL', 'drop-reply');
  expect(await keeper.take(aGrant(), minutely, 0)).toEqual({ granted: true });
  expect(await server.client.zcard(keys.slots)).toBe(1);
  expect(proxy.seen('EVAL')).toBe(2);
});

test('grants nothing when Redis does not answer', async () => {
  const { proxy, keeper } = await aKeeperBehindAProxy({ redisCommandMs: 200, redisScriptBudgetMs: 300 });
  proxy.always('black-hole');
  await expect(keeper.take(aGrant(), minutely, 0)).rejects.toThrow(UnreachableError);
  await expect(keeper.take(aGrant(), minutely, 0)).rejects.toThrow('no hit was made');
});

test('remembers a limit at least for as long as its own slot lasts', async () => {
  const keeper = await aKeeper();
  const daily = { hits: 1, perMs: 86_400_000 };
  await keeper.take(aGrant(), [daily], 5000);
  const until = Number(await server.client.hget(keys.limits, 'perUntil'));
  expect(until).toBeGreaterThan(Date.now() + daily.perMs);
  expect(await server.client.pttl(keys.limits)).toBeGreaterThan(daily.perMs);
});

test('forgets a strict limit that nobody asks for any more, though others go on', async () => {
  const keeper = await aKeeper();
  const [strict, lax] = [aGrant(), aGrant()];
  await keeper.take(strict, minutely, 0);
  await keeper.cancel(strict);
  await server.client.hset(keys.limits, 'perUntil', Date.now() - 1);
  await keeper.take(lax, [{ hits: 1, perMs: 1000 }], 0);
  expect(waitOf(await keeper.take(aGrant(), [{ hits: 1, perMs: 1000 }], 0))).toBeLessThanOrEqual(1001);
});

test('clamps a slot that frees later than any reservation could: the server clock jumped back', async () => {
  const keeper = await aKeeper();
  await server.client.zadd(keys.slots, Date.now() + 3_600_000, 'from the future');
  expect(waitOf(await keeper.take(aGrant(), minutely, 5000))).toBeLessThanOrEqual(65_001);
});

test('clamps a back-off that ends later than any could', async () => {
  const keeper = await aKeeper();
  await server.client.set(keys.notBefore, `${Date.now() + 30 * 86_400_000} {"exitCode":69,"message":"m"}`, 'EX', 100);
  expect(waitOf(await keeper.take(aGrant(), minutely, 0))).toBe(86_400_000);
});

test('grants again after Redis was emptied: the guard in the target is there for that', async () => {
  const keeper = await aKeeper();
  const grant = aGrant();
  await keeper.take(grant, minutely, 0);
  await server.client.flushall();
  await keeper.settle(grant, 60_000);
  expect((await keeper.take(aGrant(), minutely, 0)).granted).toBe(false);
});

test('works on when Redis has forgotten the scripts', async () => {
  const keeper = await aKeeper();
  await keeper.take(aGrant('one'), minutely, 0);
  await server.client.script('FLUSH');
  expect(await keeper.take(aGrant('two'), minutely, 0)).toEqual({ granted: true });
});

test('keeps more than a thousand hits of a window in little room, and grants none too many', async () => {
  const keeper = await aKeeper();
  const windows = [{ hits: 1100, perMs: 600_000 }];
  const hit = async () => {
    const grant = aGrant();
    const answer = await keeper.take(grant, windows, 0);
    if (answer.granted) await keeper.settle(grant, 600_000);
    return answer;
  };
  const answers = [];
  for (let n = 0; n < 12; n += 1) answers.push(...(await Promise.all(Array.from({ length: 100 }, hit))));

  expect(answers.filter(({ granted }) => granted)).toHaveLength(1100);
  expect(await server.client.zcard(keys.window(600_000))).toBeLessThan(1100 / 2);
  expect(await server.client.exists(keys.slots)).toBe(0);
});

test('the windows that others have asked for are found by a keeper that did not know them', async () => {
  const [one, other] = [await aKeeper(), await aKeeper()];
  const long = { hits: 1, perMs: 3_600_000 };
  const grant = aGrant();
  await other.take(grant, [{ hits: 5, perMs: 1000 }], 0);
  await one.take(
    aGrant(),
    [
      { hits: 5, perMs: 1000 },
      { hits: 2, perMs: 3_600_000 },
    ],
    0,
  );
  await other.settle(grant, 1000);
  expect(await server.client.zcard(keys.window(3_600_000))).toBe(2);
  expect(waitOf(await other.take(aGrant(), [{ hits: 5, perMs: 1000 }, long], 0))).toBeGreaterThan(3_500_000);
  await other.cancel(grant);
  expect(await server.client.zcard(keys.window(3_600_000))).toBe(1);
});

test('leaves no key without a TTL', async () => {
  const keeper = await aKeeper();
  const grant = aGrant();
  await keeper.take(grant, minutely, 1000);
  await keeper.settle(grant, 1000);
  await keeper.settle(aGrant(), 90_000);
  const listed = [...minutely, { hits: 9, perMs: 3_600_000 }];
  await (await aKeeper(server.url, {}, 'crm')).take(aGrant(), listed, 0, 90_000);
  const later = aGrant('elsewhere');
  await keeper.take(later, listed, 0);
  await keeper.settle(later, 60_000);
  await keeper.defer('acme', 30_000, { exitCode: 69, message: 'later' });
  const found = await server.client.keys('*');
  const there = throttleKeys('sync', 'elsewhere');
  const elsewhere = [there.limits, there.slots, there.window(60_000), there.window(3_600_000)];
  expect(found.sort()).toEqual([keys.limits, keys.notBefore, keys.queue, keys.slots, ...elsewhere].sort());
  for (const key of found) expect(await server.client.pttl(key)).toBeGreaterThan(0);
});

describe('a third party that counts', () => {
  test('sees no more hits in any window than each of several limits allows', async () => {
    const windows = [
      { hits: 2, perMs: 100 },
      { hits: 5, perMs: 700 },
    ];
    const arrivals: number[] = [];
    const poll = async (seed: number) => {
      const keeper = await aKeeper();
      for (let round = seed; arrivals.length < 18; round += 1) {
        const grant = aGrant();
        const answer = await keeper.take(grant, windows, 100);
        if (!answer.granted) {
          await delay(Math.min(answer.waitMs, 40));
          continue;
        }
        await delay((round * 17) % 60);
        arrivals.push(performance.now());
        await keeper.settle(grant, 101);
      }
    };
    await Promise.all([1, 2, 3, 4].map(poll));

    for (const { hits, perMs } of windows) {
      const spans = arrivals.slice(hits).map((at, index) => at - (arrivals[index] ?? 0));
      expect(Math.min(...spans)).toBeGreaterThanOrEqual(perMs);
    }
  });

  test('sees hits apart from each other, whatever four pollers do and where they crash', async () => {
    const limits = { hits: 1, perMs: 300 };
    const [timeoutMs, reserveMs] = [60, 100];
    const arrivals: number[] = [];
    const poll = async (seed: number) => {
      const keeper = await aKeeper();
      for (let round = seed; arrivals.length < 10; round += 1) {
        const grant = aGrant();
        const answer = await keeper.take(grant, [limits], reserveMs);
        if (!answer.granted) {
          await delay(Math.min(answer.waitMs, 40));
          continue;
        }
        await delay((round * 17) % timeoutMs);
        arrivals.push(performance.now());
        if (round % 4 === 0) continue;
        await delay((round * 13) % 30);
        await keeper.settle(grant, limits.perMs + 1);
      }
    };
    await Promise.all([1, 2, 3, 4].map(poll));

    const spacing = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? 0));
    expect(Math.min(...spacing)).toBeGreaterThanOrEqual(limits.perMs);
  });
});

/** A request's time on the way, scaled. */
function delay(ms: number): Promise<unknown> {
  const end = performance.now() + ms;
  return vi.waitUntil(() => performance.now() >= end, { interval: 1 });
}

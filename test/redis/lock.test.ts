import { afterEach, describe, expect, test, vi } from 'vitest';
import { LeaseLostError, UnreachableError } from '../../src/errors.ts';
import { createLock } from '../../src/redis/lock.ts';
import { defaultTimings } from '../../src/timings.ts';
import { aHolder, granted, lockContract } from '../contracts/lock.ts';
import { aProxyToRedis, open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const key = '{sync:crm}:lock';
const timings = { leaseMarginMs: 300, leaseRetryMs: 50 };

afterEach(() => void vi.restoreAllMocks());

async function aLock({ ttlMs = 30_000, url = server.url } = {}) {
  const redis = await open(url, { redisCommandMs: 2000 });
  return createLock({ redis, key, ttlMs, timings });
}

async function aLockBehindAProxy(ttlMs: number) {
  const { proxy, url } = await aProxyToRedis();
  return { proxy, lock: await aLock({ ttlMs, url }) };
}

function lostReason(signal: AbortSignal): Promise<unknown> {
  return vi.waitUntil(() => signal.aborted && signal.reason, { timeout: 10_000, interval: 5 });
}

lockContract('redis', async () => ({
  another: () => aLock(),
  async expire() {
    await server.client.del(key);
  },
  async close() {},
}));

describe('taking the lock', () => {
  test('succeeds when the reply was lost', async () => {
    const { proxy, lock } = await aLockBehindAProxy(30_000);
    proxy.next('EVAL', 'drop-reply');
    expect(granted(await lock.acquire(aHolder())).isTrusted()).toBe(true);
    expect(await server.client.get(key)).not.toBeNull();
    expect(proxy.seen('cjson')).toBe(2);
  });

  test('succeeds when the request was lost', async () => {
    const { proxy, lock } = await aLockBehindAProxy(30_000);
    proxy.next('EVAL', 'cut', 'cut');
    expect(granted(await lock.acquire(aHolder())).isTrusted()).toBe(true);
  });

  test('has a TTL, and leaves nothing without one', async () => {
    const lock = await aLock();
    granted(await lock.acquire(aHolder()));
    expect(await server.client.pttl(key)).toBeGreaterThan(0);
  });

  test('reports a key without a TTL, and does not touch it', async () => {
    await server.client.set(key, 'by hand');
    const lock = await aLock();
    expect(await lock.acquire(aHolder())).toEqual({ granted: false, held: { holder: null, expiresInMs: null } });
    expect(await lock.inspect()).toEqual({ holder: null, expiresInMs: null });
    expect(await server.client.get(key)).toBe('by hand');
  });

  test('reports a key of another type as held by nobody known', async () => {
    await server.client.rpush(key, 'a list');
    const lock = await aLock();
    expect(await lock.acquire(aHolder())).toEqual({ granted: false, held: { holder: null, expiresInMs: null } });
    expect(await lock.inspect()).toEqual({ holder: null, expiresInMs: null });
    expect(await lock.remove()).toBe(true);
  });

  test.each(['null', '7', '"text"', '[]', '{"token":"x"}', '{'])(
    'reports %s as held by nobody known',
    async (value) => {
      await server.client.set(key, value, 'PX', 60_000);
      const lock = await aLock();
      expect(await lock.acquire(aHolder())).toMatchObject({ granted: false, held: { holder: null } });
    },
  );
});

describe('holding the lock', () => {
  test('renews it for as long as it is held', async () => {
    const { proxy, lock } = await aLockBehindAProxy(900);
    const lease = granted(await lock.acquire(aHolder()));
    // Seven renewals, one every 300 ms, take longer than two lives of a lock that is not renewed.
    const before = proxy.seen('EVAL');
    await vi.waitUntil(() => proxy.seen('EVAL') >= before + 7 || lease.signal.aborted, { timeout: 20_000 });
    expect(lease.isTrusted()).toBe(true);
    expect((await lock.inspect())?.expiresInMs).toBeGreaterThan(0);
  });

  test('is over when another one took it: the renewal is refused, and the release too', async () => {
    const lock = await aLock({ ttlMs: 900 });
    const lease = granted(await lock.acquire(aHolder()));
    await server.client.set(key, JSON.stringify(aHolder({ run: 'other' })), 'PX', 60_000);

    expect(await lostReason(lease.signal)).toBeInstanceOf(LeaseLostError);
    expect(lease.isTrusted()).toBe(false);
    await lease.release();
    expect((await lock.inspect())?.holder?.run).toBe('other');
    expect((await lock.inspect())?.expiresInMs).toBeGreaterThan(30_000);
  });

  test.each(['a string', 'a list'])('is over when somebody put %s there', async (kind) => {
    const lock = await aLock({ ttlMs: 900 });
    const lease = granted(await lock.acquire(aHolder()));
    await server.client.del(key);
    if (kind === 'a list') await server.client.rpush(key, 'x');
    else await server.client.set(key, 'x');
    expect(await lostReason(lease.signal)).toBeInstanceOf(LeaseLostError);
  });

  test('is over when Redis was emptied, and a renewal never creates it', async () => {
    const lock = await aLock({ ttlMs: 900 });
    const lease = granted(await lock.acquire(aHolder()));
    await server.client.flushall();
    expect(await lostReason(lease.signal)).toBeInstanceOf(LeaseLostError);
    expect(await server.client.exists(key)).toBe(0);
  });

  test('survives renewals that fail inside its window', async () => {
    const { proxy, lock } = await aLockBehindAProxy(3000);
    const lease = granted(await lock.acquire(aHolder()));
    proxy.next('EVAL', 'cut', 'drop-reply');
    const before = proxy.seen('EVAL');
    await vi.waitUntil(() => proxy.seen('EVAL') >= before + 4, { timeout: 20_000 });
    expect(lease.isTrusted()).toBe(true);
    expect(lease.signal.aborted).toBe(false);
  });

  test('is renewed at once when the lock was granted so late that its renewal is due', async () => {
    const { proxy, lock } = await aLockBehindAProxy(3000);
    proxy.next('cjson', { delayMs: 1800 });
    const lease = granted(await lock.acquire(aHolder()));
    const before = proxy.seen('EVAL');
    await vi.waitUntil(() => proxy.seen('EVAL') >= before + 2, { timeout: 20_000 });
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  });

  test.each(['cut', 'black-hole'] as const)(
    'is over, and Redis to blame, when no renewal comes through (%s)',
    async (fault) => {
      const { proxy, lock } = await aLockBehindAProxy(1500);
      const lease = granted(await lock.acquire(aHolder()));
      proxy.always(fault);
      expect(await lostReason(lease.signal)).toBeInstanceOf(UnreachableError);
      expect(lease.isTrusted()).toBe(false);
    },
  );

  test('is over while Redis is gone, even if it comes back with the lock in it', async () => {
    const { proxy, lock } = await aLockBehindAProxy(1500);
    const lease = granted(await lock.acquire(aHolder()));
    await proxy.goAway();
    await lostReason(lease.signal);
    await proxy.comeBack();
    expect(lease.isTrusted()).toBe(false);
    await lease.release();
  });

  test('is trusted from when a slow renewal was sent, not from when it succeeded', async () => {
    const { proxy, lock } = await aLockBehindAProxy(3000);
    const lease = granted(await lock.acquire(aHolder()));
    proxy.always({ delayMs: 1600 });
    // Sent at 1000 and answered at 2600: good until 3700. The next one, sent at 2600, is answered at 4200. Counted from
    // the answers, each would come in time, and the lease would go on for ever.
    expect(await lostReason(lease.signal)).toBeInstanceOf(UnreachableError);
    expect(await server.client.exists(key)).toBe(1);
  });

  test.each([-1, 1])(
    'is not trusted when the wall clock jumps by %s h, or stays so by the other clock',
    async (hours) => {
      const lock = await aLock();
      const lease = granted(await lock.acquire(aHolder()));
      const now = Date.now.bind(Date);
      vi.spyOn(Date, 'now').mockImplementation(() => now() + hours * 3_600_000);
      expect(lease.isTrusted()).toBe(hours < 0);
    },
  );

  test('fires when it finds that the wall clock has jumped past it', async () => {
    const lock = await aLock({ ttlMs: 900 });
    const lease = granted(await lock.acquire(aHolder()));
    const now = Date.now.bind(Date);
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000);
    await lostReason(lease.signal);
    expect(lease.signal.reason).toBeInstanceOf(LeaseLostError);
  });

  test('is over when the event loop was blocked for longer than its window', async () => {
    const lock = await aLock({ ttlMs: 900 });
    const lease = granted(await lock.acquire(aHolder()));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    expect(lease.isTrusted()).toBe(false);
    expect(await lostReason(lease.signal)).toBeInstanceOf(LeaseLostError);
  });
});

describe('giving the lock back', () => {
  test('never throws, and does not wait long, when Redis is gone', async () => {
    const { proxy, lock } = await aLockBehindAProxy(30_000);
    const lease = granted(await lock.acquire(aHolder()));
    await proxy.goAway();
    await expect(lease.release()).resolves.toBeUndefined();
    expect(lease.isTrusted()).toBe(false);
  });

  test('fires no signal', async () => {
    const lock = await aLock({ ttlMs: 600 });
    const lease = granted(await lock.acquire(aHolder()));
    await lease.release();
    const other = granted(await lock.acquire(aHolder()));
    await vi.waitUntil(async () => ((await lock.inspect())?.expiresInMs ?? 0) < 450);
    expect(lease.signal.aborted).toBe(false);
    await other.release();
  });
});

test('the default times leave a renewal room to be repeated before the lock is over', () => {
  const ttlMs = 30_000;
  expect(ttlMs / 3 + defaultTimings.redisCommandMs + defaultTimings.leaseRetryMs).toBeLessThan(
    ttlMs - defaultTimings.leaseMarginMs,
  );
});

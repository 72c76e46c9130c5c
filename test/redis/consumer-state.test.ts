import { beforeEach, describe, expect, test, vi } from 'vitest';
import { createAttemptLog } from '../../src/redis/connection/attempts.ts';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { syncKeys } from '../../src/redis/keys.ts';
import { createMembers } from '../../src/redis/members.ts';
import type { FaultProxy } from '../helpers/fault-proxy.ts';
import { aProxyToRedis, open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const keys = syncKeys('sync', 'crm');
let proxy: FaultProxy;
let redis: RedisConnection;
beforeEach(async () => {
  const through = await aProxyToRedis();
  proxy = through.proxy;
  redis = await open(through.url, { redisCommandMs: 2000 });
});

describe('the log of attempts', () => {
  const attempts = () => createAttemptLog({ redis, keys, ttlMs: 60_000 });

  test('counts every failure, with its time and the last error', async () => {
    const before = Date.now();
    expect(await attempts().note('notify', '1-1', 'refused')).toMatchObject({ count: 1, lastError: 'refused' });
    const second = await attempts().note('notify', '1-1', 'timed out');
    expect(second).toMatchObject({ count: 2, lastError: 'timed out' });
    expect(second.times).toHaveLength(2);
    for (const time of second.times) expect(Math.abs(time - before)).toBeLessThan(60_000);
  });

  test('counts once when the reply was lost', async () => {
    proxy.next('HSET', 'drop-reply');
    expect(await attempts().note('notify', '1-1', 'refused')).toMatchObject({ count: 1 });
  });

  test('reads those that have failed, and forgets', async () => {
    const log = attempts();
    await log.note('notify', '1-1', 'a');
    await log.note('notify', '1-3', 'b');
    await log.note('other', '1-2', 'c');
    expect([...(await log.read('notify', ['1-1', '1-2', '1-3'])).keys()]).toEqual(['1-1', '1-3']);
    await log.forget('notify', ['1-1', '1-2']);
    expect([...(await log.read('notify', ['1-1', '1-3'])).keys()]).toEqual(['1-3']);
    expect((await log.read('notify', [])).size).toBe(0);
  });

  test('counts what was interrupted beside what has failed, until it is forgotten', async () => {
    const log = attempts();
    const many = Array.from({ length: 2500 }, (_, n) => `2-${n}`);
    await log.noteInterruptions('notify', 'one', ['1-1', ...many]);
    proxy.next('HSET', 'drop-reply');
    await log.noteInterruptions('notify', 'two', ['1-1']);
    await log.noteInterruptions('notify', 'two', ['1-1']);
    await log.noteInterruptions('notify', 'three', []);
    expect([await log.interruptions('notify', '1-1'), await log.interruptions('notify', '2-2499')]).toEqual([2, 1]);
    expect(await log.interruptions('other', '1-1')).toBe(0);
    expect((await log.read('notify', ['1-1'])).size).toBe(0);
    await log.forget('notify', ['1-1']);
    expect(await log.interruptions('notify', '1-1')).toBe(0);
    expect(await server.client.pttl(keys.attempts('notify'))).toBeGreaterThan(0);
  });

  test('keeps the first time and the latest, however many there are', async () => {
    const log = attempts();
    for (let nth = 1; nth <= 60; nth += 1) await log.note('notify', '1-1', `error ${nth}`);
    const stored = (await log.read('notify', ['1-1'])).get('1-1');
    expect([stored?.count, stored?.times.length, stored?.lastError]).toEqual([60, 50, 'error 60']);
  });

  test('stays no longer than its TTL', async () => {
    await attempts().note('notify', '1-1', 'refused');
    expect(await server.client.pttl(keys.attempts('notify'))).toBeGreaterThan(0);
  });
});

describe('the members of a listener', () => {
  test('are counted as long as they show themselves', async () => {
    const members = createMembers({ redis, keys });
    expect(await members.join('notify', 'one', 60_000, null)).toBe(1);
    expect(await members.join('notify', 'one', 60_000, null)).toBe(1);
    expect(await members.join('notify', 'two', 60_000, null)).toBe(2);
    expect(await members.join('other', 'three', 60_000, null)).toBe(1);
    await members.leave('notify', 'one');
    expect(await members.join('notify', 'two', 60_000, null)).toBe(1);
    await members.join('notify', 'two', 60_000, 3);
    expect(await server.client.pttl(keys.members('notify'))).toBeGreaterThan(0);
    expect(await server.client.pttl(keys.done('notify'))).toBeGreaterThan(0);
  });

  test('are forgotten when they do not', async () => {
    const members = createMembers({ redis, keys });
    await members.join('notify', 'dead', 50, 5);
    await vi.waitUntil(async () => (await members.join('notify', 'alive', 60_000, null)) === 1, {
      timeout: 5000,
      interval: 20,
    });
    expect(await server.client.hgetall(keys.done('notify'))).toEqual({});
  });
});

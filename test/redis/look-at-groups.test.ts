import { beforeEach, expect, test } from 'vitest';
import { receiverGone } from '../../src/consumer.ts';
import { createAttemptLog } from '../../src/redis/connection/attempts.ts';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { syncKeys } from '../../src/redis/keys.ts';
import { createLock } from '../../src/redis/lock.ts';
import { lookAtGroups } from '../../src/redis/look-at-groups.ts';
import { createMembers } from '../../src/redis/members.ts';
import { defaultTimings } from '../../src/timings.ts';
import { open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const keys = syncKeys('sync', 'crm');
let redis: RedisConnection;
beforeEach(async () => {
  redis = await open();
});

const look = () => lookAtGroups({ redis, keys }, [{ group: 'notify', listener: 'notify' }]);
const nothing = {
  group: 'notify',
  daemons: 0,
  donePerMinute: null,
  reader: null,
  oldest: null,
  deliveries: 0,
  failing: null,
  off: null,
};

/** An event whose subject looks like a time. */
async function append(seq: number): Promise<void> {
  const event = `{"subject":"\\"time\\":\\"never","time":"2026-01-31T12:00:0${seq}.000Z","data":{"time":"no"}}`;
  await server.client.xadd(keys.events, `1-${seq}`, 'event', event);
}

const read = () => server.client.xreadgroup('GROUP', 'notify', 'one', 'COUNT', 1, 'STREAMS', keys.events, '>');

test('without a stream nothing is known of a group, and the clock is that of Redis', async () => {
  const { now, groups } = await look();
  expect(groups).toEqual([nothing]);
  const [seconds] = await server.client.time();
  expect(Math.abs(now.getTime() / 1000 - Number(seconds))).toBeLessThan(60);
});

test('the oldest event is the first that was not acknowledged, whether it was delivered or not', async () => {
  await server.client.xgroup('CREATE', keys.events, 'notify', '0', 'MKSTREAM');
  await append(1);
  await append(2);
  expect((await look()).groups).toEqual([{ ...nothing, oldest: new Date('2026-01-31T12:00:01Z') }]);
  await read();
  expect((await look()).groups).toEqual([{ ...nothing, oldest: new Date('2026-01-31T12:00:01Z'), deliveries: 1 }]);
  await server.client.xack(keys.events, 'notify', '1-1');
  expect((await look()).groups).toEqual([{ ...nothing, oldest: new Date('2026-01-31T12:00:02Z') }]);
});

test('deliveries that are known to have failed are not those that ended a daemon', async () => {
  await server.client.xgroup('CREATE', keys.events, 'notify', '0', 'MKSTREAM');
  await append(1);
  await read();
  const attempts = createAttemptLog({ redis, keys, ttlMs: 60_000 });
  await attempts.note('notify', '1-1', '503 from hooks.example');
  await server.client.xclaim(keys.events, 'notify', 'two', 0, '1-1', 'RETRYCOUNT', 3);
  const [group] = (await look()).groups;
  expect(group).toMatchObject({ deliveries: 2, failing: { count: 1, error: '503 from hooks.example' } });
});

test('daemons are counted while they show themselves, and a receiver that is gone is known', async () => {
  const members = createMembers({ redis, keys });
  await members.join('notify', 'host.1.a', 60_000, null);
  await members.join('notify', 'host.2.b', 60_000, null);
  await createAttemptLog({ redis, keys, ttlMs: 60_000 }).note('notify', receiverGone, 'answered 410');
  const [group] = (await look()).groups;
  expect(group).toMatchObject({ daemons: 2, off: { because: 'answered 410', at: expect.any(Date) } });
});

test('the daemon that holds the lease of a group reads it, until it lets go', async () => {
  const lock = createLock({ redis, key: keys.lease('notify'), ttlMs: 60_000, timings: defaultTimings });
  const readers = async () => (await look()).groups.map(({ reader }) => reader);
  expect(await readers()).toEqual([null]);
  const acquired = await lock.acquire({ token: 't', host: 'web-1', pid: 4711, run: 'r', startedAt: '' });
  expect(await readers()).toEqual(['web-1:4711']);
  if (acquired.granted) await acquired.lease.release();
  expect(await readers()).toEqual([null]);
});

test('what a listener delivered in a minute is the sum of its daemons that say so, while they show themselves', async () => {
  const members = createMembers({ redis, keys });
  const done = async () => (await look()).groups.map(({ donePerMinute }) => donePerMinute);
  await members.join('notify', 'starting', 60_000, null);
  expect(await done()).toEqual([null]);
  await members.join('notify', 'one', 60_000, 0);
  expect(await done()).toEqual([0]);
  await members.join('notify', 'one', 60_000, 7);
  await members.join('notify', 'two', 60_000, 12);
  await members.join('other', 'three', 60_000, 100);
  expect(await done()).toEqual([19]);
  await members.leave('notify', 'two');
  expect(await done()).toEqual([7]);
  await members.join('notify', 'killed', 1, 90);
  await expect.poll(done).toEqual([7]);
});

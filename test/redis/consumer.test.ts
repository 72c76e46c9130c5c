import { describe, expect, test } from 'vitest';
import { firstEntry, GroupGoneError } from '../../src/consumer.ts';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import { openConsumer } from '../../src/redis/consumer.ts';
import { at, type ConsumersUnderTest, consumerContract } from '../contracts/consumer.ts';
import { aProxyToRedis, open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const key = '{sync:crm}:events';
const leaseKey = '{sync:crm}:lease:notify';
const group = 'notify';

let names = 0;

async function connect(url = server.url): Promise<RedisConnection> {
  const connection = await open(url, { redisCommandMs: 2000 });
  return connection;
}

async function join(redis: RedisConnection, token?: string) {
  names += 1;
  const lease = token === undefined ? {} : { lease: { key: leaseKey, token } };
  return openConsumer({ redis, key, group, consumer: `host.1.${names}`, ...lease });
}

async function append(...seqs: readonly number[]) {
  for (const seq of seqs) await server.client.xadd(key, at(seq), 'event', `{"n":${seq}}`);
}

async function aGroup(): Promise<ConsumersUnderTest> {
  await server.client.xgroup('CREATE', key, group, '0', 'MKSTREAM');
  const redis = await connect();
  return {
    join: (token) => join(redis, token),
    async lend(token) {
      await server.client.set(leaseKey, JSON.stringify({ token }), 'PX', 60_000);
    },
    append,
    async destroy() {
      await server.client.xgroup('DESTROY', key, group);
    },
    async trim(...seqs) {
      await server.client.xdel(key, ...seqs.map(at));
    },
    async pending() {
      const all = (await server.client.xpending(key, group, '-', '+', 1000)) as [string, string, number, number][];
      return all.map(([id, consumer, , deliveries]) => ({ id, consumer, deliveries }));
    },
    async consumers() {
      const all = (await server.client.xinfo('CONSUMERS', key, group)) as unknown[][];
      return all.map((facts) => String(facts[1]));
    },
    async close() {},
  };
}

consumerContract('redis', aGroup);

describe('behind a network that fails', () => {
  async function behindAProxy() {
    const { proxy, url } = await aProxyToRedis();
    await server.client.xgroup('CREATE', key, group, '0', 'MKSTREAM');
    return { proxy, consumer: await join(await connect(url)) };
  }

  test('gets what a lost reply has taken, and then what is new', async () => {
    const { proxy, consumer } = await behindAProxy();
    await append(1, 2, 3);
    proxy.next('XREADGROUP', 'drop-reply');
    expect((await consumer.readNew(2)).entries.map(({ id }) => id)).toEqual([at(1), at(2)]);
    expect((await consumer.readNew(2)).entries.map(({ id }) => id)).toEqual([at(3)]);
    expect(proxy.seen('XREADGROUP')).toBeGreaterThan(1);
  });

  test('does not get again what it has claimed', async () => {
    const { proxy, consumer } = await behindAProxy();
    await append(1, 2);
    await (await join(await connect())).readNew(2);
    await append(3);
    await consumer.claim(0, 10, firstEntry);
    proxy.next('EVAL', 'drop-reply');
    expect((await consumer.readNew(10)).entries.map(({ id }) => id)).toEqual([at(3)]);
    expect((await consumer.readNew(10)).entries).toEqual([]);
  });

  test('an acknowledgement whose reply was lost is one, and nobody’s loss', async () => {
    const { proxy, consumer } = await behindAProxy();
    await append(1);
    await consumer.readNew(1);
    proxy.next('XACK', 'drop-reply');
    expect(await consumer.acknowledge([at(1)])).toEqual([]);
    expect((await server.client.xpending(key, group))[0]).toBe(0);
  });

  test('a beginning whose reply was lost counts once', async () => {
    const { proxy, consumer } = await behindAProxy();
    await append(1);
    await (await join(await connect())).readNew(1);
    await consumer.claim(0, 10, firstEntry);
    proxy.next('RETRYCOUNT', 'drop-reply');
    expect(await consumer.begin(at(1))).toBe(true);
    const [[, , , deliveries] = []] = (await server.client.xpending(key, group, '-', '+', 1)) as [unknown[]];
    expect(deliveries).toBe(2);
  });
});

test('an entry that somebody else wrote has no event', async () => {
  const { join: joined, close } = await aGroup();
  await server.client.xadd(key, '18446744073709551614-5', 'other', 'x');
  await server.client.xadd(key, '18446744073709551615-18446744073709551615', 'event', 'x', 'more', 'y');
  const consumer = await joined();
  const { entries } = await consumer.readNew(10);
  expect(entries).toEqual([
    { id: '18446744073709551614-5', event: null, deliveries: 1 },
    { id: '18446744073709551615-18446744073709551615', event: null, deliveries: 1 },
  ]);
  expect(await consumer.acknowledge(entries.map(({ id }) => id))).toEqual([]);
  expect((await server.client.xpending(key, group))[0]).toBe(0);
  await close();
});

test('the tail of five thousand pending entries is reached though the head is stuck', async () => {
  const { join: joined } = await aGroup();
  const pipeline = server.client.pipeline();
  for (let seq = 1; seq <= 5000; seq += 1) pipeline.xadd(key, at(seq), 'event', '{}');
  await pipeline.exec();
  const stuck = await joined();
  await stuck.readNew(5000);
  await stuck.handBack([at(5000)]);

  const consumer = await joined();
  let cursor = firstEntry;
  const found: string[] = [];
  for (let call = 0; call < 60 && found.length === 0; call += 1) {
    const claimed = await consumer.claim(60_000, 100, cursor);
    found.push(...claimed.entries.map(({ id }) => id));
    cursor = claimed.next;
  }
  expect(found).toEqual([at(5000)]);
});

test('acknowledges and keeps alive thousands at once', async () => {
  const { join: joined } = await aGroup();
  const pipeline = server.client.pipeline();
  for (let seq = 1; seq <= 3000; seq += 1) pipeline.xadd(key, at(seq), 'event', '{}');
  await pipeline.exec();
  const consumer = await joined();
  const all = (await consumer.readNew(3000)).entries.map(({ id }) => id);
  expect(await consumer.keepAlive(all)).toEqual([]);
  expect(await consumer.acknowledge(all)).toEqual([]);
  expect((await server.client.xpending(key, group))[0]).toBe(0);
});

test('a stream that is not there has no group', async () => {
  await expect(join(await connect())).rejects.toThrow(GroupGoneError);
});

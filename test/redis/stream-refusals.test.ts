import { afterEach, describe, expect, test, vi } from 'vitest';
import { UnreachableError } from '../../src/errors.ts';
import { beforeEverything } from '../../src/event.ts';
import { createEventStream } from '../../src/redis/stream.ts';
import { at, events, generation } from '../contracts/stream.ts';
import { open } from '../helpers/open-redis.ts';
import { aRedis } from '../helpers/redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const key = '{sync:crm}:events';
const room = 1_000_000;

afterEach(async () => {
  await server.client.config('SET', 'maxmemory', '0', 'min-replicas-to-write', '0');
});

async function aStream(url = server.url, timings = {}) {
  const redis = await open(url, timings);
  return createEventStream({ redis, key });
}

describe('a Redis that refuses to write', () => {
  const append = async (url = server.url) => {
    const stream = await aStream(url, { redisScriptBudgetMs: 200 });
    return stream.append(beforeEverything, generation, events(1, 3), room).catch((thrown: unknown) => thrown);
  };
  const expectRefusal = (error: unknown, code: string) => {
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: expect.stringContaining(code) });
    expect(error).toMatchObject({ message: expect.stringContaining('the events stay in the outbox') });
  };

  test('because it is full (OOM) is unreachable, and goes on once it has room', async () => {
    await server.client.config('SET', 'maxmemory', '1');
    expectRefusal(await append(), 'OOM');
    await server.client.config('SET', 'maxmemory', '0');
    expect(await append()).toMatchObject({ appended: 3 });
  });

  test('because it has no replicas (NOREPLICAS) is unreachable', async () => {
    await server.client.config('SET', 'min-replicas-to-write', '1');
    expectRefusal(await append(), 'NOREPLICAS');
  });

  test('because it became a replica (READONLY) is unreachable', async () => {
    const stream = await aStream(server.url, { redisScriptBudgetMs: 200 });
    await server.client.replicaof('127.0.0.1', '1');
    try {
      const error = await stream
        .append(beforeEverything, generation, events(1, 3), room)
        .catch((thrown: unknown) => thrown);
      expectRefusal(error, 'READONLY');
    } finally {
      await server.client.replicaof('NO', 'ONE');
    }
  });

  test('because it cannot save (MISCONF) is unreachable', async () => {
    const sick = await aRedis({ args: ['--save', '1 1', '--enable-protected-configs', 'yes'] });
    try {
      await sick.client.config('SET', 'dir', '/proc');
      await sick.client.set('dirty', '1');
      await vi.waitUntil(async () => (await sick.client.info('persistence')).includes('rdb_last_bgsave_status:err'), {
        timeout: 20_000,
      });
      expectRefusal(await append(sick.url), 'MISCONF');
    } finally {
      await sick.stop();
    }
  });

  test('while it loads its data is asked again until it has', async () => {
    const slow = await aRedis({
      aof: true,
      args: ['--key-load-delay', '300', '--loading-process-events-interval-bytes', '1024'],
    });
    try {
      const stream = await aStream(slow.url);
      const pipeline = slow.client.pipeline();
      for (let n = 0; n < 3000; n += 1) pipeline.set(`filler:${n}`, 'x');
      await pipeline.exec();
      await stream.append(beforeEverything, generation, events(1, 3), room);
      await slow.client.bgrewriteaof();
      await vi.waitUntil(async () => (await slow.client.info('persistence')).includes('aof_rewrite_in_progress:0'));
      await slow.restart({ ready: false });

      expect(await stream.append(at(3), generation, events(4, 5), room)).toMatchObject({ appended: 2, length: 5 });
    } finally {
      await slow.stop();
    }
  });
});

test('finds its events again after kill -9 of a Redis that appends to a file', async () => {
  const durable = await aRedis({ aof: true });
  try {
    const stream = await aStream(durable.url);
    await stream.ensureGroup('notify', beforeEverything);
    await stream.append(beforeEverything, generation, events(1, 100), room);
    await durable.restart();
    expect(await stream.append(at(100), generation, events(101, 102), room)).toMatchObject({
      appended: 2,
      length: 102,
    });
    expect((await stream.state()).groups).toMatchObject([{ name: 'notify', lag: 102 }]);
  } finally {
    await durable.stop();
  }
});

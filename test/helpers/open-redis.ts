import { afterEach } from 'vitest';
import { silentLog } from '../../src/log.ts';
import { openRedis, type RedisConnection } from '../../src/redis/connection/connection.ts';
import { defaultTimings, type Timings } from '../../src/timings.ts';
import { aFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { redis } from './suite-redis.ts';

const opened: { close(): void }[] = [];
const proxies: FaultProxy[] = [];

/** Closes what the test has opened, and empties the Redis of the file for the next test. */
afterEach(async () => {
  for (const connection of opened.splice(0)) connection.close();
  for (const proxy of proxies.splice(0)) await proxy.stop();
  await redis.client.flushall();
});

/** Closes this after the test. */
export function closeAfterTest<T extends { close(): void }>(connection: T): T {
  opened.push(connection);
  return connection;
}

/** A connection as the program opens it, by default to the Redis of the file. */
export async function open(url = redis.url, timings: Partial<Timings> = {}): Promise<RedisConnection> {
  return closeAfterTest(
    await openRedis({
      url,
      allowEviction: false,
      connectionName: 'sync-test',
      timings: { ...defaultTimings, ...timings },
      log: silentLog,
    }),
  );
}

/** A proxy before the Redis of the file, and the URL that leads through it. */
export async function aProxyToRedis(): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
  const proxy = await aFaultProxy(redis.port);
  proxies.push(proxy);
  return { proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

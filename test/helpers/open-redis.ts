import { afterEach } from 'vitest';
import type { RedisConnection } from '../../src/redis/connection/connection.ts';
import type { Timings } from '../../src/timings.ts';
import { aFaultProxy, type FaultProxy } from './fault-proxy.ts';
import { closeOpened, openAt } from './open-at.ts';
import { redis } from './suite-redis.ts';

export { closeAfterTest } from './open-at.ts';

const proxies: FaultProxy[] = [];

/** Closes what the test has opened, and empties the Redis of the file for the next test. */
afterEach(async () => {
  closeOpened();
  for (const proxy of proxies.splice(0)) await proxy.stop();
  await redis.client.flushall();
});

/** A connection as the program opens it, by default to the Redis of the file. */
export function open(url = redis.url, timings: Partial<Timings> = {}): Promise<RedisConnection> {
  return openAt(redis.place && url === redis.url ? redis.place : { url }, timings);
}

/** A proxy before the Redis of the file, and the URL that leads through it. */
export async function aProxyToRedis(): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
  const proxy = await aFaultProxy(redis.port);
  proxies.push(proxy);
  return { proxy, url: `redis://127.0.0.1:${proxy.port}` };
}

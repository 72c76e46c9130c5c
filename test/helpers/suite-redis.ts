import type { Redis } from 'ioredis';
import { afterAll, beforeAll } from 'vitest';
import type { RedisPlace } from '../../src/redis/connection/place.ts';
import { aCluster } from './cluster.ts';
import { aRedis, type RedisServer } from './redis.ts';
import { aSentinelSetup } from './sentinel.ts';

/**
 * One server, or the master of a larger set-up. `place` is how the config names it; without one, it has a URL. `npm run
 * test:long` runs some suites on each shape, which `SYNC_REDIS_SHAPE` names; these ask it over `client` only.
 */
export type SuiteRedis = RedisServer & { readonly place?: RedisPlace };

/**
 * The Redis of a test file, started for each file that imports it. Each file runs in a worker of its own, so no other file sees
 * this server; the project `fast`, whose files share a worker, cannot use it. A test that restarts or kills a Redis starts
 * another with `aRedis`.
 */
export let redis: SuiteRedis;

beforeAll(async () => {
  redis = await start(process.env.SYNC_REDIS_SHAPE);
});
afterAll(() => redis.stop());

async function start(shape: string | undefined): Promise<SuiteRedis> {
  if (shape === 'sentinel') {
    const setup = await aSentinelSetup({ aof: false });
    const { place, client } = setup;
    return {
      ...(await setup.master()),
      url: 'redis+sentinel:',
      place,
      client,
      stop: async () => setup[Symbol.asyncDispose](),
    };
  }
  if (shape === 'cluster') {
    const setup = await aCluster({ aof: false });
    const { place, client, nodes } = setup;
    const [first = await aRedis()] = nodes;
    // It has the same methods, and each goes to the node that keeps the key.
    const all = client as unknown as Redis;
    return { ...first, url: 'redis+cluster:', place, client: all, stop: async () => setup[Symbol.asyncDispose]() };
  }
  return aRedis();
}

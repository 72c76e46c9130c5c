import { afterAll, beforeAll } from 'vitest';
import { aRedis, type RedisServer } from './redis.ts';

/**
 * The Redis of a test file, started for each file that imports it. Each file runs in a worker of its own, so no other file sees
 * this server; the project `fast`, whose files share a worker, cannot use it. A test that restarts or kills a Redis starts
 * another with `aRedis`.
 */
export let redis: RedisServer;

beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

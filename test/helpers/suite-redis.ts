import { afterAll, beforeAll } from 'vitest';
import { aRedis, type RedisServer } from './redis.ts';

/**
 * The Redis of a test file, started for whoever imports it. Each file runs in a worker of its own, so no other file sees this
 * server. A test that restarts, kills or configures a Redis starts another with `aRedis`.
 */
export let redis: RedisServer;

beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

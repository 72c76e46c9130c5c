import type { Members } from '../consumer.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import type { SyncKeys } from './keys.ts';

const guarantee = 'shards stay with the daemons that read them';

/** KEYS[1] members, by the Redis time at which each ends   ARGV[1] member   ARGV[2] TTL in ms   -> how many there are now */
const joinScript: Script = {
  guarantee,
  lua: `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
`,
};

/** KEYS[1] members   ARGV[1] member   -> 1 if it was one, else 0 */
const leaveScript: Script = { guarantee, lua: `return redis.call('ZREM', KEYS[1], ARGV[1])` };

/** The daemons that share a listener, in Redis, on Redis's clock. */
export function createMembers({ redis, keys }: { redis: RedisConnection; keys: SyncKeys }): Members {
  return {
    join: async (listener, member, ttlMs) =>
      integerIn(await redis.run(joinScript, [keys.members(listener)], [member, ttlMs])),
    async leave(listener, member) {
      await redis.run(leaveScript, [keys.members(listener)], [member]);
    },
  };
}

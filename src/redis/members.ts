import type { Members } from '../consumer.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import type { SyncKeys } from './keys.ts';

const guarantee = 'shards stay with the daemons that read them';

/**
 * KEYS[1] members, by the Redis time at which each ends   KEYS[2] what each of them delivered in its last full minute
 * ARGV[1] member   ARGV[2] TTL in ms   ARGV[3] what it delivered, or nothing   -> how many there are now
 */
const joinScript: Script = {
  guarantee,
  lua: `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
for _, ended in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do
  redis.call('ZREM', KEYS[1], ended)
  redis.call('HDEL', KEYS[2], ended)
end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[2], ARGV[1], ARGV[3]) end
for _, key in ipairs(KEYS) do
  if redis.call('PTTL', key) < tonumber(ARGV[2]) then redis.call('PEXPIRE', key, ARGV[2]) end
end
return redis.call('ZCARD', KEYS[1])
`,
};

/** KEYS[1] members   KEYS[2] what they delivered   ARGV[1] member   -> 1 if it was one, else 0 */
const leaveScript: Script = {
  guarantee,
  lua: `
redis.call('HDEL', KEYS[2], ARGV[1])
return redis.call('ZREM', KEYS[1], ARGV[1])
`,
};

/** The daemons that run a listener, in Redis, on Redis's clock. */
export function createMembers({ redis, keys }: { redis: RedisConnection; keys: SyncKeys }): Members {
  const keysOf = (listener: string) => [keys.members(listener), keys.done(listener)];
  return {
    join: async (listener, member, ttlMs, donePerMinute) =>
      integerIn(await redis.run(joinScript, keysOf(listener), [member, ttlMs, donePerMinute ?? ''])),
    async leave(listener, member) {
      await redis.run(leaveScript, keysOf(listener), [member]);
    },
  };
}

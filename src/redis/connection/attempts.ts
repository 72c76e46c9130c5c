import { randomBytes } from 'node:crypto';
import type { AttemptLog, Attempts, EntryId } from '../../consumer.ts';
import type { SyncKeys } from '../keys.ts';
import type { RedisConnection } from './connection.ts';
import { listIn, textIn, textOrNull } from './reply.ts';
import type { Script } from './script.ts';

export interface AttemptLogConfig {
  readonly redis: RedisConnection;
  readonly keys: SyncKeys;
  /** Attempts that were not touched for this long are forgotten. */
  readonly ttlMs: number;
}

const longestError = 1000;
const timesKept = 50;
const guarantee = 'the event is delivered again';

/**
 * KEYS[1] hash of an entry's ID to JSON   ARGV[1] ID   ARGV[2] error   ARGV[3] token of this attempt   ARGV[4] TTL in ms
 * ARGV[5] how many times are kept   -> the JSON of all its attempts. The same token again counts once: a reply may be lost.
 */
const noteScript: Script = {
  guarantee,
  lua: `
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local attempts = stored and cjson.decode(stored) or {count = 0, times = {}}
if attempts.token ~= ARGV[3] then
  local time = redis.call('TIME')
  attempts.count = attempts.count + 1
  attempts.token = ARGV[3]
  attempts.lastError = ARGV[2]
  table.insert(attempts.times, tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
  if #attempts.times > tonumber(ARGV[5]) then table.remove(attempts.times, 2) end
end
local json = cjson.encode(attempts)
redis.call('HSET', KEYS[1], ARGV[1], json)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return json
`,
};

/** KEYS[1] hash   ARGV[1..] IDs   -> the JSON of each, or nil */
const readScript: Script = { guarantee, lua: `return redis.call('HMGET', KEYS[1], unpack(ARGV))` };

/** KEYS[1] hash   ARGV[1..] fields   -> how many were there */
const forgetScript: Script = { guarantee, lua: `return redis.call('HDEL', KEYS[1], unpack(ARGV))` };

/**
 * KEYS[1] hash of a field to "<count> <the last consumer>"   ARGV[1] TTL in ms   ARGV[2] consumer   ARGV[3..] fields that count
 * one more   -> 1. The same consumer again counts once: a reply may be lost.
 */
const interruptScript: Script = {
  guarantee,
  lua: `
for at = 3, #ARGV do
  local count, last = string.match(redis.call('HGET', KEYS[1], ARGV[at]) or '', '^(%d+) (.*)$')
  if last ~= ARGV[2] then redis.call('HSET', KEYS[1], ARGV[at], string.format('%d %s', (count or 0) + 1, ARGV[2])) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`,
};

/** A script must not block Redis for long. */
const idsPerCall = 1000;

/** The failed and the interrupted attempts of every group, in Redis, on Redis's clock. */
export function createAttemptLog({ redis, keys, ttlMs }: AttemptLogConfig): AttemptLog {
  return {
    async note(group, id, error) {
      const token = randomBytes(8).toString('hex');
      const args = [id, error.slice(0, longestError), token, ttlMs, timesKept];
      return attemptsIn(textIn(await redis.run(noteScript, [keys.attempts(group)], args)));
    },

    async read(group, ids) {
      if (ids.length === 0) return new Map();
      const stored = listIn(await redis.run(readScript, [keys.attempts(group)], ids)).map(textOrNull);
      return new Map(ids.flatMap((id, at) => (stored[at] ? [[id, attemptsIn(stored[at])] as const] : [])));
    },

    async forget(group, ids) {
      const fields = ids.flatMap((id) => [id, interruptionsOf(id)]);
      if (ids.length > 0) await redis.run(forgetScript, [keys.attempts(group)], fields);
    },

    async noteInterruptions(group, consumer, ids) {
      for (let at = 0; at < ids.length; at += idsPerCall) {
        const fields = ids.slice(at, at + idsPerCall).map(interruptionsOf);
        await redis.run(interruptScript, [keys.attempts(group)], [ttlMs, consumer, ...fields]);
      }
    },

    async interruptions(group, id) {
      const [count] = listIn(await redis.run(readScript, [keys.attempts(group)], [interruptionsOf(id)]));
      return Number.parseInt(textOrNull(count) ?? '0', 10);
    },
  };
}

/** The field beside the one of the entry's failed attempts. */
function interruptionsOf(id: EntryId): string {
  return `${id} interrupted`;
}

function attemptsIn(json: string): Attempts {
  const { count, lastError, times } = JSON.parse(json);
  return { count, lastError, times };
}

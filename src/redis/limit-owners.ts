import type { Limits, SlotKeeper, StricterLimits } from '../throttle.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn, listIn, textIn } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import { throttleKeys } from './keys.ts';

/**
 * KEYS[1] limits   ARGV[1] the sync that asks   ARGV[2] hits   ARGV[3] per, ms   ARGV[4] for how long it is remembered, ms
 * -> 1. A field `by:<hits>/<per>` has the sync that asked for these limits last, and until when it is remembered.
 */
const noteScript: Script = {
  guarantee: 'no hit was made',
  lua: `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local fields = redis.call('HGETALL', KEYS[1])
for at = 1, #fields, 2 do
  local till = string.match(fields[at + 1], ' (%d+)$')
  if string.sub(fields[at], 1, 3) == 'by:' and (not till or tonumber(till) <= now) then redis.call('HDEL', KEYS[1], fields[at]) end
end
local field = 'by:' .. ARGV[2] .. '/' .. ARGV[3]
redis.call('HSET', KEYS[1], field, ARGV[1] .. ' ' .. string.format('%.0f', now + ARGV[4]))
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[1], ARGV[4]) end
return 1
`,
};

/** KEYS[1] limits   -> {now, ms; the fields and values of the hash}. Only reads: nothing is written. */
const readScript: Script = {
  guarantee: 'nothing was changed',
  lua: `
local time = redis.call('TIME')
return {time[1] * 1000 + math.floor(time[2] / 1000), redis.call('HGETALL', KEYS[1])}
`,
};

export interface LimitOwnersConfig {
  readonly redis: Pick<RedisConnection, 'run'>;
  /** `redis.prefix` of the config. */
  readonly prefix: string;
}

/** As long as the keeper remembers a strict limit (src/redis/slots.ts). */
const memoryMs = 3_600_000;

/** A keeper that notes who asks for which limits, so that whoever is denied learns whose limit counts. */
export function namingLimits(keeper: SlotKeeper, sync: string, config: LimitOwnersConfig): SlotKeeper {
  return {
    ...keeper,
    async take(grant, limits, reserveMs) {
      const perMs = Math.ceil(limits.perMs);
      const { limits: key } = throttleKeys(config.prefix, grant.key);
      await config.redis.run(noteScript, [key], [sync, limits.hits, perMs, Math.max(memoryMs, perMs + reserveMs)]);
      const answer = await keeper.take(grant, limits, reserveMs);
      if (answer.granted || answer.cause) return answer;
      const stricter = await stricterLimits(config, grant.key, limits);
      return stricter ? { ...answer, stricter } : answer;
    },
  };
}

/** The limits that count for this key, if they are stricter than these, and who asked for them; null if they are not. */
export async function stricterLimits(
  { redis, prefix }: LimitOwnersConfig,
  key: string,
  own: Limits,
): Promise<StricterLimits | null> {
  const [now, list] = listIn(await redis.run(readScript, [throttleKeys(prefix, key).limits], []));
  const texts = listIn(list).map(textIn);
  const fields = new Map(texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? ''] as const] : [])));
  const remembered = (name: 'hits' | 'per', mine: number) => {
    const isKept = Number(fields.get(`${name}Until`) ?? 0) > integerIn(now);
    return isKept ? Number(fields.get(name) ?? mine) : mine;
  };
  const hits = Math.min(own.hits, remembered('hits', own.hits));
  const perMs = Math.max(Math.ceil(own.perMs), remembered('per', own.perMs));
  if (hits === own.hits && perMs === Math.ceil(own.perMs)) return null;
  const [sync, until] = fields.get(`by:${hits}/${perMs}`)?.split(' ') ?? [];
  return { hits, perMs, by: sync ?? null, forMs: until === undefined ? null : Number(until) - integerIn(now) };
}

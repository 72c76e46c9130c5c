import { keptForm, type Limits, type SlotKeeper, type StricterLimits } from '../../throttle.ts';
import type { RedisConnection } from '../connection/connection.ts';
import { integerIn, listIn, textIn } from '../connection/reply.ts';
import type { Script } from '../connection/script.ts';
import { throttleKeys } from '../keys.ts';
import { limitMemoryMs } from './slots.ts';

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

/** A keeper that notes who asks for which limits, so that whoever is denied learns whose limit counts. */
export function namingLimits(keeper: SlotKeeper, sync: string, config: LimitOwnersConfig): SlotKeeper {
  return {
    ...keeper,
    async take(grant, windows, reserveMs, patienceMs) {
      const { limits: key } = throttleKeys(config.prefix, grant.key);
      for (const window of windows) {
        const perMs = Math.ceil(window.perMs);
        const args = [sync, window.hits, perMs, Math.max(limitMemoryMs, perMs + reserveMs)];
        await config.redis.run(noteScript, [key], args);
      }
      const answer = await keeper.take(grant, windows, reserveMs, patienceMs);
      if (answer.granted || answer.cause) return answer;
      const stricter = await stricterLimits(config, grant.key, windows);
      return stricter ? { ...answer, stricter } : answer;
    },
  };
}

/** The limits that count for this key, if they are stricter than these, and who asked for them; null if they are not. */
export async function stricterLimits(
  { redis, prefix }: LimitOwnersConfig,
  key: string,
  own: readonly Limits[],
): Promise<StricterLimits | null> {
  const [time, list] = listIn(await redis.run(readScript, [throttleKeys(prefix, key).limits], []));
  const now = integerIn(time);
  const texts = listIn(list).map(textIn);
  const fields = new Map(texts.flatMap((name, at) => (at % 2 === 0 ? [[name, texts[at + 1] ?? ''] as const] : [])));
  const known = [...aloneIn(fields, own, now), ...listedIn(fields, now)].toSorted(byRate);
  const strictest = known.find((limits) => !own.some((window) => implies(window, limits)));
  if (!strictest) return null;
  const { hits, perMs } = strictest;
  const [sync, until] = fields.get(`by:${hits}/${perMs}`)?.split(' ') ?? [];
  return { hits, perMs, by: sync ?? null, forMs: until === undefined ? null : Number(until) - now };
}

/** The fewest hits and the longest window that those count together who ask for one window alone. */
function aloneIn(fields: ReadonlyMap<string, string>, own: readonly Limits[], now: number): Limits[] {
  const { alone } = keptForm(own);
  const remembered = (name: 'hits' | 'per') =>
    Number(fields.get(`${name}Until`) ?? 0) > now ? Number(fields.get(name)) : null;
  const [hits, perMs] = [remembered('hits') ?? alone?.hits, remembered('per') ?? alone?.perMs];
  if (hits === undefined || perMs === undefined) return [];
  return [{ hits: Math.min(hits, alone?.hits ?? hits), perMs: Math.max(perMs, alone?.perMs ?? perMs) }];
}

function listedIn(fields: ReadonlyMap<string, string>, now: number): Limits[] {
  return [...fields].flatMap(([name, value]) => {
    const [hits, until] = value.split(' ').map(Number);
    if (!name.startsWith('window:') || hits === undefined || !(Number(until) > now)) return [];
    return [{ hits, perMs: Number(name.slice('window:'.length)) }];
  });
}

function byRate(a: Limits, b: Limits): number {
  return a.hits / a.perMs - b.hits / b.perMs;
}

/** Whether whoever keeps to these limits keeps to those as well. */
function implies(these: Limits, those: Limits): boolean {
  return these.hits <= those.hits && Math.ceil(these.perMs) >= those.perMs;
}

import { crashPoint } from '../crash.ts';
import { IntegrityError } from '../errors.ts';
import type { Acquired, Held, Holder, Lock } from '../lock.ts';
import { integerIn, listIn, textOrNull } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import { clocks, type LeaseConfig, RedisLease } from './lease.ts';

export type LockConfig = Omit<LeaseConfig, 'value' | 'sentAt'>;

const guarantee = 'no lock was taken, no hit was made and nothing was written';

/**
 * KEYS[1] the lock   ARGV[1] the holder's JSON   ARGV[2] its token   ARGV[3] TTL in ms
 * -> {1} granted; {0, what the key holds or nil, its PTTL}
 * The token may be there already, if our own reply was lost. A key of another type is not ours.
 */
const acquireScript: Script = {
  guarantee,
  lua: `
local current = false
if redis.call('TYPE', KEYS[1]).ok == 'string' then current = redis.call('GET', KEYS[1]) end
local isHeld = redis.call('EXISTS', KEYS[1]) == 1
local isOurs = false
if current then
  local ok, holder = pcall(cjson.decode, current)
  isOurs = ok and type(holder) == 'table' and holder.token == ARGV[2]
end
if isHeld and not isOurs then return {0, current, redis.call('PTTL', KEYS[1])} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return {1}
`,
};

/** KEYS[1] the lock   -> nil; {what the key holds or nil, its PTTL} */
const inspectScript: Script = {
  guarantee: 'nothing was changed',
  lua: `
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local current = false
if redis.call('TYPE', KEYS[1]).ok == 'string' then current = redis.call('GET', KEYS[1]) end
return {current, redis.call('PTTL', KEYS[1])}
`,
};

/** KEYS[1] the lock   -> 1 if it was there, else 0 */
const removeScript: Script = {
  guarantee: 'the lock may still be there',
  lua: `return redis.call('DEL', KEYS[1])`,
};

/** The lock of one sync, in Redis. A holder that stops renewing loses it after `ttlMs`. */
export function createLock({ redis, key, ttlMs, timings }: LockConfig): Lock {
  return {
    async acquire(holder): Promise<Acquired> {
      const value = encode(holder);
      const sentAt = clocks();
      const reply = listIn(await redis.run(acquireScript, [key], [value, holder.token, ttlMs]));
      if (integerIn(reply[0]) === 0) return { granted: false, held: heldOf(reply[1], reply[2]) };
      crashPoint('lock-acquired');
      return { granted: true, lease: new RedisLease({ redis, key, value, ttlMs, timings, sentAt }) };
    },

    async inspect() {
      const reply = await redis.run(inspectScript, [key], []);
      if (reply === null) return null;
      const [current, pttl] = listIn(reply);
      return heldOf(current, pttl);
    },

    async remove() {
      return integerIn(await redis.run(removeScript, [key], [])) === 1;
    },
  };
}

function heldOf(current: unknown, pttl: unknown): Held {
  const expiresInMs = integerIn(pttl);
  return { holder: decode(textOrNull(current)), expiresInMs: expiresInMs < 0 ? null : expiresInMs };
}

/** Renewing and releasing compare the whole text. */
function encode({ token, host, pid, run, startedAt }: Holder): string {
  if (token === '') throw new IntegrityError('a lock needs a token; nothing was written');
  return JSON.stringify({ token, host, pid, run, startedAt });
}

/** Null for a value that no run wrote. */
function decode(text: string | null): Holder | null {
  const holder = parse(text);
  if (typeof holder !== 'object' || holder === null) return null;
  return isHolder(holder) ? holder : null;
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}

function isHolder(value: object): value is Holder {
  const { token, host, pid, run, startedAt } = value as Partial<Record<keyof Holder, unknown>>;
  return typeof pid === 'number' && [token, host, run, startedAt].every((field) => typeof field === 'string');
}

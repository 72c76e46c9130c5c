import { crashPoint } from '../crash.ts';
import type { BackOffCause } from '../errors.ts';
import type { SlotAnswer, SlotKeeper } from '../throttle.ts';
import type { Timings } from '../timings.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn, listIn, textOrNull } from './connection/reply.ts';
import { throttleKeys } from './keys.ts';
import { cancelScript, deferScript, lookScript, resumeScript, settleScript, takeScript } from './slot-scripts.ts';

export interface SlotsConfig {
  readonly redis: RedisConnection;
  /** `redis.prefix` of the config. */
  readonly prefix: string;
  readonly timings: Pick<Timings, 'retryAfterCapMs'>;
}

/** How long after its last request a strict limit binds requests with a laxer one, at least. */
const limitMemoryMs = 3_600_000;

/** A grant of which nothing is known is never lengthened. */
const unknownGrant = { perMs: Number.MAX_SAFE_INTEGER, stricterByMs: 0 };

/**
 * The slots of every throttle key, in Redis, on Redis's clock. A client's clock plays no part. Fractions of a millisecond
 * are rounded so that a slot never frees early.
 */
export function createRedisSlots({ redis, prefix, timings }: SlotsConfig): SlotKeeper {
  /** The `perMs` that each grant was asked for with, and how much longer the strictest one was. */
  const taken = new Map<string, { readonly perMs: number; readonly stricterByMs: number }>();

  return {
    async take({ id, key }, { hits, perMs }, reserveMs): Promise<SlotAnswer> {
      const { slots, limits, notBefore } = throttleKeys(prefix, key);
      const args = [id, hits, Math.ceil(perMs), Math.ceil(reserveMs), timings.retryAfterCapMs, limitMemoryMs];
      const [granted, amount, cause] = listIn(await redis.run(takeScript, [slots, limits, notBefore], args));
      if (integerIn(granted) === 0) return denied(integerIn(amount), textOrNull(cause));
      const ownMs = Math.ceil(perMs);
      taken.set(id, { perMs: ownMs, stricterByMs: integerIn(amount) - ownMs });
      crashPoint('slot-taken');
      return { granted: true };
    },

    async settle({ id, key }, freesInMs) {
      const { slots, limits } = throttleKeys(prefix, key);
      const { perMs, stricterByMs } = taken.get(id) ?? unknownGrant;
      await redis.run(settleScript, [slots, limits], [id, Math.ceil(freesInMs), perMs, stricterByMs]);
      crashPoint('slot-settled');
    },

    async cancel({ id, key }) {
      await redis.run(cancelScript, [throttleKeys(prefix, key).slots], [id]);
    },

    async defer(key, forMs, cause) {
      await redis.run(deferScript, [throttleKeys(prefix, key).notBefore], [Math.ceil(forMs), JSON.stringify(cause)]);
    },

    async resume(key) {
      await redis.run(resumeScript, [throttleKeys(prefix, key).notBefore], []);
    },
  };
}

/** How long until a slot of this key is free (0 is now), and what holds it back. Takes nothing. */
export async function lookAtSlots(
  { redis, prefix }: Pick<SlotsConfig, 'redis' | 'prefix'>,
  key: string,
  hits: number,
): Promise<{ readonly waitMs: number; readonly cause: BackOffCause | null }> {
  const { slots, limits, notBefore } = throttleKeys(prefix, key);
  const [waitMs, cause] = listIn(await redis.run(lookScript, [slots, limits, notBefore], [hits]));
  const why = textOrNull(cause);
  return { waitMs: integerIn(waitMs), cause: why === null ? null : JSON.parse(why) };
}

function denied(waitMs: number, cause: string | null): SlotAnswer {
  if (cause === null) return { granted: false, waitMs };
  const parsed: BackOffCause = JSON.parse(cause);
  return { granted: false, waitMs, cause: parsed };
}

import { crashPoint } from '../../crash.ts';
import type { BackOffCause } from '../../errors.ts';
import {
  freesAfterMs,
  type KeptForm,
  keptForm,
  type Limits,
  mostKeptSingly,
  type SlotAnswer,
  type SlotKeeper,
} from '../../throttle.ts';
import type { Timings } from '../../timings.ts';
import type { RedisConnection } from '../connection/connection.ts';
import { integerIn, textOrNull } from '../connection/reply.ts';
import { throttleKeys } from '../keys.ts';
import { cancelScript, deferScript, lookScript, postponeScript, resumeScript, settleScript } from './slot-scripts.ts';
import { takeScript } from './take-script.ts';
import { ThrottleWindows } from './throttle-windows.ts';

export interface SlotsConfig {
  readonly redis: RedisConnection;
  /** `redis.prefix` of the config. */
  readonly prefix: string;
  readonly timings: Pick<Timings, 'retryAfterCapMs' | 'slotTurnMs'>;
  /** Who asks. Those who have a name take turns; without one, a free slot is taken whoever waits for it. */
  readonly sync?: string;
}

/** How long after its last request a strict limit binds requests with a laxer one, at least. */
export const limitMemoryMs = 3_600_000;

/** What was granted. */
interface Taken {
  readonly form: KeptForm;
  /** How much longer the strictest `perMs` was. */
  readonly stricterByMs: number;
  /** Since when the asker had waited, on Redis's clock. */
  readonly since: number;
  /** How long the asker waits if it must. */
  readonly patienceMs: number;
}

/**
 * The slots of every throttle key, in Redis, on Redis's clock. A client's clock plays no part. Fractions of a millisecond
 * are rounded so that a slot never frees early.
 */
export function createRedisSlots({ redis, prefix, timings, sync = '' }: SlotsConfig): SlotKeeper {
  const taken = new Map<string, Taken>();
  const windows = new ThrottleWindows(redis, prefix);

  return {
    async take({ id, key }, asked, reserveMs, patienceMs = 0): Promise<SlotAnswer> {
      const form = keptForm(asked);
      const { alone, shortest } = form;
      // A slot that frees after this and the window counts as one that a jump of the clock has moved.
      const latestMs = Math.max(reserveMs, ...asked.map(({ marginMs = 0 }) => marginMs));
      const args = [
        ...[id, Math.ceil(latestMs), timings.retryAfterCapMs, limitMemoryMs],
        ...[sync, Math.floor(patienceMs), timings.slotTurnMs],
        ...[alone?.hits ?? 0, shortest.perMs, isShared(form) ? 1 : 0],
      ];
      const reply = await windows.run(takeScript, key, form, args, ({ perMs, hits }) => [perMs, hits]);
      if (integerIn(reply[0]) === 0) return denied(reply.slice(1), sync !== '');
      const [, perMs, since] = reply.map((value) => integerIn(value));
      taken.set(id, { form, stricterByMs: (perMs ?? 0) - shortest.perMs, since: since ?? 0, patienceMs });
      crashPoint('slot-taken');
      return { granted: true };
    },

    async settle({ id, key }, freesInMs) {
      const { form, stricterByMs } = taken.get(id) ?? unknownGrant;
      const { shortest } = form;
      const args = [id, Math.ceil(freesInMs), shortest.perMs, stricterByMs, form.alone || isShared(form) ? 1 : 0];
      await windows.run(settleScript, key, form, args, (window) => {
        const isOurs = window.hits > 0;
        const laterMs = isOurs ? freesAfterMs(window) - freesAfterMs(shortest) : window.perMs - shortest.perMs;
        return [window.perMs, window.hits, Math.max(0, Math.ceil(freesInMs + laterMs))];
      });
      crashPoint('slot-settled');
    },

    async postpone({ id, key }, forMs) {
      const { form, since, patienceMs } = taken.get(id) ?? unknownGrant;
      const { slots, queue } = throttleKeys(prefix, key);
      const waitsMs = forMs <= patienceMs ? Math.ceil(forMs) + timings.slotTurnMs : 0;
      const args = [id, Math.ceil(forMs), sync, since, limitMemoryMs, waitsMs];
      await redis.run(postponeScript, [slots, queue, ...windows.keysOf(key, form)], args);
    },

    async cancel({ id, key }) {
      const { form } = taken.get(id) ?? unknownGrant;
      await redis.run(cancelScript, [throttleKeys(prefix, key).slots, ...windows.keysOf(key, form)], [id]);
    },

    async defer(key, forMs, cause) {
      await redis.run(deferScript, [throttleKeys(prefix, key).notBefore], [Math.ceil(forMs), JSON.stringify(cause)]);
    },

    async resume(key) {
      await redis.run(resumeScript, [throttleKeys(prefix, key).notBefore], []);
    },
  };
}

/** A grant of which nothing is known is never lengthened. */
const unknownGrant: Taken = {
  form: keptForm([{ hits: 1, perMs: Number.MAX_SAFE_INTEGER }]),
  stricterByMs: 0,
  since: 0,
  patienceMs: 0,
};

/** Whether those who know one window only, as releases before this one do, find the hits of listed windows where theirs are. */
function isShared({ shortest }: KeptForm): boolean {
  return shortest.hits <= mostKeptSingly;
}

/** What somebody who only looks sees of a key. */
export interface LookedAt {
  /** How long until a slot is free; 0 is now. */
  readonly waitMs: number;
  /** What holds it back. */
  readonly cause: BackOffCause | null;
  /** For how long the sync has waited for its turn, since it was first denied; null: it does not. */
  readonly waitedMs: number | null;
  /** How many other syncs wait for slots now. */
  readonly others: number;
}

/** Takes nothing. */
export async function lookAtSlots(
  { redis, prefix, sync = '' }: Pick<SlotsConfig, 'redis' | 'prefix' | 'sync'>,
  key: string,
  asked: readonly Limits[],
): Promise<LookedAt> {
  const form = keptForm(asked);
  const windows = new ThrottleWindows(redis, prefix);
  const args = [form.alone?.hits ?? 0, form.shortest.perMs, sync];
  const reply = await windows.run(lookScript, key, form, args, ({ perMs, hits }) => [perMs, hits]);
  const [, waitMs, cause, waitedMs, others] = reply;
  const why = textOrNull(cause);
  return {
    waitMs: integerIn(waitMs),
    cause: why === null ? null : JSON.parse(why),
    waitedMs: integerIn(waitedMs) < 0 ? null : integerIn(waitedMs),
    others: integerIn(others),
  };
}

function denied([waitMs, why, ...place]: readonly unknown[], takesTurns: boolean): SlotAnswer {
  const cause = textOrNull(why);
  const [againMs = 0, waitedMs = 0, ahead = 0, others = 0] = place.map((value) => integerIn(value));
  return {
    ...{ granted: false, waitMs: integerIn(waitMs) },
    ...(cause !== null && { cause: JSON.parse(cause) as BackOffCause }),
    ...(takesTurns && { queue: { againMs, waitedMs, ahead, others } }),
  };
}

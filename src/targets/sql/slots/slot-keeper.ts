import type { Limits, SlotKeeper } from '../../../throttle.ts';
import type { Clock } from './freeing.ts';
import { cancelSlot, deferKey, type KeptSlots, postponeSlot, resumeKey, settleSlot, takeSlot } from './slot-rules.ts';

/** What becomes of a key's slots, and the answer to whoever asked. */
export interface SlotDecision<T> {
  readonly keeps: KeptSlots;
  readonly answer: T;
}

/**
 * Changes what a database keeps of one key. Each call is one transaction in which nobody else changes this key. The clock is
 * the one by which the database's slots are measured.
 */
export type ChangeSlots = <T>(key: string, decide: (kept: KeptSlots, clock: Clock) => SlotDecision<T>) => Promise<T>;

/** A keeper of slots in a database. The databases differ only in how they change the rows of a key. */
export function keeperOf(change: ChangeSlots): SlotKeeper {
  const keep = (key: string, decide: (kept: KeptSlots, clock: Clock) => KeptSlots): Promise<void> =>
    change(key, (kept, clock) => ({ keeps: decide(kept, clock), answer: undefined }));
  /** The windows that each grant was asked for with. */
  const askedWith = new Map<string, readonly Limits[]>();
  return {
    take({ key, id }, asked, reserveMs) {
      askedWith.set(id, asked);
      return change(key, (kept, clock) => takeSlot(kept, { id, asked, reserveMs, clock }));
    },
    settle({ key, id }, freesInMs) {
      const asked = askedWith.get(id) ?? null;
      return keep(key, (kept, clock) => settleSlot(kept, { id, freesInMs, asked }, clock));
    },
    postpone: ({ key, id }, forMs) => keep(key, (kept, clock) => postponeSlot(kept, id, forMs, clock)),
    cancel: ({ key, id }) => keep(key, (kept) => cancelSlot(kept, id)),
    defer: (key, forMs, cause) => keep(key, (kept, clock) => deferKey(kept, forMs, cause, clock)),
    resume: (key) => keep(key, resumeKey),
  };
}

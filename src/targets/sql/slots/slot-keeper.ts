import type { SlotKeeper } from '../../../throttle.ts';
import { type Clock, cancelSlot, deferKey, type KeptSlots, resumeKey, settleSlot, takeSlot } from './slot-rules.ts';

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
  /** The `perMs` that each grant was asked for with. */
  const askedPerMs = new Map<string, number>();
  return {
    take({ key, id }, limits, reserveMs) {
      askedPerMs.set(id, limits.perMs);
      return change(key, (kept, clock) => takeSlot(kept, { id, limits, reserveMs, clock }));
    },
    settle({ key, id }, freesInMs) {
      const perMs = askedPerMs.get(id) ?? Number.POSITIVE_INFINITY;
      return keep(key, (kept, clock) => settleSlot(kept, { id, freesInMs, perMs }, clock));
    },
    cancel: ({ key, id }) => keep(key, (kept) => cancelSlot(kept, id)),
    defer: (key, forMs, cause) => keep(key, (kept, clock) => deferKey(kept, forMs, cause, clock)),
    resume: (key) => keep(key, resumeKey),
  };
}

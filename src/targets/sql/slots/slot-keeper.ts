import type { SlotKeeper } from '../../../throttle.ts';
import { cancelSlot, deferKey, type KeptSlots, resumeKey, settleSlot, takeSlot } from './slot-rules.ts';

/** What becomes of a key's slots, and the answer to whoever asked. */
export interface SlotDecision<T> {
  readonly keeps: KeptSlots;
  readonly answer: T;
}

/**
 * Changes what a database keeps of one key. Each call is one transaction in which nobody else changes this key. `now` is
 * in milliseconds since the epoch, on the clock that the database's slots are measured by.
 */
export type ChangeSlots = <T>(key: string, decide: (kept: KeptSlots, now: number) => SlotDecision<T>) => Promise<T>;

/** A keeper of slots in a database. The databases differ only in how they change the rows of a key. */
export function keeperOf(change: ChangeSlots): SlotKeeper {
  const keep = (key: string, decide: (kept: KeptSlots, now: number) => KeptSlots): Promise<void> =>
    change(key, (kept, now) => ({ keeps: decide(kept, now), answer: undefined }));
  return {
    take: ({ key, id }, limits, reserveMs) =>
      change(key, (kept, now) => takeSlot(kept, { id, limits, reserveMs, now })),
    settle: ({ key, id }, freesInMs) => keep(key, (kept, now) => settleSlot(kept, id, freesInMs, now)),
    cancel: ({ key, id }) => keep(key, (kept) => cancelSlot(kept, id)),
    defer: (key, forMs, cause) => keep(key, (kept, now) => deferKey(kept, forMs, cause, now)),
    resume: (key) => keep(key, resumeKey),
  };
}

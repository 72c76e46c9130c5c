import type { BackOffCause } from '../../../errors.ts';
import type { Limits, SlotAnswer } from '../../../throttle.ts';

/**
 * What frees at a time. `span` is how far away that time was when it was written: if it is further away now, the clock has
 * jumped back.
 */
export interface Freeing {
  /** Milliseconds since the epoch, on the database's clock. */
  readonly until: number;
  readonly span: number;
}

/** What a database keeps of one throttle key. */
export interface KeptSlots {
  readonly slots: readonly (Freeing & { readonly id: string })[];
  readonly limits: (Freeing & { readonly limits: Limits }) | null;
  readonly deferred: (Freeing & { readonly cause: BackOffCause }) | null;
}

export interface SlotRequest {
  readonly id: string;
  readonly limits: Limits;
  readonly reserveMs: number;
  readonly now: number;
}

/** Decides whether a slot is free, and what is kept afterwards. Pure. */
export function takeSlot(
  before: KeptSlots,
  { id, limits: asked, reserveMs, now }: SlotRequest,
): { readonly answer: SlotAnswer; readonly keeps: KeptSlots } {
  const kept = withoutFreed(before, now);
  const limits = strictest(kept.limits?.limits ?? asked, asked);
  const span = Math.ceil(limits.perMs + reserveMs);
  const keeps = { ...kept, limits: remembered(kept.limits, limits, asked, { until: now + span, span }) };
  const isOurs = kept.slots.some((slot) => slot.id === id);
  if (!isOurs && kept.deferred) {
    const { until, cause } = kept.deferred;
    return { keeps, answer: { granted: false, waitMs: until - now, cause } };
  }
  if (!isOurs && kept.slots.length >= limits.hits) {
    const frees = kept.slots.map(({ until }) => until).sort((a, b) => a - b)[kept.slots.length - limits.hits];
    return { keeps, answer: { granted: false, waitMs: (frees ?? now + span) - now } };
  }
  const others = kept.slots.filter((slot) => slot.id !== id);
  return { keeps: { ...keeps, slots: [...others, { id, until: now + span, span }] }, answer: { granted: true } };
}

/** Moves the grant's slot to free this long from now. Pure. */
export function settleSlot(kept: KeptSlots, id: string, freesInMs: number, now: number): KeptSlots {
  const span = Math.ceil(freesInMs);
  return { ...kept, slots: [...cancelSlot(kept, id).slots, { id, until: now + span, span }] };
}

/** Gives the grant's slot back. Pure. */
export function cancelSlot(kept: KeptSlots, id: string): KeptSlots {
  return { ...kept, slots: kept.slots.filter((slot) => slot.id !== id) };
}

/** Lets no one take a slot for a while. It moves the end of a back-off only later, never earlier. Pure. */
export function deferKey(before: KeptSlots, forMs: number, cause: BackOffCause, now: number): KeptSlots {
  const kept = withoutFreed(before, now);
  const span = Math.ceil(forMs);
  if (kept.deferred && kept.deferred.until - now >= span) return kept;
  return { ...kept, deferred: { until: now + span, span, cause } };
}

/** Ends the back-off that `deferKey` began. Pure. */
export function resumeKey(kept: KeptSlots): KeptSlots {
  return { ...kept, deferred: null };
}

function withoutFreed({ slots, limits, deferred }: KeptSlots, now: number): KeptSlots {
  return {
    slots: slots.flatMap((slot) => (isKept(slot, now) ? clamped(slot, now) : [])),
    limits: limits && isKept(limits, now) ? clamped(limits, now) : null,
    deferred: deferred && isKept(deferred, now) ? clamped(deferred, now) : null,
  };
}

function isKept({ until }: Freeing, now: number): boolean {
  return until > now;
}

function clamped<Some extends Freeing>(kept: Some, now: number): Some {
  return { ...kept, until: Math.min(kept.until, now + kept.span) };
}

function strictest(known: Limits, asked: Limits): Limits {
  return { hits: Math.min(known.hits, asked.hits), perMs: Math.max(known.perMs, asked.perMs) };
}

/** Limits are remembered as long as a slot under them may last. Looser limits that are asked for meanwhile do not prolong this. */
function remembered(known: KeptSlots['limits'], limits: Limits, asked: Limits, frees: Freeing): KeptSlots['limits'] {
  const isSame = (a: Limits, b: Limits) => a.hits === b.hits && a.perMs === b.perMs;
  if (known && isSame(limits, known.limits) && !isSame(limits, asked)) return known;
  return { ...frees, limits };
}

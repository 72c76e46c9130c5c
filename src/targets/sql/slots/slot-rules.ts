import type { BackOffCause } from '../../../errors.ts';
import type { Limits, SlotAnswer } from '../../../throttle.ts';

/** The time by which slots are kept. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The time since the machine was booted, which nobody can set; null where it is not known. */
  readonly uptime: Uptime | null;
}

export interface Uptime {
  /** Which boot. */
  readonly boot: string;
  readonly ms: number;
}

/**
 * What frees at a time. `span` is how far away that time was when it was written: if it is further away now, the clock has
 * jumped back. `uptime` is the same time since the boot: if the clock has jumped forward, it is the later one. The later counts.
 */
export interface Freeing {
  /** Milliseconds since the epoch, on the keeper's clock. */
  readonly until: number;
  readonly span: number;
  readonly uptime: Uptime | null;
}

/** A limit that somebody asked for. */
export interface KeptLimit extends Freeing {
  readonly value: number;
}

/** What a database keeps of one throttle key. */
export interface KeptSlots {
  readonly slots: readonly (Freeing & { readonly id: string })[];
  /** The strictest limits that were asked for recently; each may be another sync's. */
  readonly hits: KeptLimit | null;
  readonly perMs: KeptLimit | null;
  readonly deferred: (Freeing & { readonly cause: BackOffCause }) | null;
}

export const nothingKept: KeptSlots = { slots: [], hits: null, perMs: null, deferred: null };

export interface SlotRequest {
  readonly id: string;
  readonly limits: Limits;
  readonly reserveMs: number;
  readonly clock: Clock;
}

/** Decides whether a slot is free, and what is kept afterwards. Pure. */
export function takeSlot(
  before: KeptSlots,
  { id, limits: asked, reserveMs, clock }: SlotRequest,
): { readonly answer: SlotAnswer; readonly keeps: KeptSlots } {
  const kept = withoutFreed(before, clock);
  const perMs = Math.max(kept.perMs?.value ?? 0, asked.perMs);
  const hits = Math.min(kept.hits?.value ?? asked.hits, asked.hits);
  const frees = freesIn(perMs + reserveMs, clock);
  const keeps = {
    ...kept,
    hits: remembered(kept.hits, hits, asked.hits, frees),
    perMs: remembered(kept.perMs, perMs, asked.perMs, frees),
  };
  const isOurs = kept.slots.some((slot) => slot.id === id);
  if (!isOurs && kept.deferred) {
    const { cause } = kept.deferred;
    return { keeps, answer: { granted: false, waitMs: leftOf(kept.deferred, clock), cause } };
  }
  if (!isOurs && kept.slots.length >= hits) {
    const left = kept.slots.map((slot) => leftOf(slot, clock)).sort((a, b) => a - b)[kept.slots.length - hits];
    return { keeps, answer: { granted: false, waitMs: left ?? frees.span } };
  }
  const others = kept.slots.filter((slot) => slot.id !== id);
  return { keeps: { ...keeps, slots: [...others, { id, ...frees }] }, answer: { granted: true } };
}

/** The end of a hit. */
export interface Settling {
  readonly id: string;
  readonly freesInMs: number;
  /** The `perMs` that is part of it: a stricter one that is remembered makes it longer. */
  readonly perMs: number;
}

/** Moves the grant's slot to free this long from now, and later under limits that are stricter than its own. Pure. */
export function settleSlot(kept: KeptSlots, { id, freesInMs, perMs }: Settling, clock: Clock): KeptSlots {
  const { perMs: strictest } = withoutFreed(kept, clock);
  const stricterBy = Math.max(0, (strictest?.value ?? 0) - perMs);
  return { ...kept, slots: [...cancelSlot(kept, id).slots, { id, ...freesIn(freesInMs + stricterBy, clock) }] };
}

/** Gives the grant's slot back. Pure. */
export function cancelSlot(kept: KeptSlots, id: string): KeptSlots {
  return { ...kept, slots: kept.slots.filter((slot) => slot.id !== id) };
}

/** Lets no one take a slot for a while. It moves the end of a back-off only later, never earlier. Pure. */
export function deferKey(before: KeptSlots, forMs: number, cause: BackOffCause, clock: Clock): KeptSlots {
  const kept = withoutFreed(before, clock);
  const frees = freesIn(forMs, clock);
  if (kept.deferred && leftOf(kept.deferred, clock) >= frees.span) return kept;
  return { ...kept, deferred: { ...frees, cause } };
}

/** Ends the back-off that `deferKey` began. Pure. */
export function resumeKey(kept: KeptSlots): KeptSlots {
  return { ...kept, deferred: null };
}

function freesIn(ms: number, { now, uptime }: Clock): Freeing {
  const span = Math.ceil(ms);
  return { until: now + span, span, uptime: uptime && { ...uptime, ms: uptime.ms + span } };
}

/** How long until it frees, by the clock that says later; 0 or less: it is free. */
function leftOf({ until, span, uptime }: Freeing, clock: Clock): number {
  const byUptime = uptime && uptime.boot === clock.uptime?.boot ? uptime.ms - clock.uptime.ms : 0;
  return Math.min(span, Math.ceil(Math.max(until - clock.now, byUptime)));
}

function withoutFreed({ slots, hits, perMs, deferred }: KeptSlots, clock: Clock): KeptSlots {
  return {
    slots: slots.flatMap((slot) => stillKept(slot, clock) ?? []),
    hits: stillKept(hits, clock),
    perMs: stillKept(perMs, clock),
    deferred: stillKept(deferred, clock),
  };
}

/** Null if it has freed. No clock that was set back keeps it longer than it was meant to be kept. */
function stillKept<Some extends Freeing>(kept: Some | null, clock: Clock): Some | null {
  if (!kept || leftOf(kept, clock) <= 0) return null;
  const latest = freesIn(kept.span, clock);
  const isSameBoot = kept.uptime?.boot === clock.uptime?.boot;
  const uptime = kept.uptime && latest.uptime && { ...kept.uptime, ms: Math.min(kept.uptime.ms, latest.uptime.ms) };
  return { ...kept, until: Math.min(kept.until, latest.until), uptime: isSameBoot ? uptime : null };
}

/** A limit is remembered from when it was last asked for: a laxer one that is asked for meanwhile does not prolong this. */
function remembered(known: KeptLimit | null, strictest: number, asked: number, frees: Freeing): KeptLimit {
  return known && known.value === strictest && strictest !== asked ? known : { ...frees, value: strictest };
}

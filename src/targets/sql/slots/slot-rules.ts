import type { BackOffCause } from '../../../errors.ts';
import { keptForm, type Limits, mostKeptSingly, type SlotAnswer } from '../../../throttle.ts';
import { type Clock, type Freeing, freesIn, type KeptLimit, leftOf, remembered, stillKept } from './freeing.ts';
import {
  cancelInWindows,
  isInWindows,
  type KeptWindow,
  postponeInWindows,
  settleInWindows,
  takeInWindows,
  waitIn,
  windowsOf,
  withoutFreedWindows,
} from './window-rules.ts';

/** What a database keeps of one throttle key. */
export interface KeptSlots {
  readonly slots: readonly (Freeing & { readonly id: string })[];
  /** The strictest limits that were asked for recently; each may be another sync's. */
  readonly hits: KeptLimit | null;
  readonly perMs: KeptLimit | null;
  readonly deferred: (Freeing & { readonly cause: BackOffCause }) | null;
  /** Windows that are listed, each with slots of its own. */
  readonly windows: readonly KeptWindow[];
}

export const nothingKept: KeptSlots = { slots: [], hits: null, perMs: null, deferred: null, windows: [] };

export interface SlotRequest {
  readonly id: string;
  readonly asked: readonly Limits[];
  readonly reserveMs: number;
  readonly clock: Clock;
}

/** Decides whether a slot is free in every window, and what is kept afterwards. Pure. */
export function takeSlot(
  before: KeptSlots,
  { id, asked, reserveMs, clock }: SlotRequest,
): { readonly answer: SlotAnswer; readonly keeps: KeptSlots } {
  const kept = withoutFreed(before, clock);
  const { listed } = keptForm(asked);
  const shared = sharedLimits(kept, asked, reserveMs, clock);
  const windows = windowsOf(kept.windows, listed, reserveMs, clock);
  const keeps = { ...kept, ...shared.keeps, windows };
  const isOurs = kept.slots.some((slot) => slot.id === id) || isInWindows(windows, id);
  if (!isOurs) {
    const waitMs = Math.max(
      kept.deferred ? leftOf(kept.deferred, clock) : 0,
      waitIn(kept.slots, shared.hits, clock),
      ...windows.map(({ slots, hits }) => waitIn(slots, hits?.value ?? Number.POSITIVE_INFINITY, clock)),
    );
    const cause = kept.deferred ? { cause: kept.deferred.cause } : {};
    if (waitMs > 0) return { keeps, answer: { granted: false, waitMs, ...cause } };
  }
  const others = kept.slots.filter((slot) => slot.id !== id);
  const ours = shared.isKept ? [{ id, ...freesIn(shared.perMs + reserveMs, clock) }] : [];
  return {
    keeps: { ...keeps, slots: [...others, ...ours], windows: takeInWindows(windows, id, reserveMs, clock) },
    answer: { granted: true },
  };
}

interface SharedLimits {
  readonly hits: number;
  readonly perMs: number;
  /** Whether the request has a slot among those of requests with one window alone. */
  readonly isKept: boolean;
  readonly keeps: Pick<KeptSlots, 'hits' | 'perMs'>;
}

/** The limits that count for requests with one window alone. Hits of listed windows are kept among theirs as well. */
function sharedLimits(kept: KeptSlots, asked: readonly Limits[], reserveMs: number, clock: Clock): SharedLimits {
  const { alone, shortest } = keptForm(asked);
  const perMs = Math.max(kept.perMs?.value ?? 0, shortest.perMs);
  if (alone === null) {
    const hits = kept.hits?.value ?? Number.POSITIVE_INFINITY;
    return { hits, perMs, isKept: isShared(kept, asked), keeps: { hits: kept.hits, perMs: kept.perMs } };
  }
  const hits = Math.min(kept.hits?.value ?? alone.hits, alone.hits);
  const frees = freesIn(perMs + reserveMs, clock);
  const keeps = {
    hits: remembered(kept.hits, hits, alone.hits, frees),
    perMs: remembered(kept.perMs, perMs, alone.perMs, frees),
  };
  return { hits, perMs, isKept: true, keeps };
}

function isShared(kept: KeptSlots, asked: readonly Limits[]): boolean {
  const { alone, shortest } = keptForm(asked);
  return alone !== null || kept.hits !== null || shortest.hits <= mostKeptSingly;
}

/** The end of a hit. */
export interface Settling {
  readonly id: string;
  /** In the shortest window; in each other one it frees later by the difference. */
  readonly freesInMs: number;
  /** The windows that it was taken with: stricter ones that are remembered make it longer. Null: they are not known. */
  readonly asked: readonly Limits[] | null;
}

/** Moves the grant's slot to free this long from now, and later under limits that are stricter than its own. Pure. */
export function settleSlot(before: KeptSlots, { id, freesInMs, asked }: Settling, clock: Clock): KeptSlots {
  const kept = withoutFreed(before, clock);
  const others = cancelSlot(kept, id).slots;
  if (asked === null) return { ...kept, slots: [...others, { id, ...freesIn(freesInMs, clock) }] };
  const { shortest } = keptForm(asked);
  const stricterBy = Math.max(0, (kept.perMs?.value ?? 0) - shortest.perMs);
  const shared = isShared(kept, asked) ? [{ id, ...freesIn(freesInMs + stricterBy, clock) }] : [];
  const windows = settleInWindows(kept.windows, { id, freesInMs, asked }, clock);
  return { ...kept, slots: [...others, ...shared], windows };
}

/** Moves the grant's slot to free this long from now: no hit was made. Pure. */
export function postponeSlot(kept: KeptSlots, id: string, forMs: number, clock: Clock): KeptSlots {
  const frees = freesIn(forMs, clock);
  const slots = kept.slots.map((slot) => (slot.id === id ? { id, ...frees } : slot));
  return { ...kept, slots, windows: postponeInWindows(kept.windows, id, frees) };
}

/** Gives the grant's slot back. Pure. */
export function cancelSlot(kept: KeptSlots, id: string): KeptSlots {
  const slots = kept.slots.filter((slot) => slot.id !== id);
  return { ...kept, slots, windows: cancelInWindows(kept.windows, id) };
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

function withoutFreed({ slots, hits, perMs, deferred, windows }: KeptSlots, clock: Clock): KeptSlots {
  return {
    slots: slots.flatMap((slot) => stillKept(slot, clock) ?? []),
    hits: stillKept(hits, clock),
    perMs: stillKept(perMs, clock),
    deferred: stillKept(deferred, clock),
    windows: withoutFreedWindows(windows, clock),
  };
}

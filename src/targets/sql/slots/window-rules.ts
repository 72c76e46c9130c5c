import { freesAfterMs, grainMs, keptForm, type Limits } from '../../../throttle.ts';
import { type Clock, type Freeing, freesIn, type KeptLimit, leftOf, remembered, stillKept } from './freeing.ts';

/** What a database keeps of one window that is listed. */
export interface KeptWindow {
  readonly perMs: number;
  /** The fewest hits that were asked for recently; null if nobody has asked recently: then it binds no one. */
  readonly hits: KeptLimit | null;
  readonly slots: readonly WindowSlot[];
}

/** The slot of a request that is under way, or, without an id, of hits whose slots free together. */
export interface WindowSlot extends Freeing {
  readonly id: string | null;
  readonly count: number;
}

/** The windows that count for a request: its own, and those that are remembered. Pure. */
export function windowsOf(
  kept: readonly KeptWindow[],
  listed: readonly Limits[],
  reserveMs: number,
  clock: Clock,
): KeptWindow[] {
  const others = kept.filter(({ perMs }) => !listed.some((own) => own.perMs === perMs));
  const own = listed.map(({ hits: asked, perMs }) => {
    const known = kept.find((window) => window.perMs === perMs) ?? { hits: null, slots: [] };
    const hits = Math.min(known.hits?.value ?? asked, asked);
    return {
      perMs,
      hits: remembered(known.hits, hits, asked, freesIn(perMs + reserveMs, clock)),
      slots: known.slots,
    };
  });
  return [...others, ...own];
}

/** How long until fewer than `hits` of these are taken; 0 is now. Pure. */
export function waitIn(slots: readonly (Freeing & { readonly count?: number })[], hits: number, clock: Clock): number {
  const total = slots.reduce((sum, { count = 1 }) => sum + count, 0);
  let surplus = total - hits + 1;
  if (surplus <= 0) return 0;
  const freeing = slots.map((slot) => ({ leftMs: leftOf(slot, clock), count: slot.count ?? 1 }));
  for (const { leftMs, count } of freeing.toSorted((a, b) => a.leftMs - b.leftMs)) {
    surplus -= count;
    if (surplus <= 0) return leftMs;
  }
  return 0;
}

/** Pure, as all below. */
export function isInWindows(windows: readonly KeptWindow[], id: string): boolean {
  return windows.some(({ slots }) => slots.some((slot) => slot.id === id));
}

export function takeInWindows(
  windows: readonly KeptWindow[],
  id: string,
  reserveMs: number,
  clock: Clock,
): KeptWindow[] {
  return cancelInWindows(windows, id).map((window) => {
    if (window.hits === null) return window;
    return { ...window, slots: [...window.slots, { id, count: 1, ...freesIn(window.perMs + reserveMs, clock) }] };
  });
}

interface WindowSettling {
  readonly id: string;
  /** In the shortest window that was asked for. */
  readonly freesInMs: number;
  readonly asked: readonly Limits[];
}

export function settleInWindows(
  windows: readonly KeptWindow[],
  { id, freesInMs, asked }: WindowSettling,
  clock: Clock,
): KeptWindow[] {
  const { listed, shortest } = keptForm(asked);
  return cancelInWindows(windows, id).map((window) => {
    if (window.hits === null) return window;
    const own = listed.find(({ perMs }) => perMs === window.perMs);
    const laterMs = own ? freesAfterMs(own) - freesAfterMs(shortest) : window.perMs - shortest.perMs;
    const frees = freesIn(Math.max(0, freesInMs + laterMs), clock);
    const grain = grainMs({ hits: window.hits.value, perMs: window.perMs });
    return { ...window, slots: addedTo(window.slots, later(frees, (grain - (frees.until % grain)) % grain)) };
  });
}

export function postponeInWindows(windows: readonly KeptWindow[], id: string, frees: Freeing): KeptWindow[] {
  return windows.map((window) => {
    const slots = window.slots.map((slot) => (slot.id === id ? { ...slot, ...frees } : slot));
    return { ...window, slots };
  });
}

export function cancelInWindows(windows: readonly KeptWindow[], id: string): KeptWindow[] {
  return windows.map((window) => ({ ...window, slots: window.slots.filter((slot) => slot.id !== id) }));
}

export function withoutFreedWindows(windows: readonly KeptWindow[], clock: Clock): KeptWindow[] {
  return windows
    .map(({ perMs, hits, slots }) => {
      return { perMs, hits: stillKept(hits, clock), slots: slots.flatMap((slot) => stillKept(slot, clock) ?? []) };
    })
    .filter(({ hits, slots }) => hits !== null || slots.length > 0);
}

function later({ until, span, uptime }: Freeing, ms: number): Freeing {
  return { until: until + ms, span: span + ms, uptime: uptime && { ...uptime, ms: uptime.ms + ms } };
}

/** Hits whose slots free at the same time are kept together. */
function addedTo(slots: readonly WindowSlot[], frees: Freeing): WindowSlot[] {
  const at = slots.findIndex(({ id, until }) => id === null && until === frees.until);
  const same = slots[at];
  if (!same) return [...slots, { id: null, count: 1, ...frees }];
  const uptime = (same.uptime?.ms ?? 0) > (frees.uptime?.ms ?? 0) ? same.uptime : frees.uptime;
  return slots.with(at, { ...same, count: same.count + 1, span: Math.max(same.span, frees.span), uptime });
}

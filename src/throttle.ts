import { formatDuration } from './duration.ts';
import type { BackOffCause } from './errors.ts';

/** At most `hits` requests in any window of `perMs`. */
export interface Limits {
  readonly hits: number;
  readonly perMs: number;
  /** How much later than `perMs` a slot frees after its hit; 0 by default. */
  readonly marginMs?: number;
}

/** How a keeper keeps the windows of one request. */
export interface KeptForm {
  /**
   * One window alone, as it was kept before windows could be listed: of several that different syncs ask for, the fewest hits and the longest
   * window count together. Null: the windows are listed.
   */
  readonly alone: Limits | null;
  /** Windows that are kept each on its own, by their length. Whoever asks takes a slot in every one that is remembered. */
  readonly listed: readonly Limits[];
  readonly shortest: Limits;
  readonly longest: Limits;
}

/** Up to so many hits of a window are kept one by one; of more, hits whose slots free at nearly the same time are kept together. */
export const mostKeptSingly = 1000;

/** How near those times are: a slot of such a window frees later by this at most. */
export function grainMs({ hits, perMs }: Limits): number {
  return hits > mostKeptSingly ? Math.ceil(perMs / mostKeptSingly) : 1;
}

/** Pure. `windows` has at least one. */
export function keptForm(windows: readonly Limits[]): KeptForm {
  const sorted = windows.map((window) => ({ ...window, perMs: Math.ceil(window.perMs) }));
  sorted.sort((a, b) => a.perMs - b.perMs);
  const [shortest, longest] = [sorted.at(0), sorted.at(-1)];
  if (!shortest || !longest) throw new Error('a request has no window');
  const isAlone = sorted.length === 1 && shortest.hits <= mostKeptSingly;
  return { alone: isAlone ? shortest : null, listed: isAlone ? [] : sorted, shortest, longest };
}

/** How long one hit takes on average, where nothing but these windows holds it back. */
export function paceMs(windows: readonly Limits[]): number {
  return Math.max(0, ...windows.map(({ hits, perMs }) => perMs / hits));
}

/** How long after a hit its slot frees, in this window. */
export function freesAfterMs({ perMs, marginMs = 0 }: Limits): number {
  return perMs + marginMs;
}

/** Clocks that are disciplined differ by less than 0.1 % (NTP slews by 500 ppm at most), so 1 % is ample for a short window. */
const marginShare = 0.01;
const mostMarginMs = 100;

/** How much later than `perMs` a slot frees, unless the config says so: the keeper's clock and the third party's may differ. */
export function defaultMarginMs(perMs: number): number {
  return Math.min(mostMarginMs, perMs * marginShare);
}

/** One request's right to a slot. The id is random. Asking again with the same id is granted again, since a reply may be lost. */
export interface Grant {
  readonly id: string;
  /** Which account of which third party. Every sync, host and dry run that hits it shares this key. */
  readonly key: string;
}

/**
 * Keeps slots: a set of times at which they free. There are two keepers, Redis and the target, and a hit needs both.
 * Every call is safe to repeat. All times are durations from now, on the keeper's own clock.
 */
export interface SlotKeeper {
  /**
   * Takes a slot in each of these windows, until `perMs + reserveMs` from now, or none, and returns how long to wait. Of
   * different limits for one key the strictest count. A slot that frees later than any reservation can shows that a clock
   * jumped: it is clamped. `patienceMs` is how long the asker waits if it must: a keeper that lets askers take turns then
   * keeps its place.
   */
  take(grant: Grant, windows: readonly Limits[], reserveMs: number, patienceMs?: number): Promise<SlotAnswer>;

  /**
   * Moves the grant's slot to free this long from now in the shortest window, and in each longer one later by the difference.
   * Called when the response's headers are in. If stricter limits than the grant's own are remembered, it frees later by the
   * difference.
   */
  settle(grant: Grant, freesInMs: number): Promise<void>;

  /** Moves the grant's slot to free this long from now in every window, because no hit was made and none may be made before. */
  postpone(grant: Grant, forMs: number): Promise<void>;

  /** Gives the slot back. Called only if no byte of the request has left. */
  cancel(grant: Grant): Promise<void>;

  /** For this long nobody can take a slot of this key. A back-off is only ever made longer. */
  defer(key: string, forMs: number, cause: BackOffCause): Promise<void>;

  /** Ends what `defer` began, because the credentials that were refused have changed. */
  resume(key: string): Promise<void>;
}

export type SlotAnswer =
  | { readonly granted: true }
  | {
      readonly granted: false;
      readonly waitMs: number;
      readonly cause?: BackOffCause;
      /** Others wait for slots of this key as well. */
      readonly queue?: QueuePlace;
      /** The limits that count, where they are stricter than those that were asked for. */
      readonly stricter?: StricterLimits;
    };

/** Where an asker stands among those who wait for slots of the same key. */
export interface QueuePlace {
  /** When to ask again: whoever is ahead may not come. */
  readonly againMs: number;
  /** How long ago it was first denied since its last slot. */
  readonly waitedMs: number;
  /** How many wait now that were denied before it, and how many in all. */
  readonly ahead: number;
  readonly others: number;
}

/** Limits that somebody else has asked for, or an earlier config. */
export interface StricterLimits extends Limits {
  /** The sync that asked for them last; null if that is not known. */
  readonly by: string | null;
  /** How long they are remembered from now on; null if that is not known. */
  readonly forMs: number | null;
}

/** The sentence about limits that count although they were not asked for. */
export function describeStricter({ hits, perMs, by, forMs }: StricterLimits): string {
  const limit = `${hits} ${hits === 1 ? 'hit' : 'hits'} per ${formatDuration(perMs)}`;
  const time = forMs === null ? '' : `, and it is remembered for ${formatDuration(forMs)}`;
  return `the limit that counts is ${limit}: ${by ?? 'another sync'} asked for it recently${time}`;
}

/** So many times longer than its turn should take, an asker waits, before it counts as starving. */
const patience = 3;
/** Runs start every minute: what waits for less has not been denied often. */
const shortestMs = 60_000;

/** Whether the turns of those who wait, or the windows where no one else waits, do not explain any more for how long somebody has waited. */
export function isStarving(
  { waitedMs, others }: Pick<QueuePlace, 'waitedMs' | 'others'>,
  windows: readonly Limits[],
): boolean {
  const turnMs = others > 0 ? (others + 1) * paceMs(windows) : Math.max(...windows.map(({ perMs }) => perMs));
  return waitedMs > patience * Math.max(shortestMs, turnMs);
}

/** The sentence about somebody who starves. */
export function describeWaiting({ waitedMs, others }: Pick<QueuePlace, 'waitedMs' | 'others'>): string {
  const who = others === 0 ? 'no other sync waits' : `${others} other ${others === 1 ? 'sync waits' : 'syncs wait'}`;
  return `this sync has had no slot for ${formatDuration(waitedMs)}, and ${who} for slots of the same key`;
}

import { formatDuration } from './duration.ts';
import type { BackOffCause } from './errors.ts';

/** At most `hits` requests in any window of `perMs`. */
export interface Limits {
  readonly hits: number;
  readonly perMs: number;
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
   * Takes a slot until `perMs + reserveMs` from now, or returns how long to wait. Of different limits for one key the
   * strictest counts. A slot that frees later than any reservation can shows that a clock jumped: it is clamped.
   */
  take(grant: Grant, limits: Limits, reserveMs: number): Promise<SlotAnswer>;

  /**
   * Moves the grant's slot to free this long from now. Called when the response's headers are in. If stricter limits than the
   * grant's own are remembered, it frees later by the difference.
   */
  settle(grant: Grant, freesInMs: number): Promise<void>;

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
      /** The limits that count, where they are stricter than those that were asked for. */
      readonly stricter?: StricterLimits;
    };

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

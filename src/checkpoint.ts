import type { Cursor, Mode } from './adapter.ts';
import type { BackOffCause } from './errors.ts';
import type { Validators } from './validators.ts';

/** The durable state of a resource's pass. It lives in the target and moves in the same transaction as the rows. */
export interface Checkpoint {
  /** Counts the passes of this resource; a pass that is abandoned keeps its number for itself. */
  readonly pass: number;
  readonly mode: Mode;
  /**
   * `walking`: pages are being read. `deleting`: every page is committed, what was not seen is going. `held`: as before,
   * and the guard held deletions back. `done`: nothing is under way.
   */
  readonly phase: 'walking' | 'deleting' | 'held' | 'done';
  /** Digest of what a page's meaning depends on. */
  readonly shape: string;
  /** This pass runs because the shape changed: what it writes is no news of the third party. */
  readonly isRemap: boolean;
  /** The next page; null at the start of a pass. */
  readonly cursor: Cursor | null;
  readonly bookmark: string | null;
  /** The bookmark of this pass's first page, of a log the one of its last: the next pass's, once this one is complete. */
  readonly nextBookmark: string | null;
  /**
   * Of the one page that was the last complete pass, once it left nothing open: no rejects, nothing held or missing. Gone
   * as soon as another answer is written.
   */
  readonly validators: Validators | null;
  /** When a snapshot pass was complete last; null: the next pass must be one. */
  readonly fullAt: number | null;
  /** In a changes pass: ids of the live records that the third party calls gone. */
  readonly tombstones: readonly number[];
  readonly progress: PassProgress;
  /**
   * Adapters whose native keys are the keys: who was first, and whoever completed a pass while there was nothing to match by.
   * `nextHome`: the next pass's, once this one is complete.
   */
  readonly home?: readonly string[];
  readonly nextHome?: readonly string[];
  /** More than one adapter has been read since the first record came. */
  readonly hadGuests?: boolean;
  /** All times are milliseconds since the epoch. */
  readonly startedAt: number;
  readonly completedAt: number | null;
  readonly triedAt: number;
  /** Failures in a row at this cursor. */
  readonly failures: number;
  readonly backOff: BackOff | null;
  /** Permanent redirects that were answered, from URL to URL, both without their query. */
  readonly moved: Readonly<Record<string, string>>;
  readonly held: HeldDeletes | null;
  /** At most this many deletions are allowed once, past the guard. */
  readonly permission: number | null;
  /** Deletions of late, for the guard's window: oldest first. */
  readonly deletions: readonly DeletionCount[];
  /** Live records that the last complete pass did not bring. While there are none, no record bears a count of missing passes. */
  readonly missing: number;
  /** In phase `deleting` and `held`: up to which record id the missing were dealt with. */
  readonly sweptTo: number;
}

/** What a pass has brought so far. */
export interface PassProgress {
  readonly pages: number;
  /** Raw records, without those that the adapter read twice on purpose. */
  readonly records: number;
  readonly rejected: number;
  /** Rejected records whose key could not be read: each might be any of our rows. */
  readonly keyless: number;
  readonly total: number | null;
  readonly shifted: boolean;
  /** Short digests of the cursors and the pages of this pass: one that comes again is an error. */
  readonly digests: readonly string[];
}

export interface BackOff {
  readonly until: number;
  readonly cause: BackOffCause;
}

export interface HeldDeletes {
  readonly count: number;
  readonly live: number;
  readonly because: string;
  readonly at: number;
}

export interface DeletionCount {
  readonly at: number;
  /** Live rows before these deletions. */
  readonly live: number;
  readonly deleted: number;
}

export const noProgress: PassProgress = {
  pages: 0,
  records: 0,
  rejected: 0,
  keyless: 0,
  total: null,
  shifted: false,
  digests: [],
};

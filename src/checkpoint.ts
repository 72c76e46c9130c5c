import type { Cursor, Mode } from './adapter.ts';
import type { ChangeCounts } from './change.ts';
import type { BackOffCause, ExitCode } from './errors.ts';
import type { MappedFields } from './mapped-fields.ts';
import type { HeldKind } from './permit.ts';
import type { Validators } from './validators.ts';

/** The durable state of a pass. It is stored in the target and moves in the same transaction as the rows. */
export interface Checkpoint {
  /** The number of the pass. A pass that is abandoned does not give its number to the next one. */
  readonly pass: number;
  readonly mode: Mode;
  /**
   * `walking`: pages are being read. `deleting`: every page is committed, and what is gone is being deleted. `held`: the pass
   * is over, and the guard held deletions back. `done`: nothing is under way.
   */
  readonly phase: 'walking' | 'deleting' | 'held' | 'done';
  /** Digest of what a page's meaning depends on. */
  readonly shape: string;
  /** This pass runs because the shape has changed: what it writes is not a change at the third party. */
  readonly isRemap: boolean;
  /** This pass compares every row with what is known of it, and writes again what somebody else has changed. */
  readonly verifies?: boolean;
  /** The next page; null at the start of a pass. */
  readonly cursor: Cursor | null;
  readonly bookmark: string | null;
  /** The bookmark of this pass's first page (of a log, its last). It counts for the next pass once this one is complete. */
  readonly nextBookmark: string | null;
  /**
   * Those of the last complete pass, if it was one page and left nothing open: no rejects, nothing held or missing. They
   * are dropped as soon as another response is written.
   */
  readonly validators: Validators | null;
  /**
   * Names the chunks that are stored beside this checkpoint, and whose records are in our rows as they are; null: none. They are
   * dropped as soon as a page is written.
   */
  readonly chunks?: string | null;
  /** How many records the last complete snapshot brought; null or absent where that is not known. */
  readonly lastCount?: number | null;
  /** The first of the consecutive snapshots whose `lastCount` is not what the config expects ended then; null: it is, or none is. */
  readonly countUnmetSince?: number | null;
  /** The last commit that wrote what has changed at the third party; before the first one, the start of the first pass. */
  readonly changedAt?: number;
  /** Which columns the last complete snapshot has filled, whatever its shape was. */
  readonly lastFields?: MappedFields | null;
  /** Which columns the last complete snapshot has not filled, and an earlier one of this shape has. */
  readonly lostFields?: readonly LostColumn[];
  /** When the last snapshot pass was complete; null: the next pass must be a snapshot. */
  readonly fullAt: number | null;
  /** In a changes pass: ids of the live records that the third party says are gone. */
  readonly tombstones: readonly number[];
  readonly progress: PassProgress;
  /**
   * Adapters whose native keys are the system's keys: the first one, and each that completed a pass without `match`.
   * `nextHome` becomes `home` once this pass is complete.
   */
  readonly home?: readonly string[];
  readonly nextHome?: readonly string[];
  /** More than one adapter has been read since the first record came. */
  readonly hadGuests?: boolean;
  /** All times are milliseconds since the epoch. */
  readonly startedAt: number;
  readonly completedAt: number | null;
  readonly triedAt: number;
  /** Consecutive failures at this cursor. */
  readonly failures: number;
  readonly backOff: BackOff | null;
  /** The first of the consecutive failures of the resource, and the last one; null when the last try has succeeded. */
  readonly failingSince?: number | null;
  readonly failure?: Failure | null;
  /** When a page was taken last. */
  readonly succeededAt?: number | null;
  /** When the pass before the last complete one was complete: how far apart they usually are. */
  readonly previousCompletedAt?: number | null;
  /** All changes that were ever committed for the resource, but some of a transaction after which a run was killed. */
  readonly totals?: ChangeCounts;
  /** Permanent redirects that the third party answered with, from URL to URL, both without their query. */
  readonly moved: Readonly<Record<string, string>>;
  readonly held: HeldDeletes | null;
  /** What the guard measured by when it first held deletions, until a pass deletes all that is gone. */
  readonly heldSince?: HeldSince | null;
  /** Empty values that the guard holds back. */
  readonly heldEmptied?: HeldEmptied | null;
  /** Updates that the guard holds back. */
  readonly heldUpdates?: HeldUpdates | null;
  /** A person permits the updates and the empty values that are held, once. */
  readonly emptiedPermission?: HeldPermit | null;
  /** By what people name the held sets. */
  readonly heldNames?: HeldNames | null;
  /** The last complete pass brought fewer records than the third party says that it has. */
  readonly incomplete?: { readonly records: number; readonly total: number } | null;
  /** A person permits the deletions that are held, once. */
  readonly permission: HeldPermit | null;
  /** How many rows were live when this pass began. Absent from what an earlier release has stored. */
  readonly liveAtStart?: number;
  /** Recent deletions, and how many rows were live as passes began, for the guard's window; oldest first. */
  readonly deletions: readonly DeletionCount[];
  /** Values that became empty, and that were compared, for the guard's window; oldest first. */
  readonly emptiedCounts?: readonly EmptiedCount[];
  /** How many live records the last complete pass did not bring. While it is 0, no record has a count of missing passes. */
  readonly missing: number;
  /** In phase `deleting` and `held`: missing records up to this id are dealt with. */
  readonly sweptTo: number;
}

/**
 * Ends the pass, so that the next step starts a new one, which brings everything. Nothing that a finished pass was good for
 * is kept.
 */
export function startOver(checkpoint: Checkpoint): Checkpoint {
  const isRemap = checkpoint.isRemap && checkpoint.completedAt === null;
  const nothing = { completedAt: null, validators: null, chunks: null, lastCount: null, fullAt: null, bookmark: null };
  return { ...checkpoint, phase: 'done', isRemap, ...nothing };
}

/** A checkpoint as it is stored. What is left out stays as it is stored. */
export interface CheckpointToStore {
  readonly checkpoint: Checkpoint;
  /** The serialized seen set. */
  readonly seen?: Uint8Array | null;
  /** The serialized set of what the guard holds back. */
  readonly held?: Uint8Array | null;
  /** JSON of the field paths that the third party's records have, and of their changes. */
  readonly paths?: string | null;
  /** The serialized chunks whose records are in our rows as they are. */
  readonly chunks?: Uint8Array | null;
  /** Rejects that no pass has brought since this one are forgotten: a snapshot pass has deleted what it may delete. */
  readonly dropsRejectsBefore?: number | undefined;
}

/** The columns that are stored beside a checkpoint, each only if it changes. */
export const passParts = ['seen', 'held', 'paths', 'chunks'] as const satisfies readonly (keyof CheckpointToStore)[];

/** What a pass has brought so far. */
export interface PassProgress {
  readonly pages: number;
  /** Raw records, without those that the adapter read twice on purpose. */
  readonly records: number;
  readonly rejected: number;
  /** Rejected records whose key could not be read: each might be any of our rows. */
  readonly keyless: number;
  /** Records of a snapshot that do not count, since one before them on the same page has their key. */
  readonly duplicates?: number;
  /** The same, with one on an earlier page: the pages have moved. */
  readonly again?: number;
  /** By name, what the pass has compared of each column. */
  readonly columns?: ColumnCounts;
  /** Rows of which the database refuses to empty values at the end of the pass. */
  readonly refusedEmptied?: number;
  /** By column, how many values the end of the pass empties: known before the first is written. */
  readonly emptying?: Readonly<Record<string, number>>;
  /** Rows that the database refuses to update at the end of the pass. */
  readonly refusedUpdates?: number;
  /** Which columns its pages have filled. */
  readonly fields?: MappedFields | null;
  readonly total: number | null;
  /** The least total of any page: what came and went between two hits does not make a pass incomplete. */
  readonly leastTotal?: number | null;
  readonly shifted: boolean;
  /** Whose credentials the first page was fetched with, as a digest; null or absent where that is not known. */
  readonly account?: string | null;
  /** A later page was fetched with other credentials. */
  readonly isMixed?: boolean;
  /** Short digests of the cursors and the pages of this pass: one that comes again is an error. */
  readonly digests: readonly string[];
}

export interface LostColumn {
  readonly column: string;
  /** When the first pass ended that has not filled it, and how many records the last one had. */
  readonly at: number;
  readonly records: number;
}

/** What the third party did wrong. */
export interface Failure {
  readonly exitCode: ExitCode;
  readonly message: string;
  readonly hint: string | null;
  /** The HTTP status, if that is the reason. */
  readonly status: number | null;
}

export interface BackOff {
  readonly until: number;
  readonly cause: BackOffCause;
}

/** Names exactly one held set: the pass that held it, and how many records are in it. */
export interface HeldPermit {
  readonly pass: number;
  readonly count: number;
}

export type HeldNames = Readonly<Record<HeldKind, HeldName | null>>;

/** Names exactly one held set. */
export interface HeldName {
  readonly pass: number;
  /** The first of the consecutive passes that held something. Absent from what an earlier release has stored. */
  readonly since?: number;
  readonly count: number;
  /** Of the ids of its records. */
  readonly digest: string;
  readonly because: string;
  readonly at: number;
  /** Other sets that were held in its place before: a number alone may be meant for one of these. */
  readonly earlier: readonly { readonly count: number; readonly digest: string }[];
}

/** What the guard measured deletions by when it first held them. */
export interface HeldSince {
  /** The rows of which it allowed a share. */
  readonly base: number;
  /** The rows that were live when that pass began. */
  readonly liveAtStart: number;
}

export interface HeldDeletes {
  /** The pass that held them. Absent from what an earlier release has stored, which cannot be permitted. */
  readonly pass?: number;
  readonly count: number;
  /** The rows of which the guard allows a share. */
  readonly live: number;
  readonly because: string;
  /** When the first of the consecutive passes ended that held some. */
  readonly at: number;
}

/**
 * For each column: filled values of which the record has one too, and those of rows that were adopted, which the record would
 * empty. The ids of all others are in the held set.
 */
export type ColumnCounts = Readonly<Record<string, { readonly kept: number; readonly adopted: number }>>;

/** Values that would become empty. They are kept in their rows. */
export interface HeldEmptied {
  readonly pass: number;
  /** How many values are held and may be permitted. */
  readonly count: number;
  readonly columns: readonly { readonly column: string; readonly filled: number; readonly emptied: number }[];
  readonly because: string;
  /** When the first of the consecutive passes ended that held some. */
  readonly at: number;
}

/** Rows that would be updated. They keep their values; the ids are in the held set. */
export interface HeldUpdates {
  readonly pass: number;
  readonly count: number;
  /** The rows of which the guard allows a share. */
  readonly live: number;
  readonly because: string;
  /** When the first of the consecutive passes ended that held some. */
  readonly at: number;
}

export interface EmptiedCount {
  readonly at: number;
  /** For each column: filled values that passes of changes have compared, and values that became empty without a permission. */
  readonly columns: Readonly<Record<string, { readonly compared: number; readonly emptied: number }>>;
}

export interface DeletionCount {
  readonly at: number;
  /** Live rows before these deletions, of which there may be none. */
  readonly live: number;
  readonly deleted: number;
}

export const noProgress: PassProgress = {
  pages: 0,
  records: 0,
  rejected: 0,
  keyless: 0,
  duplicates: 0,
  again: 0,
  total: null,
  shifted: false,
  digests: [],
};

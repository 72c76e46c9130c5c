import type { Change, ChangeCounts } from './change.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Aliases } from './identity.ts';
import type { Prepared, Rejected, Values } from './record.ts';
import type { ResourceTable } from './table.ts';

/** What one comparison of a batch's hashes with ours has found. */
export interface Comparison {
  /** Ids of the live records whose hash is equal. */
  readonly unchanged: readonly number[];
  /** Positions in the entries of all the others, ascending. */
  readonly different: readonly number[];
}

/** What the target knows of one record that may have to be written. */
export interface Found {
  readonly entry: { readonly id: number; readonly hash: string; readonly deleted: boolean } | null;
  /** The mapped columns as they are now; null if there is no such row. */
  readonly row: Values | null;
  /** The row bears the mark of a soft delete. */
  readonly isRowDeleted: boolean;
}

/** What is to be done with one record. `refresh`: the row is right, only our own entry is written; no event. */
export type Step =
  | { readonly record: Prepared; readonly change: Change }
  | { readonly record: Prepared; readonly change: 'refresh' | 'none' };

export interface Batch {
  readonly table: ResourceTable;
  /** Each key once. */
  readonly records: readonly Prepared[];
  /**
   * Pure. Called inside the transaction, with what was found for each record, in the same order; called again, and
   * `checkpoint` with it, when the transaction has to be repeated.
   */
  readonly plan: (records: readonly Prepared[], found: readonly Found[]) => readonly Step[];
  readonly rejected: readonly Rejected[];
  /** Kept also of records whose rows are busy; not of one that the database refuses and that was none before. */
  readonly aliases?: Aliases | undefined;
  readonly pass: number;
  readonly events: EventOptions;
  /**
   * What to store with it, given the ids of the batch's records and how many of them the database refused: asked last,
   * inside the transaction, and not at all while a row is busy.
   */
  readonly checkpoint?: (
    ids: readonly number[],
    counts: ChangeCounts,
    refused: number,
  ) => { readonly checkpoint: Checkpoint; readonly seen?: Uint8Array | null };
}

export interface EventOptions {
  readonly source: string;
  readonly cause?: 'remap';
  /** Write rows without events. */
  readonly silent: boolean;
}

export interface Removal {
  readonly table: ResourceTable;
  /** Records to delete. One that is not live any more is passed over. */
  readonly ids: readonly number[];
  /** Records that were missing from this pass, once more. */
  readonly missing: readonly number[];
  /** Records that were there again. */
  readonly found: readonly number[];
  readonly events: EventOptions;
  /**
   * What to store with it, given how many records this removal has deleted so far. Until it `isWhole`, some are left: more
   * transactions come, or rows are busy and the removal is to be done again; what is missing is not counted before.
   */
  readonly checkpoint: (
    deleted: number,
    isWhole: boolean,
  ) => { readonly checkpoint: Checkpoint; readonly seen?: Uint8Array | null };
}

export interface Committed {
  readonly counts: ChangeCounts;
  /** Ids of the batch's records that are live now, in their order, without those in `busy`. Empty for a removal. */
  readonly ids: readonly number[];
  /** Keys whose rows the system holds locked: not written, to be tried again. */
  readonly busy: readonly string[];
  /** Records, or deletions, that the database refuses: in quarantine with the reason, while the rest was written. */
  readonly refused: readonly Rejected[];
  /** How many events were given out; their positions end just below `nextSeq`. */
  readonly events: number;
  readonly nextSeq: number;
}

import type { Change, ChangeCounts } from './change.ts';
import type { CheckpointToStore } from './checkpoint.ts';
import type { EventMaker } from './event.ts';
import type { Aliases } from './identity.ts';
import type { Prepared, Rejected, Values } from './record.ts';
import type { ResourceTable } from './table.ts';

/** The result of comparing a batch's hashes with ours. */
export interface Comparison {
  /** Ids of the live records whose hash is equal, in the order of the entries. */
  readonly unchanged: readonly number[];
  /** The positions of all other entries, ascending. */
  readonly different: readonly number[];
}

/** The comparison of records of which nothing is known. */
export function allDifferent(entries: readonly unknown[]): Comparison {
  return { unchanged: [], different: entries.map((_entry, at) => at) };
}

/** What the target knows of one record that may have to be written. */
export interface Found {
  readonly entry: {
    readonly id: number;
    readonly hash: string;
    readonly deleted: boolean;
    /** Digests of the fields as the database kept them (src/field-digests.ts); null or absent where they are not known. */
    readonly fields?: string | null;
  } | null;
  /** The mapped columns as they are now; null if there is no such row. */
  readonly row: Values | null;
  /** The row has the mark of a soft delete. */
  readonly isRowDeleted: boolean;
}

/**
 * What is to be done with one record. `refresh`: the row is right, so only our own entry is written, without an event. `defer`:
 * the row stays as it is, and the record is kept in the target until the end of its pass.
 */
export type Step =
  | { readonly record: Prepared; readonly change: Change }
  | { readonly record: Prepared; readonly change: 'refresh' | 'none' | 'defer' };

/** The records of a page, or some of them, that are written together. */
export interface Batch {
  readonly table: ResourceTable;
  /** No key appears twice. */
  readonly records: readonly Prepared[];
  /**
   * Decides what to do with each record; pure. Called inside the transaction, with what was found for each record, in the
   * same order. If the transaction has to be repeated, `plan` and `checkpoint` are called again.
   */
  readonly plan: (records: readonly Prepared[], found: readonly Found[]) => readonly Step[];
  readonly rejected: readonly Rejected[];
  /** Stored for records whose rows are busy as well, but not for a new record that the database refuses. */
  readonly aliases?: Aliases | undefined;
  readonly pass: number;
  readonly events: EventOptions;
  /**
   * What to store with the batch, given the ids of its records and how many of them the database refused. Called last,
   * inside the transaction, and not at all while a row is busy.
   */
  readonly checkpoint?: (ids: readonly number[], counts: ChangeCounts, refused: number) => CheckpointToStore;
}

export interface EventOptions {
  readonly source: string;
  readonly cause?: 'remap';
  /** The run that writes. */
  readonly maker?: EventMaker;
  /** Rows are written without events. */
  readonly silent: boolean;
  /** The outbox keeps the events of a large transaction as text, for those who read it by SQL. */
  readonly asText?: boolean;
}

/** The records of a resource that are deleted together, and those that are counted as missing. */
export interface Removal {
  readonly table: ResourceTable;
  /** Ids of the records to delete. A record that is not live any more is skipped. */
  readonly ids: readonly number[];
  /** Ids of the records that this pass did not bring. */
  readonly missing: readonly number[];
  /** Ids of the records that were missing before and have come again. */
  readonly found: readonly number[];
  readonly events: EventOptions;
  /**
   * What to store with it, given how many records this removal has deleted so far. While it is not `isWhole`, some records
   * are left: more transactions follow, or rows are busy and the removal has to be done again. The missing are counted once
   * it is whole.
   */
  readonly checkpoint: (deleted: number, isWhole: boolean) => CheckpointToStore;
}

/** What has become of a batch or a removal. */
export interface Committed {
  readonly counts: ChangeCounts;
  /** Ids of the batch's records that are live now, in their order, without those in `busy`. Empty for a removal. */
  readonly ids: readonly number[];
  /** Keys whose rows the system holds locked. They were not written and have to be tried again. */
  readonly busy: readonly string[];
  /** Records, or deletions, that the database refuses. They are in quarantine with the reason; the rest was written. */
  readonly refused: readonly Rejected[];
  /** How many events were written to the outbox. Their positions end just below `nextSeq`. */
  readonly events: number;
  readonly nextSeq: number;
}

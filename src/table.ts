import type { Column, Value } from './record.ts';

/** One resource as the target keeps it: the system's table, and what of it the third party fills. */
export interface ResourceTable {
  readonly resource: string;
  readonly table: string;
  /** The columns that make up the key; each is one of `mapped`. */
  readonly key: readonly string[];
  /** All columns of the resource's schema. A run adds those that are missing; it never drops or narrows one. */
  readonly columns: readonly Column[];
  /** The columns that the third party fills, in the order of the `Values` of a record. The others belong to the system. */
  readonly mapped: readonly Column[];
  readonly onDelete: OnDelete;
  /**
   * The columns by whose values records are recognised where third parties have ids of their own; each is one of
   * `mapped`.
   */
  readonly match?: readonly string[];
}

/**
 * What happens to the row of a record that is gone. `soft` sets `deleted_at`, `hard` deletes the row, `keep` leaves it as it
 * is, and `set` gives columns these values.
 */
export type OnDelete = 'soft' | 'hard' | 'keep' | { readonly set: Readonly<Record<string, Value>> };

/** How a table of the system differs from its resource. */
export interface TableState {
  readonly exists: boolean;
  readonly missingColumns: readonly string[];
  /**
   * A run forgets what it knows of the rows, and compares every record with its row again: the resource was in another table
   * before, or the table has to be made.
   */
  readonly isForgotten: boolean;
  /** What stops a run, one sentence each. */
  readonly problems: readonly string[];
  /** What makes a run slow, one sentence each. */
  readonly warnings: readonly string[];
}

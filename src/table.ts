import type { Column, Value } from './record.ts';

/** One resource as the target keeps it. */
export interface ResourceTable {
  readonly resource: string;
  readonly table: string;
  /** Columns that make up the key; each is one of `mapped`. */
  readonly key: readonly string[];
  /** All columns of the resource's schema: made or added where they are missing, never dropped, never narrowed. */
  readonly columns: readonly Column[];
  /** The columns that the third party fills, in the order of every `Values`. The others belong to the system. */
  readonly mapped: readonly Column[];
  readonly onDelete: OnDelete;
  /** Columns whose values say which record is which, where third parties have ids of their own; each is one of `mapped`. */
  readonly match?: readonly string[];
}

/** What happens to the row of a record that is gone. `soft` sets `deleted_at`, `keep` touches nothing. */
export type OnDelete = 'soft' | 'hard' | 'keep' | { readonly set: Readonly<Record<string, Value>> };

export interface TableState {
  readonly exists: boolean;
  readonly missingColumns: readonly string[];
  /** What stops a run, one sentence each. */
  readonly problems: readonly string[];
  /** What makes a run slow, one sentence each. */
  readonly warnings: readonly string[];
}

import type { Values } from './record.ts';

/** What is known of a live record, and its row as it is now. */
export interface KnownRow {
  readonly id: number;
  readonly key: string;
  /** Of what the third party brought; empty where it is forgotten, so that the next pass writes the row again. */
  readonly hash: string;
  /** Digests of the fields as the database kept them (src/field-digests.ts); null where release 0.1.0 wrote the row. */
  readonly fields: string | null;
  /** The mapped columns; null if there is no such row. */
  readonly row: Values | null;
  /** The row has the mark of a soft delete. */
  readonly isMarked: boolean;
  /** The database might keep another row than is written: without `fields` the hash proves nothing about it. */
  readonly mayBeRewritten: boolean;
}

/** Which known rows: those after an id, in order, or those of some ids. */
export type KnownQuery = { readonly after: number; readonly limit: number } | { readonly ids: readonly number[] };

/** How a row differs from what is known of it. `marked`: it has the mark of a soft delete, and its record is live. */
export type DriftKind = 'missing' | 'changed' | 'marked';

/** A row that differs. */
export interface DriftedRow {
  readonly id: number;
  readonly key: string;
  readonly is: DriftKind;
  /** The columns that somebody changed; null if the row is not `changed`, or where it is not known which. */
  readonly fields: readonly string[] | null;
}

/** How many rows differ, of how many that were compared. */
export interface DriftCounts {
  readonly compared: number;
  readonly missing: number;
  readonly changed: number;
  readonly marked: number;
  /** Rows of which nothing is known that they could be compared with, until the next pass has written them. */
  readonly unknown: number;
}

/** A drift that was found and has not been seen to be gone. */
export interface Drift extends DriftCounts {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The first rows that differ. */
  readonly rows: readonly DriftedRow[];
  /** The next pass writes them again. */
  readonly isBeingRepaired: boolean;
}

/** What the target keeps of the drift of one resource. */
export interface StoredDrift {
  /** The last sample ended with this id: the next one continues after it. */
  readonly checkedTo: number;
  readonly found: Drift | null;
}

export const noDrift: StoredDrift = { checkedTo: 0, found: null };

/** A statement that every database takes as it is: its parameters are `$1`, `$2`. */
export interface SharedStatement {
  readonly sql: string;
  readonly values: readonly (string | number | null)[];
}

/** Where the tables for people are, and how the dialect says what they need of JSON. */
export interface Book {
  /** The sync's name. */
  readonly name: string;
  readonly table: (name: string) => string;
  /** What the columns of a run say, read from its row: the tables of an earlier release have no such columns. */
  readonly oldRun: { readonly startedAt: string; readonly outcome: string };
}

/** The version of our tables that has all of this. */
export const bookVersion = 3;

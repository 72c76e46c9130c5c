import type { Prepare, RawRecord } from './record.ts';

/** Which columns the expressions of a map have filled so far in a pass, by their names. */
export interface MappedFields {
  /** In each page with enough records; null: there was no such page. */
  readonly always: readonly string[] | null;
  /** In any record. */
  readonly ever: readonly string[];
}

/** The same of one page. */
export interface PageFields {
  readonly records: number;
  readonly found: readonly string[];
  readonly missing: readonly string[];
}

/** Watches what the expressions of a map find in the records of one page. */
export interface FieldWatch {
  /** The same function, watched. */
  around(prepare: Prepare): Prepare;
  /**
   * Called in place of so many records that are not read: all are valid. `filled`: by position of the mapped columns, how many of them
   * have a value. `picked`: some of them.
   */
  passOver(records: {
    readonly count: number;
    readonly filled: readonly number[];
    readonly picked: readonly RawRecord[];
  }): void;
  fields(): PageFields;
  /** The expression of a column that was found in none of so many records, and the name that was probably meant. */
  describe(column: string, records: number): string;
}

/** A page with fewer records may lack a field by chance. */
const enough = 5;

/** The fields of a pass with those of one more page. */
export function withPage(before: MappedFields | null, { records, found }: PageFields): MappedFields {
  const always = before?.always ?? null;
  const ofPage = always === null ? found : always.filter((column) => found.includes(column));
  return {
    always: records < enough ? always : ofPage,
    ever: [...new Set([...(before?.ever ?? []), ...found])],
  };
}

/** The columns that a page does not fill, and that each page of the last complete pass has filled. Pure. */
export function lostOnPage({ records, missing }: PageFields, last: MappedFields | null): readonly string[] {
  return records < enough ? [] : missing.filter((column) => last?.always?.includes(column));
}

/** The columns that a whole pass has not filled, and that the last one has, or nobody ever. Pure. */
export function lostInPass(
  columns: readonly string[],
  pass: MappedFields,
  last: MappedFields | null,
): readonly string[] {
  return columns.filter((column) => !pass.ever.includes(column) && (last === null || last.ever.includes(column)));
}

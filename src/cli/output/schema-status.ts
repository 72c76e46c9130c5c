import { type SchemaChange, type StoredPaths, typesOf } from '../../field-paths.ts';

/** What `status` says of the shape of the third party's records. */
export interface SchemaStatus {
  /** How many field paths are known, and whether there are more of them, or deeper ones. */
  readonly fields: number;
  readonly hasMore: boolean;
  /** The paths that were null in every record. */
  readonly alwaysNull: readonly string[];
  /** The last changes, newest first. */
  readonly changes: readonly SchemaChange[];
}

/** Reads what is stored with the checkpoint; null before the first complete pass. */
export function schemaStatus(stored: string | null): SchemaStatus | null {
  const { known = null, changes = [] }: Partial<StoredPaths> = JSON.parse(stored ?? '{}');
  if (known === null) return null;
  const paths = Object.entries(known.paths);
  const alwaysNull = paths.filter(([, counts]) => typesOf(counts).length === 0).map(([path]) => path);
  return { fields: paths.length, hasMore: known.hasMore, alwaysNull, changes };
}

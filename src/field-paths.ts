/** The types of JSON. */
export type JsonType = 'string' | 'number' | 'boolean' | 'object' | 'array' | 'null';

/** In how many records a path had a value of each type. A list may have values of several types in one record. */
export type TypeCounts = Readonly<Partial<Record<JsonType, number>>>;

/**
 * Which fields the third party's records have, by their paths: `contact.email`, `labels[].name`. A name that is data, such as
 * an id, is `*`. Each path may be part of a `map`.
 */
export interface FieldPaths {
  /** How many records were looked at. */
  readonly records: number;
  readonly paths: Readonly<Record<string, TypeCounts>>;
  /** There are deeper fields, or more of them, than are kept. */
  readonly hasMore: boolean;
}

/**
 * How the third party's records have changed their shape. `new`: a path that no pass has seen. `gone`: a path that enough
 * records had. `always-null`: a path that has values no more. `other-type`: a path with values of a type that it never had.
 */
export interface SchemaChange {
  readonly path: string;
  readonly is: 'new' | 'gone' | 'always-null' | 'other-type';
  /** The types of its values before, and now. */
  readonly from: readonly JsonType[];
  readonly to: readonly JsonType[];
  /** When it was found, in milliseconds since the epoch, and by which pass. */
  readonly at: number;
  readonly pass: number;
}

/** What the target keeps of the field paths of a resource. It is stored with the checkpoint. */
export interface StoredPaths {
  /** Digest of what a page's meaning depends on: the records of another third party are not compared. */
  readonly shape: string;
  /** Those that the complete passes have seen; null before the first one. */
  readonly known: FieldPaths | null;
  /** Those that the pass under way has seen so far. */
  readonly passing: FieldPaths | null;
  /** The last changes, newest first. */
  readonly changes: readonly SchemaChange[];
}

export function noPaths(shape: string): StoredPaths {
  return { shape, known: null, passing: null, changes: [] };
}

/** The JSON that is stored. */
export function storedPaths(json: string | null, shape: string): StoredPaths {
  return json === null ? noPaths(shape) : JSON.parse(json);
}

/** What is known of the shape of a resource's records, for whoever looks. */
export interface SchemaFacts {
  /** How many field paths are known, and whether there are more of them, or deeper ones. */
  readonly fields: number;
  readonly hasMore: boolean;
  /** The paths that were null in every record. */
  readonly alwaysNull: readonly string[];
  /** The last changes, newest first. */
  readonly changes: readonly SchemaChange[];
}

/** Reads the JSON that is stored; null before the first complete pass. */
export function schemaFacts(json: string | null): SchemaFacts | null {
  const { known, changes } = storedPaths(json, '');
  if (known === null) return null;
  const paths = Object.entries(known.paths);
  const alwaysNull = paths.filter(([, counts]) => typesOf(counts).length === 0).map(([path]) => path);
  return { fields: paths.length, hasMore: known.hasMore, alwaysNull, changes };
}

/** So many changes are named; `status --json` has more. */
const named = 5;

/** `` `fax` is gone; `tel` is new (string) ``. */
export function describeChanges(changes: readonly SchemaChange[]): string {
  const more = changes.length - named;
  return [...changes.slice(0, named).map(describeChange), ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

/** What the last pass has found that found anything; null if none has. */
export function lastSchemaChange(
  changes: readonly SchemaChange[],
): { readonly what: string; readonly at: number } | null {
  const [last] = changes;
  return last ? { what: describeChanges(changes.filter(({ pass }) => pass === last.pass)), at: last.at } : null;
}

function describeChange({ path, is, from, to }: SchemaChange): string {
  const field = `\`${path}\``;
  if (is === 'new') return `${field} is new (${to.join(' or ') || 'null'})`;
  if (is === 'gone') return `${field} is gone`;
  if (is === 'always-null') return `${field} is always null`;
  return `${field} is ${to.join(' or ')}, and was ${from.join(' or ')}`;
}

/** The types of a path's values. */
export function typesOf(counts: TypeCounts): JsonType[] {
  return (Object.keys(counts) as JsonType[]).filter((type) => type !== 'null');
}

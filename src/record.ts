import type { BatchChunks } from './chunk.ts';

/** A record as the third party gave it. */
export type RawRecord = unknown;

/**
 * How a column keeps its values. `integer` is a number, or a bigint past 2^53; `decimal`, `date` and `timestamp` hold text
 * in its one form (src/canonical.ts); `json` holds canonical JSON text, for arrays and objects.
 */
export type ColumnKind = 'text' | 'integer' | 'real' | 'decimal' | 'boolean' | 'date' | 'timestamp' | 'json';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** The third party gives its value when the row is made. From then on it belongs to the system. */
  readonly isWriteOnce?: true;
}

/** One field of a record, in the system's shape. The value of a `json` column is its canonical JSON text. */
export type Value = string | number | bigint | boolean | null;

/** The fields of one record, in the order of the mapped columns. */
export type Values = readonly Value[];

/** A record that was mapped and is valid. Two records with the same hash have the same values in the same columns. */
export interface Prepared {
  readonly key: string;
  readonly values: Values;
  readonly hash: string;
  /** Why no row can have this key: it is an id of the third party alone. Only where records are matched. */
  readonly noKeyBecause?: string;
}

/** A record that is not valid and goes into quarantine. If it has no key, it might be any of the system's rows. */
export interface Rejected {
  readonly key: string | null;
  readonly reasons: readonly string[];
  readonly raw: RawRecord;
  /** A transform left it out on purpose: it is there, and neither stored nor put into quarantine. */
  readonly leftOut?: true;
}

/** Some records of a page, in the system's shape. */
export interface RecordBatch {
  /** Each key once: of two records with one key the later counts. */
  readonly records: readonly Prepared[];
  readonly rejected: readonly Rejected[];
  /** Raw records that went in, and how many of them were replaced by a later one with the same key. */
  readonly raw: number;
  readonly duplicates: number;
  /** This is the last batch of its page: what follows the page is known. */
  readonly isLast: boolean;
  /** Where the page has chunks that can be recognised. */
  readonly chunks?: BatchChunks;
}

/** Maps, validates and hashes one raw record. Pure; compiled once per resource. */
export type Prepare = (raw: RawRecord) => Prepared | Rejected;

/** Gives a record another key: changes its key fields and its hash. Null if these fields cannot hold that key. */
export type Rekey = (record: Prepared, key: string) => Prepared | null;

/** Those that go into quarantine. */
export function quarantined(rejected: readonly Rejected[]): readonly Rejected[] {
  return rejected.some(({ leftOut }) => leftOut) ? rejected.filter(({ leftOut }) => !leftOut) : rejected;
}

export function isRejected(record: Prepared | Rejected): record is Rejected {
  return 'reasons' in record;
}

/** The key of a record: the text of its one key field, or the JSON array of the texts of several. */
export function keyOf(fields: readonly Value[]): string {
  const texts = fields.map(String);
  return texts.length === 1 && texts[0] !== undefined ? texts[0] : JSON.stringify(texts);
}

/** The texts of which a key of several fields is made; an empty list if it is not such a key. */
export function partsOf(key: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(key);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/**
 * JSON in which the keys of every object are sorted, so that equal values give equal text. Integers are written with all their
 * digits, as Postgres returns them: also bigints, and those that JavaScript would write with an exponent.
 */
export function canonicalJson(value: unknown): string {
  return isWrittenAlike(value) ? JSON.stringify(value) : sortedJson(value);
}

/** Whether `JSON.stringify` writes a value in its canonical form: its keys are sorted, and it has no number of another form. */
export function isWrittenAlike(value: unknown): boolean {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return true;
  if (typeof value === 'number') return Number.isFinite(value) && Math.abs(value) < 1e21;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.every(isWrittenAlike);
  const kind: unknown = Object.getPrototypeOf(value);
  if (kind !== Object.prototype && kind !== null) return false;
  let before: string | undefined;
  for (const name in value) {
    if (before !== undefined && name < before) return false;
    if (!isWrittenAlike((value as Readonly<Record<string, unknown>>)[name])) return false;
    before = name;
  }
  return true;
}

/** Canonical JSON, member by member. */
export function sortedJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number' && Math.abs(value) >= 1e21 && Number.isFinite(value)) return BigInt(value).toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map((element) => sortedJson(element ?? null)).join(',')}]`;
  let members = '';
  for (const name of inOrder(Object.keys(value))) {
    const member = (value as Readonly<Record<string, unknown>>)[name];
    if (member !== undefined) members += `${members === '' ? '' : ','}${JSON.stringify(name)}:${sortedJson(member)}`;
  }
  return `{${members}}`;
}

/** Sorts a list in place. The engine's own sort makes several lists, which for a few names takes longer than to sort them. */
function inOrder(names: string[]): string[] {
  if (names.length > 12) return names.sort();
  for (let at = 1; at < names.length; at += 1) {
    const name = names[at] as string;
    let to = at;
    for (; to > 0 && (names[to - 1] as string) > name; to -= 1) names[to] = names[to - 1] as string;
    names[to] = name;
  }
  return names;
}

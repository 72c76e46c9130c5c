import { canonicalDate, canonicalDecimal, canonicalTimestamp } from '../../canonical.ts';
import { parseJson } from '../../json.ts';
import { type Column, type ColumnKind, canonicalJson, type Value } from '../../record.ts';

/** What a driver takes and gives. Integers are bigints where they may be past 2^53. */
export type Stored = string | number | bigint | Uint8Array | null;

/** A value that no supported database can store. Its record is refused; the others of the batch are written. */
export class UnstorableError extends Error {}

/** Why a key is refused that its column keeps as another one. */
export const changedKey =
  'the columns of its key cannot hold this key: they would make another one of it. Make them columns of text';

/** The form in which a canonical value is written; `json` and `text` are text. Throws `UnstorableError`. */
export function toStored(value: Value, kind: ColumnKind): Stored {
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'bigint') return within64Bits(value);
  if (typeof value !== 'number') return null;
  if (!Number.isFinite(value)) throw new UnstorableError(`${value} is not a number that a column can hold`);
  return kind === 'integer' && Number.isInteger(value) ? BigInt(value) : value;
}

/** The canonical form of what a column holds, whoever wrote it. A value that does not fit the kind stays as it is. */
export function fromStored(stored: Stored | undefined, kind: ColumnKind): Value {
  if (stored === null || stored === undefined) return null;
  if (kind === 'text' && typeof stored === 'string') return stored;
  const value = stored instanceof Uint8Array ? Buffer.from(stored).toString('utf8') : narrow(stored);
  return readers[kind](value);
}

const readers: Record<ColumnKind, (value: string | number | bigint) => Value> = {
  text: (value) => (typeof value === 'string' ? value : String(value)),
  integer: (value) => (typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? narrow(BigInt(value)) : value),
  real: (value) => (typeof value === 'bigint' || isNumeral(value) ? Number(value) : value),
  decimal: (value) => canonicalDecimal(String(value)) ?? value,
  date: (value) => canonicalDate(String(value)) ?? value,
  timestamp: (value) => canonicalTimestamp(String(value)) ?? value,
  boolean: (value) => truths.get(String(value)) ?? value,
  json: (value) => canonicalText(String(value)),
};

/** What truth looks like in a column of booleans, of text or of numbers. */
const truths: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['true', true],
  ['false', false],
]);

/** The fields that make up a key, read from its text; undefined if the text is not a key of these columns. */
export function fieldsOfKey(key: string, columns: readonly Column[]): Value[] | undefined {
  const texts = columns.length === 1 ? [key] : textsIn(key);
  if (texts?.length !== columns.length) return undefined;
  return columns.map(({ kind }, at) => fieldOfKey(texts[at] ?? '', kind));
}

function fieldOfKey(text: string, kind: ColumnKind): Value {
  if (kind === 'boolean') return text === 'true' ? true : text === 'false' ? false : text;
  return kind === 'text' || kind === 'json' ? text : readers[kind](text);
}

function textsIn(key: string): string[] | undefined {
  try {
    const texts: unknown = JSON.parse(key);
    return Array.isArray(texts) ? texts.map(String) : undefined;
  } catch {
    return undefined;
  }
}

function narrow(value: string | number | bigint): string | number | bigint {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function isNumeral(value: string | number): boolean {
  return typeof value === 'string' && /\d/.test(value) && Number.isFinite(Number(value));
}

/** Text that is not JSON becomes a JSON string: an event must stay JSON whatever the system has written. */
function canonicalText(text: string): string {
  try {
    return canonicalJson(parseJson(text));
  } catch {
    return JSON.stringify(text.toWellFormed());
  }
}

function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new UnstorableError('text with half a surrogate pair cannot be written as UTF-8');
}

function within64Bits(value: bigint): bigint {
  if (BigInt.asIntN(64, value) === value) return value;
  throw new UnstorableError(`${value} needs more than 64 bits`);
}

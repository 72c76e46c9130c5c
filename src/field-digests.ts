import type { Column, Value, Values } from './record.ts';

/** Digits of a digest: 24 bits, so that one change in 16 million stays unseen. */
const digits = 4;

/**
 * Makes a short digest of each field of a row, after one of which columns they are: which fields somebody else has changed can
 * be said without keeping their values. Four characters each; the same values in the same columns have the same text. The
 * system may change a column that is written once: its values are all alike.
 */
export function digestFields(columns: readonly Column[]): (values: Values) => string {
  const digest = digestAll(columns.map(({ name, isWriteOnce }) => (isWriteOnce ? `${name} once` : name)));
  if (!columns.some(({ isWriteOnce }) => isWriteOnce)) return digest;
  return (values) => digest(values.map((value, at) => (columns[at]?.isWriteOnce ? null : value)));
}

function digestAll(names: readonly string[]): (values: Values) => string {
  const heading = digestOf('', JSON.stringify(names));
  return (values) => {
    let text = heading;
    for (const value of values) text += digestOfField(value);
    return text;
  };
}

/** The positions of the fields that differ; null if the digests are not of the same columns. */
export function differingFields(known: string, now: string): number[] | null {
  if (known.length !== now.length || known.slice(0, digits) !== now.slice(0, digits)) return null;
  const differing: number[] = [];
  for (let at = digits; at < known.length; at += digits) {
    if (known.slice(at, at + digits) !== now.slice(at, at + digits)) differing.push(at / digits - 1);
  }
  return differing;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Two characters for each 12 bits. */
const pairs = Array.from({ length: 4096 }, (_, bits) => `${alphabet[bits >>> 6]}${alphabet[bits & 63]}`);

/** A text, a number and a boolean that are written alike are different values. */
function digestOfField(value: Value): string {
  if (typeof value === 'string') return digestOf('s', value);
  return typeof value === 'boolean' ? digestOf('b', `${value}`) : digestOf('', `${value}`);
}

/** V8 looks this method up at every character, where texts of many kinds come. */
const { charCodeAt } = String.prototype;

/** FNV-1a with the final mix of MurmurHash3: it only has to notice changes, and it is quick for short texts. */
function digestOf(kind: 's' | 'b' | '', text: string): string {
  let hash = 0x811c9dc5;
  if (kind !== '') hash = Math.imul(hash ^ kind.charCodeAt(0), 0x01000193);
  const { length } = text;
  for (let at = 0; at < length; at += 1) hash = Math.imul(hash ^ charCodeAt.call(text, at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return `${pairs[(hash >>> 12) & 4095]}${pairs[hash & 4095]}`;
}

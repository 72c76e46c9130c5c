import type { ColumnKind, Value } from '../../../record.ts';
import { toStored, UnstorableError } from '../../sql/stored-values.ts';

/** A value as the text that is cast to its column's type. Throws `UnstorableError`. */
export function bound(value: Value, kind: ColumnKind): string | null {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
  const stored = toStored(value, kind);
  if (stored === null) return null;
  const text = String(stored);
  if (text.includes('\0')) throw new UnstorableError('text with a NUL cannot be kept in Postgres');
  return text;
}

/** Any text in a form that Postgres can store: half surrogates and NULs are replaced. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}

/** The literal of an array of texts: faster to write, and to send, than the driver's own. */
export function textArray(texts: Iterable<string | null>): string {
  let literal = '';
  for (const text of texts) {
    if (literal !== '') literal += ',';
    literal += text === null ? 'NULL' : /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
  }
  return `{${literal}}`;
}

/** One line of COPY's text format (PostgreSQL documentation, COPY, "Text Format"). */
export function copyLine(fields: readonly (string | null)[]): string {
  let line = '';
  for (let at = 0; at < fields.length; at += 1) {
    if (at > 0) line += '\t';
    line += copyField(fields[at] ?? null);
  }
  return `${line}\n`;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function copyField(text: string | null): string {
  if (text === null) return '\\N';
  return /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? '') : text;
}

/** The bytes of a `bytea` in the `hex` format, in which every session of ours gets it. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

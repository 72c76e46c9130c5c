import { ByteWriter } from '../../../byte-writer.ts';
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

/** The type `text` (pg_type.dat). */
const textOid = 25;

/**
 * An array of texts in the binary format (array_recv of PostgreSQL): how many dimensions, whether there are nulls, the type, the
 * size and the first index; then each text after its length, which is -1 for null. Nothing has to be escaped.
 */
export function textArray(texts: readonly (string | null)[]): Buffer {
  const writer = new ByteWriter(20 + texts.length * 48);
  const head = texts.length === 0 ? [0, 0, textOid] : [1, 1, textOid, texts.length, 1];
  for (const number of head) writer.int32(writer.room(), number);
  for (const text of texts) {
    const at = writer.room();
    writer.int32(at, text === null ? -1 : writer.text(text));
  }
  return writer.bytes;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Between the fields of a line of COPY's text format, and after its last one (PostgreSQL documentation, COPY, "Text Format"). */
export const tab = 0x09;
export const newline = 0x0a;

/** A field of such a line. */
export function copyField(text: string | null): string {
  if (text === null) return '\\N';
  return /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => escapes[character] ?? '') : text;
}

/** The bytes of a `bytea` in the `hex` format, in which every session of ours gets it. */
export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.slice(2), 'hex');
}

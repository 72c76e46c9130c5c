import { hash as digest } from 'node:crypto';
import type { Column, Values } from '../record.ts';

/**
 * A digest of the names of the columns and of the mapped values as they are stored. Two records with the same digest have the
 * same values in the same columns, without those that are written once. It is 132 bits of SHA-256, as 22 characters.
 */
export function hashOf(columns: readonly Column[]): (values: Values) => string {
  const hashed = columns.filter(({ isWriteOnce }) => !isWriteOnce);
  if (hashed.length === columns.length) return hashOfAll(columns);
  const hash = hashOfAll(hashed);
  const positions = hashed.map((column) => columns.indexOf(column));
  return (values) => hash(positions.map((at) => values[at] ?? null));
}

/** What stands before a text of this length. Most lengths come again and again. */
const headOf = (length: number) => `s${length}:`;
const heads = Array.from({ length: 256 }, (_, length) => headOf(length));

function hashOfAll(columns: readonly Column[]): (values: Values) => string {
  const heading = `${JSON.stringify(columns.map(({ name }) => name))}\n`;
  return (values) => {
    let text = heading;
    for (const value of values) {
      if (typeof value === 'string') text += (heads[value.length] ?? headOf(value.length)) + value;
      else if (value === null) text += '_';
      else text += `${value};`;
    }
    return digest('sha256', text, 'base64url').slice(0, 22);
  };
}

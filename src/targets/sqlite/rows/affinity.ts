import type { ColumnKind } from '../../../record.ts';

/** What type a column gives its values, by its declared type (SQLite documentation, "Datatypes In SQLite", section 3.1). */
export type Affinity = 'integer' | 'text' | 'blob' | 'real' | 'numeric';

export function affinityOf(declared: string): Affinity {
  if (/int/i.test(declared)) return 'integer';
  if (/char|clob|text/i.test(declared)) return 'text';
  if (declared === '' || /blob/i.test(declared)) return 'blob';
  return /real|floa|doub/i.test(declared) ? 'real' : 'numeric';
}

const numbers: ReadonlySet<Affinity> = new Set(['integer', 'numeric', 'blob']);
const texts: ReadonlySet<Affinity> = new Set(['text', 'blob']);
const all: ReadonlySet<Affinity> = new Set([...numbers, ...texts, 'real']);

/** The columns that give back every value of a kind as it was written. A date never looks like a number. */
const faithful: Readonly<Record<ColumnKind, ReadonlySet<Affinity>>> = {
  text: texts,
  decimal: texts,
  json: texts,
  date: all,
  timestamp: all,
  integer: new Set([...numbers, 'text']),
  boolean: new Set([...numbers, 'text']),
  real: new Set([...numbers, 'real']),
};

/** Whether a column of this affinity gives back every value of this kind as it was written. */
export function isFaithful(kind: ColumnKind, affinity: Affinity): boolean {
  return faithful[kind].has(affinity);
}

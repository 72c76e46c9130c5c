import type { ColumnKind, Value, Values } from '../../../record.ts';
import { fromStored, UnstorableError } from '../../sql/stored-values.ts';
import type { ListedRow } from '../connection/session.ts';
import type { Shape, ShapedColumn } from '../shape/shape.ts';
import { bound, textArray } from './literals.ts';
import type { Wanted } from './wanted.ts';

/** A row of the system, or that the system holds it locked. */
export type HeldRow = 'busy' | { readonly values: Values; readonly isMarked: boolean };

/** A column of which the database says whether it holds just what it would make of our value. Then nothing differs. */
interface Compared extends ShapedColumn {
  readonly at: number;
}

/** How the rows of a shape are asked for and read. Our values are named `v0`, `v1`, … of `s` in the statement. */
export interface RowReading {
  /** What a statement selects of a row `t`. */
  readonly columns: string;
  /** The names of our values, and the lists of them. */
  readonly names: readonly string[];
  readonly given: readonly Buffer[];
  /** Reads what was selected, from a position of the listed row on. */
  readonly read: (row: ListedRow, from: number, values: Values | null) => HeldRow;
}

/** With our values, which the database compares, if all of them are known. */
export function rowReading(shape: Shape, wanted: readonly Wanted[]): RowReading {
  const compared = wanted.every(({ values }) => values !== null) ? comparedIn(shape) : [];
  const isCompared = new Set(compared.map(({ at }) => at));
  const selected = shape.mapped.map((column, at) => selectedColumn(column, at, isCompared.has(at)));
  const unclear = compared.filter((column) => !isTyped(column));
  const empty = unclear.map(({ name }) => `t.${name} IS NULL`);
  return {
    columns: [shape.mark ? `t.${shape.mark} IS NOT NULL` : 'false', ...selected, ...empty].join(', '),
    names: compared.map(({ at }) => `v${at}`),
    given: compared.map(({ at, kind }) => textArray(wanted.map(({ values }) => attempt(values?.[at] ?? null, kind)))),
    read: reader(shape, compared.filter(isTyped), unclear),
  };
}

/** A text of ours has another form than that of jsonb: to compare it there saves to parse the row's here. */
function comparedIn({ mapped }: Shape): Compared[] {
  return mapped.flatMap((column, at) =>
    column && (column.isForeign || column.type === 'jsonb') ? { ...column, at } : [],
  );
}

function attempt(value: Value, kind: ColumnKind): string | null {
  try {
    return bound(value, kind);
  } catch (error) {
    if (error instanceof UnstorableError) return null;
    throw error;
  }
}

/** Types whose equal values are equal to us as well, whatever their texts: 1.5 and 1.50. */
const equalAsTyped: Partial<Record<ColumnKind, ReadonlySet<string>>> = {
  decimal: new Set(['numeric']),
  date: new Set(['date']),
  timestamp: new Set(['timestamp with time zone', 'timestamp without time zone']),
  json: new Set(['jsonb']),
};

function isTyped({ kind, type }: ShapedColumn): boolean {
  return equalAsTyped[kind]?.has(type) === true;
}

/** What stands for our value in a column of these types: none of them writes it. */
const same = '';

/** A column that holds what it would make of our value is `same` here, or null where its type may write that. */
function selectedColumn(column: ShapedColumn | null, at: number, isCompared: boolean): string {
  if (!column) return 'NULL';
  const { name, fullType } = column;
  if (!isCompared) return `t.${name}::text`;
  const ours = `s.v${at}::${fullType}`;
  if (isTyped(column)) return `CASE WHEN t.${name} = ${ours} THEN '${same}' ELSE t.${name}::text END`;
  return `CASE WHEN t.${name}::text COLLATE "C" = (${ours})::text COLLATE "C" THEN NULL ELSE t.${name}::text END`;
}

/** `typed` are the columns that say `same`, and `unclear` those that are null both where they are empty and where they have our value. */
function reader({ table }: Shape, typed: readonly Compared[], unclear: readonly Compared[]): RowReading['read'] {
  const has = (columns: readonly Compared[], wanted: number) => columns.findIndex(({ at }) => at === wanted);
  const columns = table.mapped.map(({ kind }, at) => ({ kind, isTyped: has(typed, at) >= 0, nth: has(unclear, at) }));
  return (row, from, ours) => {
    const values: Value[] = new Array(columns.length);
    for (let at = 0; at < columns.length; at += 1) {
      const { kind, isTyped, nth } = columns[at] as (typeof columns)[number];
      const held = row[from + 1 + at] ?? null;
      const isOurs =
        held === null ? nth >= 0 && row[from + 1 + columns.length + nth] === 'f' : isTyped && held === same;
      values[at] = isOurs ? (ours?.[at] ?? null) : fromStored(held, kind);
    }
    return { values, isMarked: row[from] === 't' };
  };
}

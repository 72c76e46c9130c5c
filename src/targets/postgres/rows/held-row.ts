import type { ColumnKind, Value, Values } from '../../../record.ts';
import { fromStored, UnstorableError } from '../../sql/stored-values.ts';
import type { ListedRow } from '../connection/session.ts';
import { bound, textArray } from './literals.ts';
import type { Shape, ShapedColumn } from './shape.ts';
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
  const empty = compared.map(({ name }) => `t.${name} IS NULL`);
  return {
    columns: [shape.mark ? `t.${shape.mark} IS NOT NULL` : 'false', ...selected, ...empty].join(', '),
    names: compared.map(({ at }) => `v${at}`),
    given: compared.map(({ at, kind }) => textArray(wanted.map(({ values }) => attempt(values?.[at] ?? null, kind)))),
    read: reader(
      shape,
      compared.map(({ at }) => at),
    ),
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

/** A column that holds what it would make of our value is null here. */
function selectedColumn(column: ShapedColumn | null, at: number, isCompared: boolean): string {
  if (!column) return 'NULL';
  const { name, kind, type, fullType } = column;
  if (!isCompared) return `t.${name}::text`;
  const ours = `s.v${at}::${fullType}`;
  const isSame = equalAsTyped[kind]?.has(type)
    ? `t.${name} = ${ours}`
    : `t.${name}::text COLLATE "C" = (${ours})::text COLLATE "C"`;
  return `CASE WHEN ${isSame} THEN NULL ELSE t.${name}::text END`;
}

function reader({ table }: Shape, compared: readonly number[]): RowReading['read'] {
  const kinds = table.mapped.map(({ kind }) => kind);
  /** Where it says whether a column that is compared is empty. */
  const emptyAt = kinds.map((_kind, at) => compared.indexOf(at));
  return (row, from, ours) => {
    const values: Value[] = [];
    for (let at = 0; at < kinds.length; at += 1) {
      const held = row[from + 1 + at] ?? null;
      const nth = emptyAt[at] ?? -1;
      const isSame = held === null && nth >= 0 && row[from + 1 + kinds.length + nth] === 'f';
      values.push(isSame ? (ours?.[at] ?? null) : fromStored(held, kinds[at] ?? 'text'));
    }
    return { values, isMarked: row[from] === 't' };
  };
}

import type { Column, ColumnKind } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { quoted } from '../../sql/identifiers.ts';
import { softColumn } from '../../sql/table/dialect.ts';
import type { Place } from '../schema.ts';
import type { PostgresColumn, PostgresTable } from './system-table.ts';

/** A column of the resource as statements use it. */
export interface ShapedColumn extends Pick<PostgresColumn, 'type' | 'fullType' | 'isLoose'> {
  readonly kind: ColumnKind;
  /** Quoted. */
  readonly name: string;
  /** Its type gives values another form than ours: only the database knows whether two values are equal. */
  readonly isForeign: boolean;
  /** A text may become another one in it, which is another key: "007" becomes 7. In a uuid the letters' case means nothing. */
  readonly mayChangeText: boolean;
}

/** A resource's table as it is, in the form that statements use. */
export interface Shape {
  readonly table: ResourceTable;
  /** With its schema, quoted. */
  readonly name: string;
  readonly key: readonly ShapedColumn[];
  /** The one key column, if its text is the key's and finds one row at most by itself; null if finding a row takes more. */
  readonly plainKey: ShapedColumn | null;
  /** The position of each key column among the mapped columns. */
  readonly keyAt: readonly number[];
  /** Null where the table lacks the column. */
  readonly mapped: readonly (ShapedColumn | null)[];
  readonly mark: string | null;
  readonly canCopy: boolean;
  /** The database might keep another row than is written: by a trigger, or by the type of a column. */
  readonly mayRewrite: boolean;
  readonly isPartitioned: boolean;
  /** The column of any name. */
  readonly column: (name: string) => ShapedColumn | null;
}

/** Types whose texts have the same form as ours. */
const native: Record<ColumnKind, ReadonlySet<string>> = {
  text: new Set(['text', 'character varying']),
  integer: new Set(['bigint', 'integer', 'smallint']),
  real: new Set(['double precision']),
  decimal: new Set(),
  boolean: new Set(['boolean']),
  date: new Set(),
  timestamp: new Set(),
  json: new Set(['jsonb', 'json']),
};

const texts = ['text', 'character varying'];

/** Types whose columns give back every value of a kind as it was written. One with a length or a precision may cut or round. */
const faithful: Record<ColumnKind, ReadonlySet<string>> = {
  text: new Set(texts),
  integer: new Set(['bigint', 'integer', 'smallint', 'numeric']),
  real: new Set(['double precision']),
  decimal: new Set(['numeric', ...texts]),
  boolean: new Set(['boolean']),
  date: new Set(['date', ...texts]),
  timestamp: new Set(['timestamp with time zone', 'timestamp without time zone', ...texts]),
  json: new Set(['jsonb', 'json', ...texts]),
};

/** Null while the table lacks its key: nothing can be found in it. */
export function shapeOf(table: ResourceTable, system: PostgresTable | null, place: Place): Shape | null {
  const present = new Map(system?.columns.map((column) => [column.name, column]));
  const shaped = ({ name, kind }: Column): ShapedColumn | null => {
    const column = present.get(name);
    if (!column) return null;
    const { type, fullType, isLoose } = column;
    const mayChangeText = kind === 'text' && type !== 'uuid' && !native.text.has(type);
    return { kind, name: quoted(name), type, fullType, isLoose, isForeign: !native[kind].has(type), mayChangeText };
  };
  const keyAt = table.key.map((name) => table.mapped.findIndex((column) => column.name === name));
  const mapped = table.mapped.map(shaped);
  const key = keyAt.flatMap((at) => mapped[at] ?? []);
  if (key.length < table.key.length) return null;
  return {
    table,
    name: place.table(table.table),
    key,
    plainKey: plainKeyIn(key),
    keyAt,
    mapped,
    mark: table.onDelete === 'soft' && present.has(softColumn) ? quoted(softColumn) : null,
    canCopy: system?.hasPolicies === false,
    mayRewrite: system?.hasTriggers === true || mapped.some((column) => column && !isFaithful(column)),
    isPartitioned: system?.isPartitioned === true,
    column: (name) => shaped(table.columns.find((column) => column.name === name) ?? { name, kind: 'text' }),
  };
}

function plainKeyIn([first, ...others]: readonly ShapedColumn[]): ShapedColumn | null {
  if (!first || others.length > 0 || first.isForeign || first.isLoose) return null;
  return first.kind === 'text' || first.kind === 'integer' ? first : null;
}

function isFaithful({ kind, fullType }: ShapedColumn): boolean {
  return faithful[kind].has(fullType);
}

/**
 * Finds the row of `alias` by the texts in `s`. The index compares by the column's own equality. What it finds must also read
 * the same: two keys that a citext, a collation or a column of numbers takes for equal are two records.
 */
export function whereKey({ key }: Shape, alias: string): string {
  return key
    .map(({ name, type, isForeign, isLoose, mayChangeText }, n) => {
      const given = `s.k${n}::${type}`;
      const read = (value: string) => `(${value})::text COLLATE "C"`;
      const wanted = mayChangeText ? `s.k${n}` : read(given);
      const exactly = isForeign || isLoose ? ` AND ${read(`${alias}.${name}`)} = ${wanted}` : '';
      return `${alias}.${name} = ${given}${exactly}`;
    })
    .join(' AND ');
}

/**
 * Finds the rows of `t` by the texts in `s`, which come from `source`, by the index of their key; left to itself, the planner
 * would read the whole table in every batch. Rows with another key than a plain one are looked up one by one and fetched from
 * their places. In a partitioned table the same place exists several times, so it is not used there.
 */
export function whereAnyKey(shape: Shape, source: string): string {
  const where = whereKey(shape, 't');
  const { plainKey } = shape;
  if (plainKey) return `${where} AND t.${plainKey.name} = ANY (ARRAY (SELECT s.k0::${plainKey.type} FROM ${source}))`;
  if (shape.isPartitioned) return where;
  const place = `SELECT p.ctid FROM ${shape.name} p WHERE ${whereKey(shape, 'p')} LIMIT 1`;
  return `${where} AND t.ctid = ANY (ARRAY (SELECT f.ctid FROM ${source} CROSS JOIN LATERAL (${place}) f))`;
}

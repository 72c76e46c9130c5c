import type { Column, Prepared, Value, Values } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { quoted } from '../../sql/identifiers.ts';
import { fieldsOfKey, fromStored, type Stored, toStored, UnstorableError } from '../../sql/stored-values.ts';
import { softColumn } from '../../sql/table/dialect.ts';
import type { Connection } from '../connection/connection.ts';
import { folded } from '../names.ts';
import { isFaithful } from './affinity.ts';
import { readTable } from './system-table.ts';

/** A row of the system as it is now, in the order of the mapped columns. */
export interface FoundRow {
  readonly row: Values;
  /** It has the mark of a soft delete. */
  readonly isDeleted: boolean;
}

/**
 * Reads a resource's rows by key. A row is found only where the columns of its key read as that key: the column of integers
 * in which "007" becomes 7 has no row of "007".
 */
export interface Rows {
  ofRecord(record: Prepared): FoundRow | null;
  ofKey(key: string): FoundRow | null;
}

const noRows: Rows = { ofRecord: () => null, ofKey: () => null };

/** Columns that the table does not have yet read as null, as before the first run. */
export function rowsIn(connection: Connection, table: ResourceTable): Rows {
  const system = readTable(connection, table.table);
  const present = new Set(system?.columns.map(({ name }) => folded(name)));
  if (!table.key.every((name) => present.has(folded(name)))) return noRows;
  const shown = table.mapped.map(({ name }) => (present.has(folded(name)) ? quoted(name) : 'NULL'));
  const mark = table.onDelete === 'soft' && present.has(softColumn) ? `${quoted(softColumn)} IS NOT NULL` : '0';
  const select = connection.rowStatement(
    `SELECT ${mark}, ${shown.join(', ')} FROM ${quoted(table.table)} WHERE ${whereKey(table)}`,
  );
  const columns = keyColumns(table);
  const keyAt = keyPositions(table);

  const read = (fields: readonly Stored[], wanted: readonly Value[]): FoundRow | null => {
    const found = select.get(...fields) as unknown as readonly Stored[] | undefined;
    if (!found) return null;
    const row = table.mapped.map(({ kind }, at) => fromStored(found[at + 1], kind));
    return keyAt.every((at, n) => row[at] === wanted[n]) ? { isDeleted: found[0] === 1n, row } : null;
  };
  return {
    ofRecord: ({ values }) =>
      read(
        storedKey(table, values),
        keyAt.map((at) => values[at] ?? null),
      ),
    ofKey(key) {
      const fields = fieldsOfKey(key, columns);
      const stored = fields ? storedFields(fields, columns) : null;
      return fields && stored ? read(stored, fields) : null;
    },
  };
}

/** Whether the database might keep another row than is written: by a trigger, or by the type of a column. */
export function mayRewrite(connection: Connection, { table, mapped }: ResourceTable): boolean {
  const trigger = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE LIMIT 1";
  if (connection.statement(trigger).get(table)) return true;
  return !areFaithful(connection, table, mapped);
}

/** Whether a column of the key might give back another text than was written: a number for "007". */
export function mayChangeKeys(connection: Connection, table: ResourceTable): boolean {
  return !areFaithful(connection, table.table, keyColumns(table));
}

function areFaithful(connection: Connection, table: string, columns: readonly Column[]): boolean {
  const affinities = new Map(
    readTable(connection, table)?.columns.map(({ name, affinity }) => [folded(name), affinity]),
  );
  return columns.every(({ name, kind }) => isFaithful(kind, affinities.get(folded(name)) ?? 'text'));
}

/**
 * The index compares by the column's own collation. What it finds must also be the same text: two keys that differ by case
 * only are two records, even where the system's table takes them for equal.
 */
export function whereKey({ key }: ResourceTable): string {
  return key
    .map((name, at) => `${quoted(name)} = ?${at + 1} AND ${quoted(name)} = ?${at + 1} COLLATE BINARY`)
    .join(' AND ');
}

export function keyColumns({ key, mapped }: ResourceTable) {
  return keyPositions({ key, mapped }).flatMap((at) => mapped[at] ?? []);
}

/** Null: no column can hold these fields, so there is no such row. */
function storedFields(fields: readonly Value[], columns: readonly Column[]): Stored[] | null {
  try {
    return fields.map((field, at) => toStored(field, columns[at]?.kind ?? 'text'));
  } catch (error) {
    if (error instanceof UnstorableError) return null;
    throw error;
  }
}

/** The fields of a record's key as they are stored. A text that no column can hold finds no row; its record is refused when it is written. */
export function storedKey(table: ResourceTable, values: Values): Stored[] {
  return keyPositions(table).map((at) => {
    const value: Value = values[at] ?? null;
    return typeof value === 'string' ? value : toStored(value, table.mapped[at]?.kind ?? 'text');
  });
}

function keyPositions({ key, mapped }: Pick<ResourceTable, 'key' | 'mapped'>): number[] {
  return key.map((name) => mapped.findIndex((column) => folded(column.name) === folded(name)));
}

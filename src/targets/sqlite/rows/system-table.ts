import type { Column } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../../sql/identifiers.ts';
import {
  type Dialect,
  missingColumns,
  type SystemColumn,
  type SystemTable,
  wantedColumns,
} from '../../sql/table/dialect.ts';
import type { TableIndex } from '../../sql/table/match-warnings.ts';
import type { Connection } from '../connection/connection.ts';
import { folded } from '../names.ts';
import { type Affinity, affinityOf } from './affinity.ts';

/** How SQLite treats names and tables. It needs no type to add a column. */
export const dialect: Dialect = {
  engine: 'SQLite',
  folded,
  reserved: /^(sqlite_|_sync_)/i,
  shown: quoted,
  definition: ({ name }) => quoted(name),
};

interface SqliteColumn extends SystemColumn {
  readonly affinity: Affinity;
}

/** Null if there is no such table. */
export function readTable(connection: Connection, table: string): SystemTable<SqliteColumn> | null {
  const master = connection
    .statement("SELECT type, sql FROM sqlite_master WHERE type IN ('table', 'view') AND name = ? COLLATE NOCASE")
    .get(table);
  if (!master) return null;
  const isVirtual = /^\s*CREATE\s+VIRTUAL/i.test(String(master.sql));
  const rows = connection
    .statement('SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)')
    .all(table);
  const primary = rows.filter(({ pk }) => Number(pk) > 0);
  const isRowid = primary.length === 1 && folded(String(primary[0]?.type)) === 'integer';
  return {
    kind: master.type === 'view' ? 'view' : isVirtual ? 'virtual table' : 'table',
    columns: rows.map((row) => ({
      name: String(row.name),
      affinity: affinityOf(String(row.type)),
      isGenerated: Number(row.hidden) > 1,
      isNotNull: row.notnull === 1,
      mustBeFilled:
        row.notnull === 1 && row.dflt_value === null && Number(row.hidden) <= 1 && !(isRowid && Number(row.pk) > 0),
    })),
    uniques: [primary.map(({ name }) => String(name)), ...uniqueIndexes(connection, table)],
  };
}

function uniqueIndexes(connection: Connection, table: string): string[][] {
  const indexes = connection
    .statement('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0')
    .all(table);
  return indexes.map(({ name }) =>
    connection
      .statement('SELECT name FROM pragma_index_info(?)')
      .all(String(name))
      .map((column) => String(column.name ?? '')),
  );
}

/** The indexes over whole columns, with the primary key. */
export function readIndexes(connection: Connection, table: string): TableIndex[] {
  const columnsOf = (sql: string, of: string) =>
    connection
      .statement(sql)
      .all(of)
      .map(({ name }) => String(name ?? ''));
  const indexes = connection.statement('SELECT name, "unique" FROM pragma_index_list(?) WHERE partial = 0').all(table);
  return [
    { columns: columnsOf('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk', table), isUnique: true },
    ...indexes.map(({ name, unique }) => ({
      columns: columnsOf('SELECT name FROM pragma_index_info(?) ORDER BY seqno', String(name)),
      isUnique: unique === 1,
    })),
  ];
}

/**
 * Makes the table, or adds the columns that it lacks. Returns whether the table is new. Called inside a transaction, after
 * `problemsOf` found none.
 */
export function shapeTable(connection: Connection, table: ResourceTable): boolean {
  const system = readTable(connection, table.table);
  if (!system) {
    connection.exec(createStatement(table));
    return true;
  }
  for (const column of missingColumns(table, system, dialect)) {
    connection.exec(`ALTER TABLE ${quoted(table.table)} ADD COLUMN ${quoted(column.name)} ${types[column.kind]}`);
  }
  return false;
}

const types: Record<Column['kind'], string> = {
  text: 'TEXT',
  integer: 'INTEGER',
  real: 'REAL',
  // Text keeps every digit; NUMERIC would turn it into a double.
  decimal: 'TEXT',
  boolean: 'INTEGER',
  date: 'TEXT',
  timestamp: 'TEXT',
  json: 'TEXT',
};

function createStatement(table: ResourceTable): string {
  const isKey = (name: string): boolean => table.key.some((key) => folded(key) === folded(name));
  const columns = wantedColumns(table, folded).map(
    ({ name, kind }) => `${quoted(name)} ${types[kind]}${isKey(name) ? ' NOT NULL' : ''}`,
  );
  return `CREATE TABLE ${quoted(table.table)} (${columns.join(', ')}, PRIMARY KEY (${list(table.key)}))`;
}

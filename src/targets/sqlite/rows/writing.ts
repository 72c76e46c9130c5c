import type { Created, Updated } from '../../../change.ts';
import type { Column, Prepared } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../../sql/identifiers.ts';
import { changedKey, fieldsOfKey, type Stored, toStored, UnstorableError } from '../../sql/stored-values.ts';
import { softColumn } from '../../sql/table/dialect.ts';
import type { Connection } from '../connection/connection.ts';
import { refusalOf } from '../connection/errors.ts';
import { keyColumns, mayChangeKeys, rowsIn, storedKey, whereKey } from './rows.ts';

/**
 * Writes each row with a statement of its own: one that a constraint refuses leaves nothing behind, and the others are still
 * written. OR ABORT overrules a conflict clause of the system's table that would drop the row silently or end the transaction.
 */
export interface RowWriter {
  /** Returns why the database refuses the row; undefined if the row is written. */
  write(record: Prepared, change: Created | Updated, exists: boolean): string | undefined;
  /** Does what `onDelete` says with the row of this key. Returns why the database refuses that; undefined if it is done. */
  remove(key: string, at: Date): string | undefined;
}

export function rowWriter(connection: Connection, table: ResourceTable): RowWriter {
  const name = quoted(table.table);
  const allStored = ({ values }: Prepared): Stored[] =>
    table.mapped.map(({ kind }, at) => toStored(values[at] ?? null, kind));
  const insertSql = `INSERT OR ABORT INTO ${name} (${list(table.mapped.map((column) => column.name))}) VALUES (${table.mapped.map(() => '?').join(', ')})`;
  const insertOnly = connection.statement(insertSql);
  const insertKept = mayChangeKeys(connection, table) ? keptInsert(connection, table) : undefined;
  const insert = (record: Prepared): number | bigint => {
    const write = () => insertOnly.run(...allStored(record)).changes;
    return insertKept ? insertKept(record, write) : write();
  };
  const unmarked = table.onDelete === 'soft' ? [`${quoted(softColumn)} = NULL`] : [];
  const every = table.mapped.map((_column, at) => at);

  const update = (record: Prepared, positions: readonly number[], extra: readonly string[]): number | bigint => {
    const key = storedKey(table, record.values);
    const sets = positions.map((at, n) => `${quoted(table.mapped[at]?.name ?? '')} = ?${key.length + n + 1}`);
    const sql = `UPDATE OR ABORT ${name} SET ${[...sets, ...extra].join(', ')} WHERE ${whereKey(table)}`;
    const stored = positions.map((at) => toStored(record.values[at] ?? null, table.mapped[at]?.kind ?? 'text'));
    return connection.statement(sql).run(...key, ...stored).changes;
  };

  return {
    write: (record, change, exists) =>
      refusal(() => {
        if (change.type === 'updated') return update(record, change.changed, []);
        return exists ? update(record, every, unmarked) : insert(record);
      }),
    remove: (key, at) => refusal(() => removeRow(connection, table, key, at), { mayBeNone: true }),
  };
}

/** Inserts a row, and takes it back where its key is another one once the column has it. Throws `UnstorableError` then. */
function keptInsert(connection: Connection, table: ResourceTable) {
  const rows = rowsIn(connection, table);
  return (record: Prepared, insert: () => number | bigint): number | bigint => {
    connection.exec('SAVEPOINT sync_row');
    try {
      const written = insert();
      if (Number(written) > 0 && rows.ofRecord(record) === null) throw new UnstorableError(changedKey);
      connection.exec('RELEASE sync_row');
      return written;
    } catch (error) {
      connection.exec('ROLLBACK TO sync_row; RELEASE sync_row');
      throw error;
    }
  };
}

function removeRow(connection: Connection, table: ResourceTable, key: string, at: Date): number | bigint {
  const columns = keyColumns(table);
  const fields = (fieldsOfKey(key, columns) ?? []).map((field, n) => toStored(field, columns[n]?.kind ?? 'text'));
  const sql = removalSql(table, fields.length);
  if (sql === null || fields.length === 0) return 0;
  return connection.statement(sql.text).run(...fields, ...sql.values(at)).changes;
}

function removalSql(
  table: ResourceTable,
  after: number,
): { readonly text: string; readonly values: (at: Date) => Stored[] } | null {
  const { onDelete } = table;
  const name = quoted(table.table);
  const where = whereKey(table);
  if (onDelete === 'keep') return null;
  if (onDelete === 'hard') return { text: `DELETE FROM ${name} WHERE ${where}`, values: () => [] };
  if (onDelete === 'soft') {
    const mark = quoted(softColumn);
    return {
      text: `UPDATE OR ABORT ${name} SET ${mark} = ?${after + 1} WHERE ${where} AND ${mark} IS NULL`,
      values: (at) => [at.toISOString()],
    };
  }
  const names = Object.keys(onDelete.set);
  if (names.length === 0) return null;
  const sets = names.map((column, n) => `${quoted(column)} = ?${after + n + 1}`);
  const values = () => names.map((column) => toStored(onDelete.set[column] ?? null, kindOf(table.columns, column)));
  return { text: `UPDATE OR ABORT ${name} SET ${sets.join(', ')} WHERE ${where}`, values };
}

function kindOf(columns: readonly Column[], name: string): Column['kind'] {
  return columns.find((column) => column.name === name)?.kind ?? 'text';
}

function refusal(write: () => number | bigint, { mayBeNone = false } = {}): string | undefined {
  try {
    const rows = write();
    return Number(rows) > 0 || mayBeNone
      ? undefined
      : 'the database refuses it: a trigger of the system left the row out';
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    return reason;
  }
}

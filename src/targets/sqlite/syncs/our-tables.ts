import { quoted } from '../../sql/identifiers.ts';
import type { Connection } from '../connection/connection.ts';

/** Tables of ours whose rows name their sync, of whatever version they are. */
export function tablesWithName(connection: Connection): string[] {
  return connection
    .statement(
      `SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c ON c.name = 'name'
       WHERE m.type = 'table' AND m.name LIKE '\\_sync\\_%' ESCAPE '\\' ORDER BY m.name`,
    )
    .all()
    .map(({ name }) => String(name));
}

/** Those of these tables that are there. */
export function existing(connection: Connection, tables: readonly string[]): readonly string[] {
  const sql = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?";
  return tables.filter((table) => connection.statement(sql).get(table) !== undefined);
}

/** Removes what a sync has in a table. */
export function removeFrom(connection: Connection, table: string, name: string): void {
  connection.statement(`DELETE FROM ${quoted(table)} WHERE name = ?`).run(name);
}

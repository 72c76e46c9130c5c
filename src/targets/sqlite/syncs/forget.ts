import { forgottenName, largeTables, resourceTables, rowsPerStep, smallTables } from '../../sql/forgetting.ts';
import { dropUnusedChains } from '../../sql/tokens/chain-rows.ts';
import { bookOf, change } from '../book.ts';
import type { Connection } from '../connection/connection.ts';
import { readFence } from '../fence/fence.ts';
import { existing, removeFrom, tablesWithName } from './our-tables.ts';

/** Gives the tables of the system up, and all else that is small. What is known of their records is removed afterwards. */
export function giveUp(connection: Connection, name: string, resources: readonly string[] | null): void {
  const given = connection
    .statement('SELECT id, resource FROM _sync_tables WHERE name = ?')
    .all(name)
    .map(({ id, resource }) => ({ id: Number(id), resource: String(resource) }))
    .filter(({ resource }) => resources === null || resources.includes(resource));
  for (const { id, resource } of given) {
    connection
      .statement('UPDATE _sync_tables SET name = ?, resource = ?, table_name = ? WHERE id = ?')
      .run(forgottenName(name), `${resource} ${id}`, `~${id}`, id);
    for (const table of existing(connection, resourceTables))
      connection.statement(`DELETE FROM ${table} WHERE name = ? AND resource = ?`).run(name, resource);
  }
  if (resources !== null) return;
  for (const table of smallTables(tablesWithName(connection))) removeFrom(connection, table, name);
  if (existing(connection, ['_sync_tokens']).length > 0) change(connection, [dropUnusedChains(bookOf(name))]);
}

/** Removes some of what a forgotten sync, or resource, has left. False: nothing is left. */
export function removeSome(connection: Connection, name: string): boolean {
  const given = connection.statement('SELECT id FROM _sync_tables WHERE name = ? LIMIT 1').get(forgottenName(name));
  if (given) {
    removeRecords(connection, Number(given.id));
    return true;
  }
  if (readFence(connection, name) !== null) return false;
  return existing(connection, largeTables).some((table) => {
    const some = `SELECT rowid FROM ${table} WHERE name = ? LIMIT ${rowsPerStep}`;
    return connection.statement(`DELETE FROM ${table} WHERE rowid IN (${some})`).run(name).changes > 0;
  });
}

/** Whether a forgotten sync has left something. */
export function isLeft(connection: Connection, name: string): boolean {
  const isThere = (table: string, value: string) =>
    connection.statement(`SELECT 1 FROM ${table} WHERE name = ? LIMIT 1`).get(value) !== undefined;
  const large = existing(connection, largeTables);
  return isThere('_sync_tables', forgottenName(name)) || large.some((table) => isThere(table, name));
}

const primaryKeys = {
  _sync_records: 'of_table, id',
  _sync_aliases: 'of_table, adapter, native',
  _sync_deferred: 'of_table, id',
} as const;

/** Removes some records of a forgotten resource, and at last its number. */
function removeRecords(connection: Connection, of: number): void {
  for (const [table, key] of Object.entries(primaryKeys)) {
    if (existing(connection, [table]).length === 0) continue;
    const some = `SELECT ${key} FROM ${table} WHERE of_table = ? LIMIT ${rowsPerStep}`;
    const { changes } = connection.statement(`DELETE FROM ${table} WHERE (${key}) IN (${some})`).run(of);
    if (changes > 0) return;
  }
  connection.statement('DELETE FROM _sync_tables WHERE id = ?').run(of);
}

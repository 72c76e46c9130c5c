import type { ResourceTable, TableState } from '../../../table.ts';
import { textOrNull } from '../../sql/our-rows.ts';
import { type FoundTable, tableState } from '../../sql/table/table-state.ts';
import type { Connection } from '../connection/connection.ts';
import { hasSchema } from '../schema.ts';
import { dialect, readIndexes, readTable } from './system-table.ts';

/** How the table differs from the resource, and whose it is. */
export function inspectTable(connection: Connection, name: string, table: ResourceTable): TableState {
  const system = readTable(connection, table.table);
  const indexes = table.match && system ? readIndexes(connection, table.table) : [];
  const before = tableBefore(connection, name, table);
  return tableState(table, { system, owner: ownerOf(connection, table), before, indexes }, name, dialect);
}

function ownerOf(connection: Connection, { table }: ResourceTable): FoundTable['owner'] {
  if (!hasSchema(connection)) return null;
  const owner = connection.statement('SELECT name, resource FROM _sync_tables WHERE table_name = ?').get(table);
  return owner ? { name: String(owner.name), resource: String(owner.resource) } : null;
}

function tableBefore(connection: Connection, name: string, { resource }: ResourceTable): string | null {
  if (!hasSchema(connection)) return null;
  const select = 'SELECT table_name FROM _sync_tables WHERE name = ? AND resource = ?';
  return textOrNull(connection.statement(select).get(name, resource)?.table_name);
}

import type { ResourceTable, TableState } from '../../../table.ts';
import { type FoundTable, tableState } from '../../sql/table/table-state.ts';
import type { Connection } from '../connection/connection.ts';
import { hasSchema } from '../schema.ts';
import { dialect, readIndexes, readTable } from './system-table.ts';

/** How the table differs from the resource, and whose it is. */
export function inspectTable(connection: Connection, name: string, table: ResourceTable): TableState {
  const system = readTable(connection, table.table);
  const indexes = table.match && system ? readIndexes(connection, table.table) : [];
  return tableState(table, { system, owner: ownerOf(connection, table), indexes }, name, dialect);
}

function ownerOf(connection: Connection, { table }: ResourceTable): FoundTable['owner'] {
  if (!hasSchema(connection)) return null;
  const owner = connection.statement('SELECT name, resource FROM _sync_tables WHERE table_name = ?').get(table);
  return owner ? { name: String(owner.name), resource: String(owner.resource) } : null;
}

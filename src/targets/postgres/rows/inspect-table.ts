import type { ResourceTable, TableState } from '../../../table.ts';
import { type FoundTable, tableState } from '../../sql/table/table-state.ts';
import type { Session } from '../connection/session.ts';
import { hasSchema, type Place } from '../schema.ts';
import { dialectOf, readIndexes, readTable } from './system-table.ts';

/** How the table differs from the resource, and whose it is. */
export async function inspectTable(
  session: Session,
  place: Place,
  name: string,
  table: ResourceTable,
): Promise<TableState> {
  const system = await readTable(session, place, table.table);
  const owner = await ownerOf(session, place, table);
  const indexes = table.match && system ? await readIndexes(session, place, table.table) : [];
  return tableState(table, { system, owner, indexes }, name, dialectOf(place));
}

async function ownerOf(session: Session, place: Place, { table }: ResourceTable): Promise<FoundTable['owner']> {
  if (!(await hasSchema(session, place))) return null;
  const { rows } = await session.query(
    `SELECT name, resource FROM ${place.table('_sync_tables')} WHERE table_name = $1`,
    [table],
  );
  const [owner] = rows;
  return owner ? { name: String(owner.name), resource: String(owner.resource) } : null;
}

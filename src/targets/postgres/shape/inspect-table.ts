import type { ResourceTable, TableState } from '../../../table.ts';
import { textOrNull } from '../../sql/our-rows.ts';
import { type FoundTable, tableState } from '../../sql/table/table-state.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { dialectOf, readIndexes, readTable } from './system-table.ts';

/** How the table differs from the resource, and whose it is. `hasOurs`: our own tables are there. */
export async function inspectTable(
  session: Session,
  place: Place,
  name: string,
  table: ResourceTable,
  hasOurs: boolean,
): Promise<TableState> {
  const [system, registered] = await Promise.all([
    readTable(session, place, table.table),
    hasOurs ? registeredTables(session, place, name, table) : nothing,
  ]);
  const indexes = table.match && system ? await readIndexes(session, place, table.table) : [];
  return tableState(table, { system, ...registered, indexes }, name, dialectOf(place));
}

type Registered = Pick<FoundTable, 'owner' | 'before'>;

const nothing: Registered = { owner: null, before: null };

async function registeredTables(
  session: Session,
  place: Place,
  sync: string,
  { resource, table }: ResourceTable,
): Promise<Registered> {
  const { rows } = await session.query(
    `SELECT name, resource, table_name FROM ${place.table('_sync_tables')}
     WHERE table_name = $1 OR (name = $2 AND resource = $3)`,
    [table, sync, resource],
  );
  const owner = rows.find(({ table_name }) => table_name === table);
  const ours = rows.find((row) => row.name === sync && row.resource === resource);
  return {
    owner: owner ? { name: String(owner.name), resource: String(owner.resource) } : null,
    before: textOrNull(ours?.table_name),
  };
}

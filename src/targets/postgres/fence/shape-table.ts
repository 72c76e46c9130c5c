import type { ResourceTable } from '../../../table.ts';
import { missingColumns } from '../../sql/table/dialect.ts';
import type { Place, Transact } from '../schema.ts';
import { addStatement, createStatement, dialectOf, readTable } from '../shape/system-table.ts';
import { withTableLock } from './table-lock.ts';
import { beginForgetting } from './tables.ts';

/**
 * Makes the table, or adds the columns that it lacks, in a transaction of its own. A table that is made is empty: what is
 * known of its rows is to be forgotten. Throws `UnreachableError` where the table is never free.
 */
export async function shapeTable(transact: Transact, place: Place, name: string, table: ResourceTable): Promise<void> {
  const inUse = `the table "${table.table}" of the target ${place.label} lacks columns, and is in use all the time`;
  const hint = 'Add them by hand (`cronsync check` names them), or end the long transaction that holds the table.';
  await withTableLock(
    transact,
    async (session) => {
      const system = await readTable(session, place, table.table);
      const missing = missingColumns(table, system, dialectOf(place));
      if (!system) {
        await session.query(createStatement(table, place));
        await beginForgetting(session, place, name, table.resource);
      } else if (missing.length > 0) await session.query(addStatement(table, missing, place));
    },
    inUse,
    hint,
  );
}

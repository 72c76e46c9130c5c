import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError } from '../../../errors.ts';
import type { ResourceTable } from '../../../table.ts';
import { missingColumns } from '../../sql/table/dialect.ts';
import { isLockTimeout, isMadeAlready } from '../connection/errors.ts';
import { addStatement, createStatement, dialectOf, readTable } from '../rows/system-table.ts';
import type { Place, Transact } from '../schema.ts';
import { beginForgetting } from './tables.ts';

/** While we wait for a table lock, everybody else waits behind us. So one wait is short, and there are many of them. */
const tableLockMs = 100;
const tableLockTries = 40;
const betweenTriesMs = 200;

/**
 * Makes the table, or adds the columns that it lacks, in a transaction of its own. A table that is made is empty: what is
 * known of its rows is to be forgotten. Throws `UnreachableError` where the table is never free.
 */
export async function shapeTable(transact: Transact, place: Place, name: string, table: ResourceTable): Promise<void> {
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(async (session) => {
        await session.query(`SET LOCAL lock_timeout = ${tableLockMs}`);
        const system = await readTable(session, place, table.table);
        const missing = missingColumns(table, system, dialectOf(place));
        if (!system) {
          await session.query(createStatement(table, place));
          await beginForgetting(session, place, name, table.resource);
        } else if (missing.length > 0) await session.query(addStatement(table, missing, place));
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      if (!isLockTimeout(cause) && !isMadeAlready(cause)) throw error;
      if (nth === tableLockTries) throw inUseError(place, table, error);
    }
    await pause(betweenTriesMs * (0.5 + Math.random()));
  }
}

function inUseError({ label }: Place, { table }: ResourceTable, cause: unknown): UnreachableError {
  return new UnreachableError(
    `the table "${table}" of the target ${label} lacks columns, and is in use all the time; nothing was written`,
    {
      hint: 'Add them by hand (`cronsync check` names them), or end the long transaction that holds the table.',
      cause,
    },
  );
}

import type { ResourceTable } from '../../../table.ts';
import { fencedError } from '../../sql/run-errors.ts';
import type { Session } from '../connection/session.ts';
import type { Place, Transact } from '../schema.ts';
import { type MarkedFence, readFence } from './fence.ts';

/** How many records one statement forgets: it takes some tenths of a second. */
const recordsPerStep = 5000;

/** A resource whose table was another one until now. */
export interface Moved {
  /** The number of the resource. */
  readonly of: number;
  readonly table: string;
}

/** Registers new resources, and returns those that have another table than before. */
export async function registerTables(
  session: Session,
  place: Place,
  name: string,
  tables: readonly ResourceTable[],
): Promise<readonly Moved[]> {
  const moved: Moved[] = [];
  for (const each of tables) moved.push(...(await registerTable(session, place, name, each)));
  return moved;
}

async function registerTable(
  session: Session,
  { table: ours }: Place,
  name: string,
  { resource, table }: ResourceTable,
): Promise<readonly Moved[]> {
  const { rows } = await session.query(
    `SELECT id, table_name FROM ${ours('_sync_tables')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  const [row] = rows;
  if (row) return row.table_name === table ? [] : [{ of: Number(row.id), table }];
  await session.query(`INSERT INTO ${ours('_sync_tables')} (name, resource, table_name) VALUES ($1, $2, $3)`, [
    name,
    resource,
    table,
  ]);
  return [];
}

/**
 * If a resource was in another table before, our hashes prove nothing about this one: every record is compared with its row
 * again. The hashes are forgotten in steps, since one statement for millions would take longer than a statement may. The
 * table's name is stored last, so that the next run starts again if this one is killed on the way.
 */
export async function moveTable(
  transact: Transact,
  place: Place,
  name: string,
  fence: MarkedFence,
  { of, table }: Moved,
): Promise<void> {
  let after: number | null = 0;
  while (after !== null) {
    const from: number = after;
    after = await transact(async (session) => {
      await checkFence(session, place, name, fence);
      return forgetSome(session, place, of, from);
    });
  }
  await transact(async (session) => {
    await checkFence(session, place, name, fence);
    await session.query(`UPDATE ${place.table('_sync_tables')} SET table_name = $2 WHERE id = $1`, [of, table]);
  });
}

async function checkFence(session: Session, place: Place, name: string, { fence }: MarkedFence): Promise<void> {
  if ((await readFence(session, place, name, 'FOR UPDATE'))?.fence !== fence) throw fencedError(place.label);
}

/** Forgets the hashes of some records, in the order of their ids. Returns the last of these ids, or null if there were none. */
async function forgetSome(session: Session, { table }: Place, of: number, after: number): Promise<number | null> {
  const { rows } = await session.query(
    `WITH step AS (SELECT id FROM ${table('_sync_records')} WHERE (of_table, id) > ($1, $2) AND of_table = $1
         ORDER BY of_table, id LIMIT ${recordsPerStep}),
       forgotten AS (UPDATE ${table('_sync_records')} SET hash = '' WHERE of_table = $1 AND hash <> ''
         AND id = ANY (ARRAY (SELECT id FROM step)))
     SELECT max(id) AS last FROM step`,
    [of, after],
  );
  const last = rows[0]?.last ?? null;
  return last === null ? null : Number(last);
}

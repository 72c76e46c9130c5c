import type { ResourceTable } from '../../../table.ts';
import { fencedError } from '../../sql/run-errors.ts';
import type { Session } from '../connection/session.ts';
import { endPass } from '../drift.ts';
import type { Place, Transact } from '../schema.ts';
import { type MarkedFence, readFence } from './fence.ts';

/** How many records one statement forgets: it takes some tenths of a second. */
const recordsPerStep = 5000;

/** What is known of a resource of the sync. */
export interface Registered {
  readonly id: number;
  readonly resource: string;
  readonly table: string;
  /** The number that its next record gets. */
  readonly next: number;
  /** Its hashes are to be forgotten, perhaps since a run that was killed over it. */
  readonly isForgetting: boolean;
}

/**
 * Registers resources that are new. What is known of those that had another table before is to be forgotten. Returns all of the
 * sync's resources, also those that the config has no more.
 */
export async function registerTables(
  session: Session,
  place: Place,
  name: string,
  tables: readonly ResourceTable[],
): Promise<readonly Registered[]> {
  const known = await readRegistered(session, place, name);
  const isKnown = (one: ResourceTable) =>
    known.some(({ resource, table }) => one.resource === resource && one.table === table);
  const others = tables.filter((table) => !isKnown(table));
  for (const each of others) await registerTable(session, place, name, each);
  return others.length === 0 ? known : readRegistered(session, place, name);
}

export async function readRegistered(session: Session, { table }: Place, name: string): Promise<readonly Registered[]> {
  const { rows } = await session.query(
    `SELECT id, resource, table_name, next_record, is_forgetting FROM ${table('_sync_tables')} WHERE name = $1 ORDER BY id`,
    [name],
  );
  return rows.map((row) => ({
    id: Number(row.id),
    resource: String(row.resource),
    table: String(row.table_name),
    next: Number(row.next_record),
    isForgetting: row.is_forgetting === 't',
  }));
}

async function registerTable(session: Session, place: Place, name: string, { resource, table }: ResourceTable) {
  const ours = place.table('_sync_tables');
  const { count } = await session.query(
    `INSERT INTO ${ours} (name, resource, table_name) VALUES ($1, $2, $3) ON CONFLICT (name, resource) DO NOTHING`,
    [name, resource, table],
  );
  if (count > 0) return;
  const { count: moved } = await session.query(
    `UPDATE ${ours} SET table_name = $3 WHERE name = $1 AND resource = $2 AND table_name <> $3`,
    [name, resource, table],
  );
  if (moved > 0) await beginForgetting(session, place, name, resource);
}

/**
 * Our hashes are not about the rows of this table: the next pass brings everything and compares each record with its row. One
 * statement for millions of hashes would take longer than a statement may, so `forgetRows` does it in steps. A resource that has
 * never had a record has nothing to forget.
 */
export async function beginForgetting(session: Session, place: Place, name: string, resource: string): Promise<void> {
  await session.query(
    `UPDATE ${place.table('_sync_tables')} SET is_forgetting = true WHERE name = $1 AND resource = $2 AND next_record > 1`,
    [name, resource],
  );
  await endPass(session, place, name, resource);
}

/** Forgets the hashes of a resource. That it is done is stored last, so that the next run starts again if this one is killed. */
export async function forgetRows(
  transact: Transact,
  place: Place,
  name: string,
  fence: MarkedFence,
  of: number,
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
    await session.query(`UPDATE ${place.table('_sync_tables')} SET is_forgetting = NULL WHERE id = $1`, [of]);
  });
}

/** Throws `FencedError` where a newer run has taken over. */
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

import type { KnownSync, OwnedTable, Syncs } from '../../../syncs.ts';
import { clearedTables, existsError } from '../../sql/forgetting.ts';
import { addressOf } from '../connection/address.ts';
import { createConnection } from '../connection/connection.ts';
import { type PostgresTimings, patienceOf } from '../connection/patience.ts';
import type { Session } from '../connection/session.ts';
import { readFence } from '../fence/fence.ts';
import { withTableLock } from '../fence/table-lock.ts';
import type { PostgresOptions } from '../reader.ts';
import { hasSchema, type Place, placeIn, type Transact } from '../schema.ts';
import { readGroups } from '../state/ledger.ts';
import { giveUp, isLeft, removeSome } from './forget.ts';
import { removeFrom, tablesWithName } from './our-tables.ts';

export interface PostgresSyncsOptions extends Omit<PostgresOptions, 'name'> {
  readonly timings: PostgresTimings;
}

/** Opens the syncs of a schema of a Postgres database. */
export function openPostgresSyncs(options: PostgresSyncsOptions): Syncs {
  const address = addressOf(options);
  const connection = createConnection(address, 'cronsync', patienceOf(options.timings), 'write');
  const place = placeIn(options.schema, address.label);
  const transact: Transact = (work) => connection.transaction(work);
  const whereThere = <T>(work: (session: Session) => Promise<T>, empty: T): Promise<T> =>
    transact(async (session) => ((await hasSchema(session, place)) ? work(session) : empty));
  return {
    known: (name) => whereThere((session) => knownSync(session, place, name), null),
    names: () => whereThere((session) => namesOf(session, place), []),
    rename: (from, to) => whereThere((session) => rename(session, place, from, to), false),
    async forget(name, resources) {
      await whereThere((session) => giveUp(session, place, name, resources), undefined);
      while (await whereThere((session) => removeSome(session, place, name), false));
    },
    async dropTables(tables) {
      for (const table of tables) {
        const drop = async (session: Session) => {
          await session.query(`DROP TABLE IF EXISTS ${place.table(table)}`);
        };
        await withTableLock(transact, drop, `the table "${table}" of the target ${place.label} is in use all the time`);
      }
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

async function knownSync(session: Session, place: Place, name: string): Promise<KnownSync | null> {
  const hasRun = (await readFence(session, place, name)) !== null;
  if (!hasRun && !(await isLeft(session, place, name))) return null;
  const { rows } = await session.query(
    `SELECT (SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM ${place.table('_sync_outbox')} WHERE name = $1) AS events,
       (SELECT count(*) FROM ${place.table('_sync_dead')} WHERE name = $1) AS dead_letters`,
    [name],
  );
  return {
    hasRun,
    tables: await tablesOf(session, place, name),
    events: Number(rows[0]?.events),
    deadLetters: Number(rows[0]?.dead_letters),
    groups: (await readGroups(session, place, name)).map(({ group }) => group),
  };
}

async function tablesOf(session: Session, { table }: Place, name: string): Promise<OwnedTable[]> {
  const { rows } = await session.query(
    `SELECT resource, table_name, live FROM ${table('_sync_tables')} WHERE name = $1 ORDER BY resource`,
    [name],
  );
  return rows.map((row) => ({ resource: String(row.resource), table: String(row.table_name), live: Number(row.live) }));
}

async function namesOf(session: Session, { table }: Place): Promise<readonly string[]> {
  const { rows } = await session.query(`SELECT name FROM ${table('_sync_lease')} ORDER BY name`);
  return rows.map(({ name }) => String(name));
}

async function rename(session: Session, place: Place, from: string, to: string): Promise<boolean> {
  if ((await readFence(session, place, from, 'FOR UPDATE')) === null) return false;
  if ((await readFence(session, place, to)) !== null) throw existsError(place.label, to);
  const tables = await tablesWithName(session, place);
  // A daemon may have been started under the new name already, or a sync of this name was forgotten half-way.
  for (const each of clearedTables(tables)) await removeFrom(session, place, each, to);
  for (const each of tables)
    await session.query(`UPDATE ${place.table(each)} SET name = $2 WHERE name = $1`, [from, to]);
  return true;
}

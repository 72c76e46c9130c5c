import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError, UnreachableError } from '../../errors.ts';
import type { ResourceTable, RunIdentity, TableState } from '../../target.ts';
import { matchWarnings } from '../sql/match.ts';
import { problemsOf } from '../sql/problems.ts';
import { missingColumns } from '../sql/system-table.ts';
import { isLockTimeout, isMadeAlready } from './connection/errors.ts';
import type { Session } from './connection/session.ts';
import { type Lease, readLease } from './fence.ts';
import { ensureAliases } from './rows/aliases.ts';
import { addStatement, createStatement, dialectOf, readIndexes, readTable } from './rows/system-table.ts';
import { ensureSchema, hasSchema, type Place, type Transact } from './schema.ts';
import { type Moved, moveTable, takeTables } from './tables.ts';

/** Whoever waits for a table lock makes everybody else wait behind it: so never for long, and rather again. */
const tableLockMs = 100;
const tableLockTries = 40;
const betweenTriesMs = 200;

/** How often a claim waits for the lease row in full: longer than the server bears an idle transaction of a stopped run. */
const leaseTries = 3;

/** How the table differs from the resource, and whose it is. */
export async function inspectTable(
  session: Session,
  place: Place,
  name: string,
  table: ResourceTable,
): Promise<TableState> {
  const dialect = dialectOf(place);
  const system = await readTable(session, place, table.table);
  return {
    exists: system !== null,
    missingColumns: missingColumns(table, system, dialect).map((column) => column.name),
    problems: [...(await ownerProblems(session, place, name, table)), ...problemsOf(table, system, dialect)],
    warnings:
      table.match && system ? matchWarnings(table, await readIndexes(session, place, table.table), dialect.folded) : [],
  };
}

async function ownerProblems(
  session: Session,
  place: Place,
  name: string,
  { resource, table }: ResourceTable,
): Promise<string[]> {
  if (!(await hasSchema(session, place))) return [];
  const { rows } = await session.query(
    `SELECT name, resource FROM ${place.table('_sync_tables')} WHERE table_name = $1`,
    [table],
  );
  const [owner] = rows;
  if (!owner || (owner.name === name && owner.resource === resource)) return [];
  if (owner.name === name) return [`the table "${table}" belongs to the resource "${owner.resource}" of this sync`];
  return [`the table "${table}" belongs to the sync "${owner.name}"`];
}

/**
 * Makes what is missing, takes the tables, and adds one to the fence. Tables are made and widened first, each in a short
 * transaction of its own; where nothing is missing, no lock is taken but those of rows.
 */
export async function takeOver(
  transact: Transact,
  place: Place,
  name: string,
  run: RunIdentity,
  { tables, generationFloor, lastTx }: ClaimOptions,
): Promise<Lease> {
  await ensureSchema(transact, place);
  if (tables.some(({ match }) => match)) await ensureAliases(transact, place);
  const states = await transact((session) => inspectAll(session, place, name, tables));
  const problems = states.flatMap((state) => state.problems);
  if (problems.length > 0) {
    throw new ConfigError(`the target ${place.label} does not fit: ${problems.join('; ')}; nothing was written`, {
      hint: 'Change the config or the table; `cronsync check` shows what is missing.',
    });
  }
  for (const [n, table] of tables.entries()) {
    if (states[n]?.exists && states[n].missingColumns.length === 0) continue;
    await shapeTable(transact, place, table);
  }
  const { lease, moved } = await bumpFence(transact, place, name, run, { tables, generationFloor, lastTx });
  for (const each of moved) await moveTable(transact, place, name, lease, each);
  return lease;
}

export interface ClaimOptions {
  readonly tables: readonly ResourceTable[];
  readonly generationFloor: number;
  readonly lastTx: string;
}

async function inspectAll(session: Session, place: Place, name: string, tables: readonly ResourceTable[]) {
  const states: TableState[] = [];
  for (const table of tables) states.push(await inspectTable(session, place, name, table));
  return states;
}

async function shapeTable(transact: Transact, place: Place, table: ResourceTable): Promise<void> {
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(async (session) => {
        await session.query(`SET LOCAL lock_timeout = ${tableLockMs}`);
        const system = await readTable(session, place, table.table);
        const missing = missingColumns(table, system, dialectOf(place));
        if (!system) await session.query(createStatement(table, place));
        else if (missing.length > 0) await session.query(addStatement(table, missing, place));
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

interface Claimed {
  readonly lease: Lease;
  readonly moved: readonly Moved[];
}

async function bumpFence(
  transact: Transact,
  place: Place,
  name: string,
  { run, holder }: RunIdentity,
  { tables, generationFloor, lastTx }: ClaimOptions,
): Promise<Claimed> {
  const bump = async (session: Session): Promise<Claimed> => {
    await session.query(
      `INSERT INTO ${place.table('_sync_lease')} AS l (name, fence, generation, next_seq, last_tx, run, holder, claimed_at)
       VALUES ($1, 1, greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2::bigint), 1, $3, $4, $5, clock_timestamp())
       ON CONFLICT (name) DO UPDATE SET fence = l.fence + 1, last_tx = excluded.last_tx, run = excluded.run,
         holder = excluded.holder, claimed_at = excluded.claimed_at`,
      [name, generationFloor, lastTx, run, holder],
    );
    const moved = await takeTables(session, place, name, tables);
    const lease = await readLease(session, place, name);
    if (lease) return { lease, moved };
    throw new ConfigError(`the target ${place.label} did not keep its lease; nothing was written`);
  };
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(bump);
    } catch (error) {
      if (!(error instanceof UnreachableError) || !isLockTimeout(error.cause) || nth === leaseTries) throw error;
    }
  }
}

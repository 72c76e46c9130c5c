import { UnreachableError } from '../../../errors.ts';
import type { ResourceTable, TableState } from '../../../table.ts';
import type { RunIdentity } from '../../../target.ts';
import { lostFenceError, unfitError } from '../../sql/run-errors.ts';
import { isLockTimeout } from '../connection/errors.ts';
import type { Session } from '../connection/session.ts';
import { ensureAliases } from '../rows/aliases.ts';
import { inspectTable } from '../rows/inspect-table.ts';
import { ensureSchema, migrate, type Place, type Transact } from '../schema.ts';
import { type MarkedFence, readFence } from './fence.ts';
import { shapeTable } from './shape-table.ts';
import { forgetRows, forgettingTables, registerTables } from './tables.ts';

/** How often taking over waits for the fence row: together longer than the server lets a stopped run's transaction stay idle. */
const fenceTries = 3;

/**
 * Takes over the target:
 *
 * 1. make our tables where they are missing, and check that the system's tables fit;
 * 2. in one transaction, add one to the fence, migrate our tables from an earlier release, and register the system's;
 * 3. make or widen the system's tables, each in a short transaction of its own;
 * 4. forget what was known of resources that have another table than before, or a new one.
 *
 * Where nothing is missing, only rows are locked.
 */
export async function takeOver(
  transact: Transact,
  place: Place,
  name: string,
  run: RunIdentity,
  { tables, generationFloor, lastTx }: TakeOverOptions,
): Promise<MarkedFence> {
  await ensureSchema(transact, place);
  if (tables.some(({ match }) => match)) await ensureAliases(transact, place);
  const states = await transact((session) => inspectAll(session, place, name, tables));
  const problems = states.flatMap((state) => state.problems);
  if (problems.length > 0) throw unfitError(place.label, problems);
  const fence = await takeFence(transact, place, name, run, { tables, generationFloor, lastTx });
  for (const [n, table] of tables.entries()) {
    if (states[n]?.exists && states[n].missingColumns.length === 0) continue;
    await shapeTable(transact, place, name, table);
  }
  for (const of of await transact((session) => forgettingTables(session, place, name))) {
    await forgetRows(transact, place, name, fence, of);
  }
  return fence;
}

export interface TakeOverOptions {
  readonly tables: readonly ResourceTable[];
  readonly generationFloor: number;
  readonly lastTx: string;
}

async function inspectAll(session: Session, place: Place, name: string, tables: readonly ResourceTable[]) {
  const states: TableState[] = [];
  for (const table of tables) states.push(await inspectTable(session, place, name, table));
  return states;
}

async function takeFence(
  transact: Transact,
  place: Place,
  name: string,
  { run, holder }: RunIdentity,
  { tables, generationFloor, lastTx }: TakeOverOptions,
): Promise<MarkedFence> {
  const take = async (session: Session): Promise<MarkedFence> => {
    await session.query(
      `INSERT INTO ${place.table('_sync_lease')} AS l (name, fence, generation, next_seq, last_tx, run, holder, claimed_at)
       VALUES ($1, 1, greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2::bigint), 1, $3, $4, $5, clock_timestamp())
       ON CONFLICT (name) DO UPDATE SET fence = l.fence + 1, last_tx = excluded.last_tx, run = excluded.run,
         holder = excluded.holder, claimed_at = excluded.claimed_at`,
      [name, generationFloor, lastTx, run, holder],
    );
    await migrate(session, place);
    await registerTables(session, place, name, tables);
    const fence = await readFence(session, place, name);
    if (fence) return fence;
    throw lostFenceError(place.label);
  };
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(take);
    } catch (error) {
      if (!(error instanceof UnreachableError) || !isLockTimeout(error.cause) || nth === fenceTries) throw error;
    }
  }
}

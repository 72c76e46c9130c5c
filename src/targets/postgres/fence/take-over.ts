import { UnreachableError } from '../../../errors.ts';
import type { ResourceTable, TableState } from '../../../table.ts';
import type { FenceRow, RunIdentity } from '../../../target.ts';
import { lostFenceError, unfitError } from '../../sql/run-errors.ts';
import { isLockTimeout } from '../connection/errors.ts';
import type { Session } from '../connection/session.ts';
import { ensureAliases } from '../rows/aliases.ts';
import { ensureSchema, isLatest, migrate, type Place, schemaVersion, type Transact } from '../schema.ts';
import { inspectTable } from '../shape/inspect-table.ts';
import { fenceColumns, type MarkedFence, markedFenceOf } from './fence.ts';
import { shapeTable } from './shape-table.ts';
import { forgetRows, type Registered, readRegistered, registerTables } from './tables.ts';

/** How often taking over waits for the fence row: together longer than the server lets a stopped run's transaction stay idle. */
const fenceTries = 3;

export interface TakeOverOptions {
  readonly tables: readonly ResourceTable[];
  readonly generationFloor: number;
  readonly lastTx: string;
}

/** What a run has taken over. */
export interface TakenOver<Fence extends FenceRow = MarkedFence> {
  readonly fence: Fence;
  /** The resources that have never had a record. */
  readonly untouched: readonly Pick<ResourceTable, 'resource' | 'table'>[];
}

/**
 * Takes over the target:
 *
 * 1. in one transaction, check that the system's tables fit, add one to the fence, migrate our tables from an earlier release,
 *    and register the system's. Where our tables are missing, they are made before it;
 * 2. make or widen the system's tables, each in a short transaction of its own;
 * 3. forget what was known of resources that have another table than before, or a new one.
 *
 * Where nothing is missing, only rows are locked.
 */
export async function takeOver(
  transact: Transact,
  place: Place,
  name: string,
  run: RunIdentity,
  options: TakeOverOptions,
): Promise<TakenOver> {
  const { tables } = options;
  if (tables.some(({ match }) => match)) {
    await ensureSchema(transact, place);
    await ensureAliases(transact, place);
  }
  const take = () => takeFence(transact, place, name, run, options);
  const taken = (await take()) ?? (await ensureSchema(transact, place).then(take));
  if (taken === null) throw lostFenceError(place.label);
  const { fence, states } = taken;
  const unshaped = tables.filter((_table, n) => !states[n]?.exists || states[n].missingColumns.length > 0);
  for (const table of unshaped) await shapeTable(transact, place, name, table);
  const registered =
    unshaped.length === 0 ? taken.registered : await transact((session) => readRegistered(session, place, name));
  for (const { id } of registered.filter(({ isForgetting }) => isForgetting)) {
    await forgetRows(transact, place, name, fence, id);
  }
  const isUntouched = ({ resource }: ResourceTable) =>
    registered.some((one) => one.resource === resource && one.next === 1);
  return { fence, untouched: tables.filter(isUntouched) };
}

interface Taken {
  readonly fence: MarkedFence;
  /** Of the system's tables, in the order of the resources. */
  readonly states: readonly TableState[];
  readonly registered: readonly Registered[];
}

/** Null: our tables are missing. Nothing was done. */
async function takeFence(
  transact: Transact,
  place: Place,
  name: string,
  run: RunIdentity,
  options: TakeOverOptions,
): Promise<Taken | null> {
  const { tables } = options;
  const take = async (session: Session): Promise<Taken | null> => {
    const version = await schemaVersion(session, place);
    if (version === 0) return null;
    const states = await Promise.all(tables.map((table) => inspectTable(session, place, name, table, true)));
    const problems = states.flatMap((state) => state.problems);
    if (problems.length > 0) throw unfitError(place.label, problems);
    if (isLatest(version)) {
      const [fence, registered] = await Promise.all([
        raise(session, place, name, run, options),
        registerTables(session, place, name, tables),
      ]);
      return { fence, states, registered };
    }
    const fence = await raise(session, place, name, run, options);
    await migrate(session, place);
    return { fence, states, registered: await registerTables(session, place, name, tables) };
  };
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(take);
    } catch (error) {
      if (!(error instanceof UnreachableError) || !isLockTimeout(error.cause) || nth === fenceTries) throw error;
    }
  }
}

/** Adds one to the fence, or makes its row. */
async function raise(
  session: Session,
  place: Place,
  name: string,
  { run, holder }: RunIdentity,
  { generationFloor, lastTx }: TakeOverOptions,
): Promise<MarkedFence> {
  const { rows } = await session.query(
    `INSERT INTO ${place.table('_sync_lease')} AS l (name, fence, generation, next_seq, last_tx, run, holder, claimed_at)
     VALUES ($1, 1, greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2::bigint), 1, $3, $4, $5, clock_timestamp())
     ON CONFLICT (name) DO UPDATE SET fence = l.fence + 1, last_tx = excluded.last_tx, run = excluded.run,
       holder = excluded.holder, claimed_at = excluded.claimed_at
     RETURNING ${fenceColumns}`,
    [name, generationFloor, lastTx, run, holder],
  );
  const [row] = rows;
  if (!row) throw lostFenceError(place.label);
  return markedFenceOf(row);
}

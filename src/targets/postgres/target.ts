import { randomUUID } from 'node:crypto';
import type { Batch, Committed, Removal } from '../../batch.ts';
import { crashPoint } from '../../crash.ts';
import { IntegrityError } from '../../errors.ts';
import { nativeOnly } from '../../identity.ts';
import type { Log } from '../../log.ts';
import type { ResourceTable } from '../../table.ts';
import type { Target } from '../../target.ts';
import { fencedError, lostCommitsError } from '../sql/run-errors.ts';
import { rowLockMs } from './bisect.ts';
import { commitBatch, NotEmptyError, type PartCommitted, type Writing } from './commit.ts';
import { parseAddress } from './connection/address.ts';
import { type Connection, createConnection, type PostgresTimings, patienceOf } from './connection/connection.ts';
import type { Session } from './connection/session.ts';
import { readFence, type StoredFence } from './fence/fence.ts';
import { takeOver } from './fence/take-over.ts';
import { dropRejects, savePass, storeGroups, storeRun } from './ledger.ts';
import { moveOutbox, purgeSome } from './outbox.ts';
import { Pace } from './pace.ts';
import { commitInParts, removeInParts } from './parts.ts';
import { openReading, type PostgresOptions, type Reading } from './reader.ts';
import { removeBatch } from './remove.ts';
import { registerOf } from './rows/entries.ts';
import { type Shape, shapeOf } from './rows/shape.ts';
import { readTable } from './rows/system-table.ts';
import { ensureSchema, hasSchema, type Place, type Transact } from './schema.ts';
import { slotKeeper } from './slots.ts';

export interface PostgresTargetOptions extends PostgresOptions {
  readonly timings: PostgresTimings;
  readonly log: Log;
}

/** A transaction should take about so long, and has so many rows at first, while nothing is known, and at the most. */
const pace = { aimMs: 100, first: 200, most: 8000 };

/** Opens a Postgres database to write to; tables are made by `takeOver`. Two connections: one writes, one reads meanwhile. */
export async function openPostgresTarget(options: PostgresTargetOptions): Promise<Target> {
  const address = parseAddress(options.url, options.tls);
  const patience = patienceOf(options.timings);
  const connection = createConnection(address, `cronsync:${options.name}`, patience, 'write');
  const reading = openReading(address, options, patience);
  return targetOn(connection, reading, options);
}

function targetOn(connection: Connection, reading: Reading, { name, log }: PostgresTargetOptions): Target {
  const { place, label, shape: _shape, ...reader } = reading;
  const firstLoads = new Set<string>();
  const commitPaces = new Map<string, Pace>();
  const removePaces = new Map<string, Pace>();
  const shapes = new WeakMap<ResourceTable, Shape | null>();
  /** What the fence row may say: two things as long as it is not known whether the last transaction happened. */
  let expected: readonly [StoredFence, ...StoredFence[]] | null = null;

  const transact: Transact = (work) => connection.transaction(work);
  let hasTables = false;
  const ensureTables = async (): Promise<void> => {
    if (!hasTables) await ensureSchema(transact, place);
    hasTables = true;
  };

  /** The fence, locked, if it is still this run's and the database kept all that this run has committed. */
  const check = async (session: Session): Promise<StoredFence> => {
    if (!expected) throw new IntegrityError(`this run has not taken over the target ${label}; nothing was written`);
    const [known] = expected;
    const fence = await readFence(session, place, name, 'FOR UPDATE');
    if (fence && fence.fence !== known.fence) throw fencedError(label);
    if (!fence || !expected.some(({ lastTx, nextSeq }) => fence.lastTx === lastTx && fence.nextSeq === nextSeq))
      throw lostCommitsError(label, known.nextSeq, fence?.nextSeq);
    expected = [fence];
    await session.query(`SET LOCAL lock_timeout = ${rowLockMs}`);
    crashPoint('fence-checked');
    return fence;
  };

  /** One transaction of this run. Its own random mark in the fence row tells whether it happened, should the answer be lost. */
  const fenced = async <T>(
    work: (writing: Writing) => Promise<T>,
    { signal, eventsOf = () => 0 }: { readonly signal?: AbortSignal; readonly eventsOf?: (done: T) => number } = {},
  ): Promise<T> => {
    const lastTx = randomUUID();
    const { result, fence } = await connection.transaction(
      async (session) => {
        const locked = await check(session);
        const done = await work({ session, place, name, fence: locked });
        const nextSeq = locked.nextSeq + eventsOf(done);
        expected = [locked, { ...locked, lastTx, nextSeq }];
        await session.query(`UPDATE ${place.table('_sync_lease')} SET last_tx = $2, next_seq = $3 WHERE name = $1`, [
          name,
          lastTx,
          nextSeq,
        ]);
        return { result: done, fence: { ...locked, lastTx, nextSeq } };
      },
      {
        signal,
        isCommitted: async (session) => (await readFence(session, place, name, 'FOR UPDATE'))?.lastTx === lastTx,
      },
    );
    expected = [fence];
    return result;
  };

  /** For what a daemon or a command does too, which never claims: only a run is fenced. Done twice, it is done once. */
  const shared = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    if (expected) return fenced(({ session }) => work(session));
    await ensureTables();
    return transact(work);
  };

  const shapeFor = async (session: Session, table: ResourceTable): Promise<Shape | null> => {
    const known = shapes.get(table);
    if (known !== undefined) return known;
    const shape = shapeOf(table, await readTable(session, place, table.table), place);
    shapes.set(table, shape);
    return shape;
  };

  const commitPart = async (batch: Batch, signal: AbortSignal): Promise<PartCommitted> => {
    const isFirstLoad = firstLoads.has(batch.table.resource);
    let startedAt = performance.now();
    const part = await fenced(
      async (writing) => {
        startedAt = performance.now();
        const shape = await shapeFor(writing.session, batch.table);
        if (!shape)
          throw new IntegrityError(`the table of ${batch.table.resource} has lost its key; nothing was written`);
        return commitBatch(writing, batch, { shape, isFirstLoad });
      },
      { signal, eventsOf },
    );
    paceOf(batch.table, commitPaces).learn(batch.records.length - part.left.length, performance.now() - startedAt);
    return part;
  };

  const commit = async (batch: Batch, signal: AbortSignal): Promise<Committed> => {
    const { resource } = batch.table;
    return commitInParts(batch, paceOf(batch.table, commitPaces), async (part) => {
      try {
        return await commitPart(part, signal);
      } catch (error) {
        if (!(error instanceof NotEmptyError)) throw error;
        firstLoads.delete(resource);
        log.debug(`${resource}: rows are there already; each record is looked up from now on`);
        return commitPart(part, signal);
      }
    });
  };

  const remove = (removal: Removal, signal: AbortSignal): Promise<Committed> =>
    removeInParts(removal, paceOf(removal.table, removePaces), async (part) => {
      let startedAt = performance.now();
      const removed = await fenced(
        async (writing) => {
          startedAt = performance.now();
          return removeBatch(writing, removal, await shapeFor(writing.session, removal.table), part);
        },
        { signal, eventsOf },
      );
      paceOf(removal.table, removePaces).learn(part.ids.length - removed.left.length, performance.now() - startedAt);
      return removed;
    });

  return {
    label,
    ...reader,
    slots: slotKeeper(async (work) => {
      await ensureTables();
      return transact(work);
    }, place),
    async takeOver(run, tables, generationFloor, signal) {
      const whileOurs: Transact = (work) => connection.transaction(work, { signal });
      const claimed = await takeOver(whileOurs, place, name, run, { tables, generationFloor, lastTx: randomUUID() });
      expected = [claimed];
      for (const table of tables) {
        shapes.delete(table);
        if (await transact((session) => isEmpty(session, place, name, table))) firstLoads.add(table.resource);
      }
      const { lastTx: _lastTx, ...fence } = claimed;
      return fence;
    },
    compare(table, entries) {
      if (!firstLoads.has(table.resource)) return reading.compare(table, entries);
      return Promise.resolve({ unchanged: [], different: entries.map((_entry, at) => at) });
    },
    clues(table, adapter, arrived) {
      // All rows are this run's: whatever looks like a record is another one of the same adapter's.
      const asked = firstLoads.has(table.resource) ? arrived.map(nativeOnly) : arrived;
      return reading.clues(table, adapter, asked);
    },
    commit,
    remove,
    save: (resource, stored) => fenced(({ session }) => savePass(session, place, name, resource, stored)),
    saveGroups: (cursors, drop = []) => shared((session) => storeGroups(session, place, name, cursors, drop)),
    async purgeOutbox(olderThan, passed) {
      let purged = 0;
      for (;;) {
        const some = await shared((session) => purgeSome(session, place, name, olderThan, passed));
        if (some === 0) return purged;
        purged += some;
      }
    },
    purgeRejects: (resource, beforePass) =>
      shared((session) => dropRejects(session, place, name, resource, beforePass)),
    recordRun: (run) => shared((session) => storeRun(session, place, name, run)),
    rebase: (generationFloor, after) =>
      shared(async (session) => {
        const generation = await newGeneration(session, place, name, generationFloor);
        return { generation, moved: await moveOutbox(session, place, name, generation, after) };
      }),
    fenceOut: () =>
      transact(async (session) => {
        if (!(await hasSchema(session, place))) return;
        await session.query(`UPDATE ${place.table('_sync_lease')} SET fence = fence + 1 WHERE name = $1`, [name]);
      }),
    async [Symbol.asyncDispose]() {
      await reading[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** What the rows of one table take says nothing of another's: each begins anew. */
function paceOf({ resource }: ResourceTable, paces: Map<string, Pace>): Pace {
  const known = paces.get(resource) ?? new Pace(pace);
  paces.set(resource, known);
  return known;
}

function eventsOf({ events }: Committed): number {
  return events;
}

async function newGeneration(session: Session, { table }: Place, name: string, floor: number): Promise<number> {
  const { rows } = await session.query(
    `UPDATE ${table('_sync_lease')} SET generation =
       greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2::bigint, generation + 1)
     WHERE name = $1 RETURNING generation`,
    [name, floor],
  );
  return Number(rows[0]?.generation ?? floor);
}

async function isEmpty(
  session: Session,
  place: Place,
  name: string,
  { resource, table }: ResourceTable,
): Promise<boolean> {
  const register = await registerOf(session, place, name, resource);
  if (!register || register.next > 1) return false;
  const { rows } = await session.query(`SELECT 1 FROM ${place.table(table)} LIMIT 1`);
  return rows.length === 0;
}

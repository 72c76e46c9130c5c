import type { Batch, Committed } from '../../batch.ts';
import { crashPoint } from '../../crash.ts';
import { IntegrityError } from '../../errors.ts';
import { nativeOnly } from '../../identity.ts';
import type { Log } from '../../log.ts';
import type { ResourceTable } from '../../table.ts';
import type { FenceRow, Target } from '../../target.ts';
import type { Timings } from '../../timings.ts';
import { quoted } from '../sql/identifiers.ts';
import { fencedError, lostCommitsError } from '../sql/run-errors.ts';
import { commitBatch, type Writing } from './commit.ts';
import { type Connection, openConnection, patiently } from './connection.ts';
import { readFence, takeOver } from './fence/take-over.ts';
import { dropRejects, savePass, storeGroups, storeRun } from './ledger.ts';
import { moveOutbox, purgeSome } from './outbox.ts';
import { type Read, readerMethods } from './reader.ts';
import { removeBatch } from './remove.ts';
import { ownRegister } from './rows/entries.ts';
import { NotEmptyError } from './rows/steps.ts';
import { ensureSchema, hasSchema } from './schema.ts';
import { slotKeeper } from './slots.ts';

export interface SqliteTargetOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
  readonly timings: Pick<Timings, 'targetBusyMs' | 'targetBusyStepMs'>;
  readonly log: Log;
}

/** Opens a SQLite database to write to. The file is made if it is missing, its directory is not; tables are made by `takeOver`. */
export async function openSqliteTarget({ file, name, timings, log }: SqliteTargetOptions): Promise<Target> {
  const patience = { busyMs: timings.targetBusyMs, stepMs: timings.targetBusyStepMs };
  const connection = openConnection(file, patience, { readOnly: false });
  try {
    await patiently(connection.label, patience, () => configure(connection));
  } catch (error) {
    connection.close();
    throw error;
  }
  return targetOn(connection, name, log);
}

/** A database that we make is written ahead, so that its readers go on during a commit; one of the system's keeps its mode. */
function configure(connection: Connection): void {
  connection.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 4000');
  const pages = connection.statement('PRAGMA page_count').get();
  if (pages?.page_count === 0) connection.exec('PRAGMA journal_mode = WAL');
}

function targetOn(connection: Connection, name: string, log: Log): Target {
  const { label } = connection;
  const firstLoads = new Set<string>();
  let claimed: FenceRow | null = null;

  const read: Read = (work) => connection.read(() => work(connection, hasSchema(connection)));
  const reading = readerMethods(read, name);

  /** The fence, if it is still this run's and the database kept all that this run has committed. */
  const check = (): FenceRow => {
    const fence = hasSchema(connection) ? readFence(connection, name) : null;
    if (!claimed) throw new IntegrityError(`this run has not taken over the target ${label}; nothing was written`);
    if (fence && fence.fence !== claimed.fence) throw fencedError(label);
    if (fence?.nextSeq !== claimed.nextSeq) throw lostCommitsError(label, claimed.nextSeq, fence?.nextSeq);
    crashPoint('fence-checked');
    return fence;
  };
  const fenced = <T>(work: (writing: Writing) => T, signal?: AbortSignal): Promise<T> =>
    connection.transaction(() => work({ connection, name, fence: check() }), signal);
  /** For what a daemon or a command does too, which never claims: only a run is fenced. */
  const shared = <T>(work: () => T): Promise<T> =>
    connection.transaction(() => {
      if (claimed) check();
      else ensureSchema(connection);
      return work();
    });
  const counted = async (committing: Promise<Committed>): Promise<Committed> => {
    const committed = await committing;
    if (claimed) claimed = { ...claimed, nextSeq: committed.nextSeq };
    return committed;
  };

  const commit = async (batch: Batch, signal: AbortSignal): Promise<Committed> => {
    const { resource } = batch.table;
    const isFirstLoad = firstLoads.has(resource);
    try {
      return await counted(fenced((writing) => commitBatch(writing, batch, { isFirstLoad }), signal));
    } catch (error) {
      if (!(error instanceof NotEmptyError)) throw error;
      firstLoads.delete(resource);
      log.debug(`${resource}: rows are there already; each record is looked up from now on`);
      return counted(fenced((writing) => commitBatch(writing, batch, { isFirstLoad: false }), signal));
    }
  };

  return {
    label,
    ...reading,
    slots: slotKeeper((work) =>
      connection.transaction(() => {
        ensureSchema(connection);
        return work(connection);
      }),
    ),
    async takeOver(run, tables, generationFloor, signal) {
      claimed = await connection.transaction(() => {
        const fence = takeOver(connection, name, run, tables, generationFloor);
        for (const table of tables) if (isEmpty(connection, name, table)) firstLoads.add(table.resource);
        return fence;
      }, signal);
      return claimed;
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
    remove: (removal, signal) => counted(fenced((writing) => removeBatch(writing, removal), signal)),
    save: (resource, stored) => fenced(() => savePass(connection, name, resource, stored)),
    saveGroups: (cursors, drop = []) => shared(() => storeGroups(connection, name, cursors, drop)),
    async purgeOutbox(olderThan, passed) {
      let purged = 0;
      for (;;) {
        const some = await shared(() => purgeSome(connection, name, olderThan, passed));
        if (some === 0) return purged;
        purged += some;
      }
    },
    purgeRejects: (resource, beforePass) => shared(() => dropRejects(connection, name, resource, beforePass)),
    recordRun: (run) => shared(() => storeRun(connection, name, run)),
    rebase: (generationFloor, after) =>
      shared(() => {
        const old = readFence(connection, name)?.generation ?? 0;
        const generation = Math.max(Date.now(), generationFloor, old + 1);
        connection.statement('UPDATE _sync_lease SET generation = ? WHERE name = ?').run(generation, name);
        return { generation, moved: moveOutbox(connection, name, generation, after) };
      }),
    fenceOut: () =>
      connection.transaction(() => {
        if (hasSchema(connection))
          connection.statement('UPDATE _sync_lease SET fence = fence + 1 WHERE name = ?').run(name);
      }),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

function isEmpty(connection: Connection, name: string, { resource, table }: ResourceTable): boolean {
  if (ownRegister(connection, name, resource).next > 1) return false;
  return connection.statement(`SELECT 1 FROM ${quoted(table)} LIMIT 1`).get() === undefined;
}

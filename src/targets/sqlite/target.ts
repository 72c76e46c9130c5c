import type { Log } from '../../log.ts';
import type { ResourceTable } from '../../table.ts';
import type { Target } from '../../target.ts';
import type { Timings } from '../../timings.ts';
import type { Bookkeeping } from '../sql/bookkeeping.ts';
import { FirstLoads } from '../sql/first-loads.ts';
import { quoted } from '../sql/identifiers.ts';
import { type BookEntry, bookEntries, type Write } from '../sql/operate/writing.ts';
import { FreshEvents } from '../sql/outbox/fresh-events.ts';
import { purgeAll } from '../sql/outbox/outbox-rows.ts';
import { olderTablesError } from '../sql/run-errors.ts';
import { bookOf, change, keepsBook } from './book.ts';
import { commitBatch } from './commit.ts';
import { type Connection, openConnection } from './connection/connection.ts';
import { patiently } from './connection/patience.ts';
import { forgetRows, storeDrift } from './drift.ts';
import { raiseFence, startGeneration } from './fence/fence.ts';
import { RunFence } from './fence/run-fence.ts';
import { takeOver } from './fence/take-over.ts';
import { announceEvents, moveOutbox, purgeSome } from './outbox.ts';
import { questions, type Read } from './questions.ts';
import { removeBatch, removeInParts } from './remove.ts';
import { ownRegister } from './rows/register.ts';
import { ensureSchema, hasSchema, schemaVersion } from './schema.ts';
import { dropSomeDeferred } from './state/deferred.ts';
import { savePass, storeGroups } from './state/ledger.ts';
import { dropRejects } from './state/rejects.ts';
import { slotKeeper } from './state/slots.ts';
import { tokenKeeper } from './state/tokens.ts';

export interface SqliteTargetOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
  readonly timings: Pick<Timings, 'targetBusyMs' | 'targetBusyStepMs'>;
  readonly log: Log;
}

/** Opens a SQLite database to write to. The file is made if it is missing, its directory is not. `takeOver` makes the tables. */
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

/** A database that we make gets a write-ahead log, so that its readers continue during a commit. One that exists keeps its mode. */
function configure(connection: Connection): void {
  connection.exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 4000');
  const pages = connection.statement('PRAGMA page_count').get();
  if (pages?.page_count === 0) connection.exec('PRAGMA journal_mode = WAL');
}

function targetOn(connection: Connection, name: string, log: Log): Target {
  const fresh = new FreshEvents();
  const fence = new RunFence(connection, name, fresh);
  const firstLoads = new FirstLoads(log);
  const read: Read = (work) => connection.read(() => work(connection, schemaVersion(connection)));
  const reading = questions(read, name);
  return {
    label: connection.label,
    ...reading,
    atOnce: (ask) => ask(reading),
    ...firstLoads.answering(reading),
    ...fresh.answering(reading),
    slots: slotKeeper((work) =>
      connection.transaction(() => {
        ensureSchema(connection);
        return work(connection);
      }),
    ),
    refreshTokens: tokenKeeper(connection, name),
    takeOver: (run, tables, generationFloor, signal) =>
      fence.take(() => {
        const taken = takeOver(connection, name, run, tables, generationFloor);
        for (const table of tables) if (isEmpty(connection, name, table)) firstLoads.add(table.resource);
        return taken;
      }, signal),
    commit: (batch, signal) =>
      firstLoads.commit(batch.table.resource, (isFirstLoad) =>
        fence.giveOut((writing) => commitBatch(writing, batch, { isFirstLoad }), signal),
      ),
    remove: (removal, signal) =>
      removeInParts(removal, (part) => fence.giveOut((writing) => removeBatch(writing, removal, part), signal)),
    ...bookkeeping(connection, name, fence, fresh),
    ...entries(connection, name, fence),
    async [Symbol.asyncDispose]() {
      connection.close();
    },
  };
}

/** What is written beside batches and removals. */
function bookkeeping(connection: Connection, name: string, fence: RunFence, fresh: FreshEvents): Bookkeeping {
  return {
    save: (resource, stored) =>
      fence.transaction(() => {
        savePass(connection, name, resource, stored);
        const { dropsRejectsBefore: pass } = stored;
        if (pass !== undefined) dropRejects(connection, name, resource, pass);
      }),
    forget: (resource, ids) =>
      fence.transaction(() => {
        const { id: of } = ownRegister(connection, name, resource);
        forgetRows(connection, { name, resource, of }, ids);
      }),
    dropDeferred: async (resource) => {
      const dropSome = () => dropSomeDeferred(connection, ownRegister(connection, name, resource).id);
      await purgeAll(() => fence.transaction(dropSome));
    },
    saveDrift: (resource, drift) => fence.shared(() => storeDrift(connection, name, resource, drift)),
    saveGroups: (cursors, drop = []) => fence.shared(() => storeGroups(connection, name, cursors, drop)),
    purgeOutbox: (olderThan, passed) =>
      purgeAll(() => fence.shared(() => purgeSome(connection, name, olderThan, passed))),
    announce: async (events, news) =>
      void (await fence.giveOut((writing) => ({ nextSeq: announceEvents(writing, events, news) }))),
    rebase: (generationFloor, after) =>
      fence.shared(() => {
        fresh.clear();
        const generation = startGeneration(connection, name, generationFloor);
        return { generation, moved: moveOutbox(connection, name, generation, after) };
      }),
    fenceOut: () =>
      connection.transaction(() => {
        if (hasSchema(connection)) raiseFence(connection, name);
      }),
  };
}

/** What is written of runs and people. */
function entries(connection: Connection, name: string, fence: RunFence): Pick<Target, BookEntry> {
  const write: Write = (statements, inOlderTables) =>
    fence.shared(() => {
      if (keepsBook(connection)) return change(connection, statements);
      if (inOlderTables === 'throw') throw olderTablesError(connection.label);
      return 0;
    });
  return bookEntries(write, bookOf(name));
}

function isEmpty(connection: Connection, name: string, { resource, table }: ResourceTable): boolean {
  if (ownRegister(connection, name, resource).next > 1) return false;
  return connection.statement(`SELECT 1 FROM ${quoted(table)} LIMIT 1`).get() === undefined;
}

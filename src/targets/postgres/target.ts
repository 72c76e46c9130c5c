import type { Log } from '../../log.ts';
import type { Target } from '../../target.ts';
import type { Bookkeeping } from '../sql/bookkeeping.ts';
import { FirstLoads } from '../sql/first-loads.ts';
import { type BookEntry, bookEntries, type Write } from '../sql/operate/writing.ts';
import { FreshEvents } from '../sql/outbox/fresh-events.ts';
import { purgeAll } from '../sql/outbox/outbox-rows.ts';
import { olderTablesError } from '../sql/run-errors.ts';
import { Batches } from './batches.ts';
import { bookOf, change, keepsBook } from './book.ts';
import { addressOf } from './connection/address.ts';
import { type Connection, createConnection } from './connection/connection.ts';
import { pairOf } from './connection/pair.ts';
import { type PostgresTimings, patienceOf } from './connection/patience.ts';
import type { Session } from './connection/session.ts';
import type { TransactionMode } from './connection/settings.ts';
import { forgetSome, storeDrift } from './drift.ts';
import { raiseFence, startGeneration } from './fence/fence.ts';
import { RunFence } from './fence/run-fence.ts';
import { takeOver } from './fence/take-over.ts';
import { announceEvents, moveOutbox, purgeSome } from './outbox.ts';
import { openReading, type PostgresOptions, type Reading } from './reader.ts';
import { ownRegister } from './rows/register.ts';
import { hasSchema, OurTables, type Place, type Transact } from './schema.ts';
import { Shapes } from './shape/shapes.ts';
import { dropSomeDeferred } from './state/deferred.ts';
import { savePass, storeGroups } from './state/ledger.ts';
import { dropRejects } from './state/rejects.ts';
import { slotKeeper } from './state/slots.ts';
import { tokenKeeper } from './state/tokens.ts';

export interface PostgresTargetOptions extends PostgresOptions {
  readonly timings: PostgresTimings;
  readonly log: Log;
}

/** Opens a Postgres database to write to. `takeOver` makes the tables. */
export async function openPostgresTarget(options: PostgresTargetOptions): Promise<Target> {
  const address = addressOf(options);
  const patience = patienceOf(options.timings);
  const connect = (mode: TransactionMode) => createConnection(address, `cronsync:${options.name}`, patience, mode);
  const { writer, reader } = pairOf(connect('write'), connect('read'));
  return targetOn(writer, openReading(reader, options), options);
}

function targetOn(connection: Connection, reading: Reading, { name, log }: PostgresTargetOptions): Target {
  const { place, version, reader } = reading;
  const transact: Transact = (work) => connection.transaction(work);
  const ours = new OurTables(transact, place, version);
  const fresh = new FreshEvents();
  const fence = new RunFence({ connection, place, name, fresh });
  const firstLoads = new FirstLoads(log);
  const shapes = new Shapes(place);
  const batches = new Batches({ fence, firstLoads, shapes });
  return {
    ...reader,
    ...firstLoads.answering(reader),
    ...fresh.answering(reader),
    slots: slotKeeper((work) => ours.transaction(work), place),
    refreshTokens: tokenKeeper(transact, place, name),
    async takeOver(run, tables, generationFloor, signal) {
      const { fence: taken, untouched } = await fence.take(
        (whileOurs, lastTx) => takeOver(whileOurs, place, name, run, { tables, generationFloor, lastTx }),
        signal,
      );
      version.setLatest();
      for (const table of tables) shapes.forget(table);
      for (const { resource, table } of untouched) {
        if (await transact((session) => isEmpty(session, place, table))) firstLoads.add(resource);
      }
      return taken;
    },
    commit: (batch, signal) => batches.commit(batch, signal),
    remove: (removal, signal) => batches.remove(removal, signal),
    ...bookkeeping({ fence, fresh, ours, transact, place, name }),
    ...entries({ fence, fresh, ours, transact, place, name }),
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}

interface BookkeepingOptions {
  readonly fence: RunFence;
  readonly fresh: FreshEvents;
  readonly ours: OurTables;
  readonly transact: Transact;
  readonly place: Place;
  readonly name: string;
}

/** What is written beside batches and removals. */
function bookkeeping(options: BookkeepingOptions): Bookkeeping {
  const { fence, fresh, transact, place, name } = options;
  const shared = sharedOf(options);
  return {
    save: (resource, stored) =>
      fence.transaction(async ({ session }) => {
        savePass(session, place, name, resource, stored);
        const { dropsRejectsBefore: pass } = stored;
        if (pass !== undefined) dropRejects(session, place, name, resource, pass);
      }),
    forget: (resource, ids) =>
      fence.transaction(async ({ session }) => {
        const { id: of } = await ownRegister(session, place, name, resource);
        await forgetSome(session, place, { name, resource, of }, ids);
      }),
    dropDeferred: async (resource) => {
      await purgeAll(() =>
        fence.transaction(async ({ session }) =>
          dropSomeDeferred(session, place, (await ownRegister(session, place, name, resource)).id),
        ),
      );
    },
    saveDrift: (resource, drift) => shared((session) => storeDrift(session, place, name, resource, drift)),
    saveGroups: (cursors, drop = []) => shared((session) => storeGroups(session, place, name, cursors, drop)),
    purgeOutbox: (olderThan, passed) =>
      purgeAll(() => shared((session) => purgeSome(session, place, name, olderThan, passed))),
    announce: async (events, news) =>
      void (await fence.giveOut(async (writing) => ({ events: await announceEvents(writing, events, news) }))),
    rebase: (generationFloor, after) =>
      shared(async (session) => {
        fresh.clear();
        const generation = await startGeneration(session, place, name, generationFloor);
        return { generation, moved: await moveOutbox(session, place, name, generation, after) };
      }),
    fenceOut: () =>
      transact(async (session) => {
        if (await hasSchema(session, place)) await raiseFence(session, place, name);
      }),
  };
}

/** What is written of runs and people. */
function entries(options: BookkeepingOptions): Pick<Target, BookEntry> {
  const { fence, place, name } = options;
  const shared = sharedOf(options);
  const write: Write = (statements, inOlderTables) =>
    shared(async (session) => {
      if (fence.isTaken || (await keepsBook(session, place))) return change(session, statements);
      if (inOlderTables === 'throw') throw olderTablesError(place.label);
      return 0;
    });
  return bookEntries(write, bookOf(place, name));
}

/**
 * For work that a daemon or a command does as well. They never take over, and only a run is fenced. All of it may run
 * twice without harm.
 */
function sharedOf({ fence, ours }: BookkeepingOptions): Transact {
  return (work) => (fence.isTaken ? fence.transaction(({ session }) => work(session)) : ours.transaction(work));
}

async function isEmpty(session: Session, place: Place, table: string): Promise<boolean> {
  const { rows } = await session.query(`SELECT 1 FROM ${place.table(table)} LIMIT 1`);
  return rows.length === 0;
}

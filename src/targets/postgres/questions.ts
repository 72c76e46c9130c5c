import { allDifferent } from '../../batch.ts';
import { noDrift } from '../../drift.ts';
import { noClues } from '../../identity.ts';
import type { ResourceTable } from '../../table.ts';
import type { TargetQuestions as Questions, ServerState } from '../../target.ts';
import type { Register } from '../sql/entry-book.ts';
import { emptyOutbox, noFound, noLiveIds } from '../sql/nothing-yet.ts';
import { type BookQuestion, bookQuestions } from '../sql/operate/reading.ts';
import { outboxQuestions } from '../sql/outbox/outbox-questions.ts';
import { ask, bookOf } from './book.ts';
import type { Session } from './connection/session.ts';
import { knownRows, readDrift } from './drift.ts';
import { readFence, withoutMark } from './fence/fence.ts';
import { readRights } from './fence/rights.ts';
import { hasOldEvents, readOutbox } from './outbox.ts';
import { foreignAlias, namesOf } from './rows/aliases.ts';
import { cluesOf } from './rows/clues.ts';
import { compareEntries, keysOf, liveEntries, liveIds } from './rows/entries.ts';
import { type LookUp, lookUp } from './rows/look-up.ts';
import { registerOf } from './rows/register.ts';
import { wantedKey, wantedRecord } from './rows/wanted.ts';
import type { KnownVersion, Place, Transact } from './schema.ts';
import { inspectTable } from './shape/inspect-table.ts';
import { readShape } from './shape/shapes.ts';
import { readDeferred } from './state/deferred.ts';
import { readChunks, readGroups, readPass } from './state/ledger.ts';
import { countRejects, readRejectReasons, readRejects } from './state/rejects.ts';

/** What a reader and a target answer alike. `read` runs work on one state of the database. */
export function questions(read: Transact, place: Place, name: string, version: KnownVersion): Questions {
  const sync = new SyncReading(read, place, name, version);
  const asked = bookQuestions(
    (make) => sync.ours((session, version) => ask(session, make(version)), []),
    bookOf(place, name),
  );
  return { ...recordQuestions(sync), ...stateQuestions(sync), ...asked };
}

/** Where the rows and entries of a resource are; both are null where nothing of the resource is there. */
type Whereabouts = Pick<LookUp, 'place' | 'shape' | 'of' | 'readsFields'>;

/** Reads the part of the database that belongs to one sync. */
class SyncReading {
  readonly place: Place;
  readonly name: string;
  readonly any: Transact;
  readonly version: KnownVersion;

  constructor(read: Transact, place: Place, name: string, version: KnownVersion) {
    this.place = place;
    this.name = name;
    this.any = read;
    this.version = version;
  }

  /** Reads our own tables. */
  ours<T>(work: (session: Session, version: number) => Promise<T>, empty: T): Promise<T> {
    return this.any(async (session) => {
      const version = await this.version.in(session, this.place);
      return version > 0 ? work(session, version) : empty;
    });
  }

  /** Reads what is known of a resource. */
  registered<T>(
    resource: string,
    work: (session: Session, register: Register, version: number) => Promise<T>,
    empty: T,
  ): Promise<T> {
    return this.ours(async (session, version) => {
      const register = await registerOf(session, this.place, this.name, resource);
      return register ? work(session, register, version) : empty;
    }, empty);
  }

  /** Reads the system's rows of a resource. */
  rows<T>(table: ResourceTable, work: (session: Session, at: Whereabouts) => Promise<T>, empty: T): Promise<T> {
    const { place, name } = this;
    return this.any(async (session) => {
      const version = await this.version.in(session, place);
      const [register, shape] = await Promise.all([
        version > 0 ? registerOf(session, place, name, table.resource) : null,
        readShape(session, place, table),
      ]);
      return register || shape
        ? work(session, { place, shape, of: register?.id ?? null, readsFields: version > 1 })
        : empty;
    });
  }
}

type RecordQuestion =
  | ('compare' | 'find' | 'clues' | 'foreignAlias' | 'knownAs' | 'idsOf')
  | ('countLive' | 'liveAfter' | 'rowsOf' | 'deferred' | 'known' | 'drift' | 'hasRecords');

/** About the records of a resource. */
function recordQuestions(sync: SyncReading): Pick<Questions, RecordQuestion> {
  const { place } = sync;
  return {
    compare: ({ resource }, entries) =>
      sync.registered(
        resource,
        (session, { id }) => compareEntries(session, place, id, entries),
        allDifferent(entries),
      ),
    find: (table, records) =>
      sync.rows(
        table,
        async (session, at) => {
          const wanted = records.map((record) => wantedRecord(record, at.shape));
          const found = await lookUp(session, { ...at, lock: '' }, wanted);
          return found.map(({ isBusy: _isBusy, ...rest }) => rest);
        },
        records.map(() => noFound),
      ),
    clues: (table, adapter, arrived) =>
      sync.rows(
        table,
        (session, at) => cluesOf(session, { ...at, adapter }, table, arrived),
        arrived.map(() => noClues),
      ),
    foreignAlias: (resource, adapter) =>
      sync.registered(resource, (session, { id: of }) => foreignAlias(session, { place, of, adapter }), null),
    knownAs: (resource, key) =>
      sync.registered(resource, (session, { id: of }) => namesOf(session, place, of, key), []),
    idsOf: (resource, keys) => sync.registered(resource, (session, { id }) => liveIds(session, place, id, keys), []),
    hasRecords: (resource) => sync.registered(resource, async (_session, { next }) => next > 1, false),
    countLive: (resource) => sync.registered(resource, async (_session, { live }) => live, 0),
    liveAfter: (resource, after, limit) =>
      sync.registered(resource, (session, { id }) => liveEntries(session, place, id, after, limit), noLiveIds),
    known: (table, query) =>
      sync.ours(async (session, version) => {
        const [register, shape] = await Promise.all([
          registerOf(session, place, sync.name, table.resource),
          readShape(session, place, table),
        ]);
        return register ? knownRows(session, { place, shape, of: register.id, version }, query) : [];
      }, []),
    deferred: (resource, ids) =>
      sync.registered(
        resource,
        async (session, { id: of }, version) => (version < 3 ? [] : readDeferred(session, place, of, ids)),
        [],
      ),
    drift: (resource) =>
      sync.ours((session, version) => readDrift(session, place, sync.name, resource, version), noDrift),
    rowsOf: (table, ids) =>
      sync.registered(
        table.resource,
        async (session, { id: of }) => {
          const shape = await readShape(session, place, table);
          const keys = await keysOf(session, place, of, ids, { live: false });
          const wanted = keys.map(({ key }) => wantedKey(key, shape));
          const found = await lookUp(session, { place, shape, of, lock: '' }, wanted);
          return keys.map(({ key }, n) => ({ key, row: found[n]?.row ?? null }));
        },
        [],
      ),
  };
}

/** About where the sync stands. */
function stateQuestions(sync: SyncReading): Omit<Questions, RecordQuestion | BookQuestion> {
  const { place, name } = sync;
  return {
    server: () => sync.any(readServer),
    async fence() {
      const fence = await sync.ours((session) => readFence(session, place, name), null);
      return fence && withoutMark(fence);
    },
    pass: (resource) => sync.ours((session, version) => readPass(session, place, name, resource, version), null),
    chunks: (resource) => sync.ours((session, version) => readChunks(session, place, name, resource, version), null),
    inspect: (table) =>
      sync.any(async (session) =>
        inspectTable(session, place, name, table, (await sync.version.in(session, place)) > 0),
      ),
    rights: (tables) => sync.any((session) => readRights(session, place, tables)),
    ...outboxQuestions((after, limit) =>
      sync.ours((session, version) => readOutbox(session, place, name, after, limit, version), emptyOutbox(after)),
    ),
    hasOldEvents: (olderThan, passed) =>
      sync.ours((session) => hasOldEvents(session, place, name, olderThan, passed), false),
    groups: () => sync.ours((session) => readGroups(session, place, name), []),
    rejects: ({ resource, limit }) =>
      sync.ours((session, version) => readRejects(session, place, name, resource, limit, version), []),
    rejectReasons: (resource) =>
      sync.ours((session, version) => readRejectReasons(session, place, name, resource, version), []),
    countRejects: (resource) => sync.ours((session) => countRejects(session, place, name, resource), 0),
  };
}

async function readServer(session: Session): Promise<ServerState> {
  const { rows } = await session.query(
    "SELECT current_setting('server_version') AS version, extract(epoch FROM clock_timestamp()) * 1000 AS now",
  );
  return { version: `Postgres ${rows[0]?.version}`, now: new Date(Math.round(Number(rows[0]?.now))) };
}

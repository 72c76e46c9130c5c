import { allDifferent } from '../../batch.ts';
import { noDrift } from '../../drift.ts';
import { noClues } from '../../identity.ts';
import type { TableState } from '../../table.ts';
import type { TargetQuestions as Questions } from '../../target.ts';
import type { Register } from '../sql/entry-book.ts';
import { emptyOutbox, noFound, noLiveIds } from '../sql/nothing-yet.ts';
import { type BookQuestion, bookQuestions } from '../sql/operate/reading.ts';
import { outboxQuestions } from '../sql/outbox/outbox-questions.ts';
import { ask, bookOf } from './book.ts';
import type { Connection } from './connection/connection.ts';
import { knownRows, readDrift } from './drift.ts';
import { readFence } from './fence/fence.ts';
import { hasOldEvents, readOutbox } from './outbox.ts';
import { foreignAlias, namesOf } from './rows/aliases.ts';
import { cluesOf } from './rows/clues.ts';
import { compareEntries, entryOf, keyOfId, liveEntries } from './rows/entries.ts';
import { findRecords } from './rows/find.ts';
import { inspectTable } from './rows/inspect-table.ts';
import { registerOf } from './rows/register.ts';
import { rowsIn } from './rows/rows.ts';
import { readDeferred } from './state/deferred.ts';
import { readChunks, readGroups, readPass } from './state/ledger.ts';
import { countRejects, readRejectReasons, readRejects } from './state/rejects.ts';

/** Runs work on one state of the database, and says which version our own tables have, 0 for none. Without a database the result is `empty`. */
export type Read = <T>(work: (connection: Connection, version: number) => T, empty: T) => Promise<T>;

/** What a reader and a target answer alike. */
export function questions(read: Read, name: string): Questions {
  const sync = new SyncReading(read, name);
  const asked = bookQuestions(
    (make) => sync.ours((connection, version) => ask(connection, make(version)), []),
    bookOf(name),
  );
  return { ...recordQuestions(sync), ...stateQuestions(sync), ...asked };
}

/** Reads the part of the database that belongs to one sync. */
class SyncReading {
  readonly name: string;
  readonly any: Read;

  constructor(read: Read, name: string) {
    this.name = name;
    this.any = read;
  }

  /** Reads our own tables. */
  ours<T>(work: (connection: Connection, version: number) => T, empty: T): Promise<T> {
    return this.any((connection, version) => (version > 0 ? work(connection, version) : empty), empty);
  }

  /** Reads what is known of a resource. */
  registered<T>(
    resource: string,
    work: (connection: Connection, register: Register, version: number) => T,
    empty: T,
  ): Promise<T> {
    return this.ours((connection, version) => {
      const register = registerOf(connection, this.name, resource);
      return register ? work(connection, register, version) : empty;
    }, empty);
  }

  /** Reads the system's rows of a resource. Its number is undefined where nothing is known of it. */
  rows<T>(
    resource: string,
    work: (connection: Connection, of: number | undefined, version: number) => T,
    empty: T,
  ): Promise<T> {
    return this.any((connection, version) => {
      const of = version > 0 ? registerOf(connection, this.name, resource)?.id : undefined;
      return work(connection, of, version);
    }, empty);
  }
}

type RecordQuestion =
  | ('compare' | 'find' | 'clues' | 'foreignAlias' | 'knownAs' | 'idsOf')
  | ('countLive' | 'liveAfter' | 'rowsOf' | 'deferred' | 'known' | 'drift' | 'hasRecords');

/** About the records of a resource. */
function recordQuestions(sync: SyncReading): Pick<Questions, RecordQuestion> {
  return {
    compare: ({ resource }, entries) =>
      sync.registered(resource, (connection, { id }) => compareEntries(connection, id, entries), allDifferent(entries)),
    find: (table, records) =>
      sync.rows(
        table.resource,
        (connection, of, version) => findRecords(connection, { table, records }, of, version),
        records.map(() => noFound),
      ),
    clues: (table, adapter, arrived) =>
      sync.rows(
        table.resource,
        (connection, of) => cluesOf(connection, table, { of, adapter }, arrived),
        arrived.map(() => noClues),
      ),
    foreignAlias: (resource, adapter) =>
      sync.registered(resource, (connection, { id: of }) => foreignAlias(connection, { of, adapter }), null),
    knownAs: (resource, key) => sync.registered(resource, (connection, { id: of }) => namesOf(connection, of, key), []),
    idsOf: (resource, keys) =>
      sync.registered(
        resource,
        (connection, { id: of }, version) =>
          keys
            .map((key) => entryOf(connection, of, key, version))
            .flatMap((entry) => (entry && !entry.deleted ? entry.id : [])),
        [],
      ),
    hasRecords: (resource) => sync.registered(resource, (_connection, { next }) => next > 1, false),
    countLive: (resource) => sync.registered(resource, (_connection, { live }) => live, 0),
    liveAfter: (resource, after, limit) =>
      sync.registered(resource, (connection, { id }) => liveEntries(connection, id, after, limit), noLiveIds),
    known: (table, query) =>
      sync.registered(
        table.resource,
        (connection, { id: of }, version) => knownRows(connection, table, { of, version }, query),
        [],
      ),
    deferred: (resource, ids) =>
      sync.registered(
        resource,
        (connection, { id: of }, version) => (version < 3 ? [] : readDeferred(connection, of, ids)),
        [],
      ),
    drift: (resource) =>
      sync.ours((connection, version) => readDrift(connection, sync.name, resource, version), noDrift),
    rowsOf: (table, ids) =>
      sync.registered(
        table.resource,
        (connection, { id: of }) => {
          const rows = rowsIn(connection, table);
          const keys = ids.flatMap((id) => keyOfId(connection, of, id) ?? []);
          return keys.map((key) => ({ key, row: rows.ofKey(key)?.row ?? null }));
        },
        [],
      ),
  };
}

const noTable: TableState = { exists: false, missingColumns: [], isForgotten: true, problems: [], warnings: [] };

/** About where the sync stands. */
function stateQuestions(sync: SyncReading): Omit<Questions, RecordQuestion | BookQuestion> {
  const { name } = sync;
  return {
    server: async () => ({ version: `SQLite ${process.versions.sqlite}`, now: new Date() }),
    fence: () => sync.ours((connection) => readFence(connection, name), null),
    pass: (resource) => sync.ours((connection, version) => readPass(connection, name, resource, version), null),
    chunks: (resource) => sync.ours((connection, version) => readChunks(connection, name, resource, version), null),
    inspect: (table) => sync.any((connection) => inspectTable(connection, name, table), noTable),
    rights: async () => null,
    ...outboxQuestions((after, limit) =>
      sync.ours((connection) => readOutbox(connection, name, after, limit), emptyOutbox(after)),
    ),
    hasOldEvents: (olderThan, passed) =>
      sync.ours((connection) => hasOldEvents(connection, name, olderThan, passed), false),
    groups: () => sync.ours((connection) => readGroups(connection, name), []),
    rejects: ({ resource, limit }) =>
      sync.ours((connection, version) => readRejects(connection, name, resource, limit, version), []),
    rejectReasons: (resource) =>
      sync.ours((connection, version) => readRejectReasons(connection, name, resource, version), []),
    countRejects: (resource) => sync.ours((connection) => countRejects(connection, name, resource), 0),
  };
}

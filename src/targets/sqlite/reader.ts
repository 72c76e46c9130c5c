import { existsSync } from 'node:fs';
import { noClues } from '../../identity.ts';
import type { TargetReader } from '../../target.ts';
import { findRecords } from './commit.ts';
import { type Connection, openConnection, type Patience } from './connection.ts';
import { countRejects, readGroups, readPass, readRejects, readRuns } from './ledger.ts';
import { readOutbox } from './outbox.ts';
import { cluesOf, foreignAlias } from './rows/aliases.ts';
import { compareEntries, entryOf, keyOfId, liveEntries, type Register, registerOf } from './rows/entries.ts';
import { rowsIn } from './rows/rows.ts';
import { hasSchema } from './schema.ts';
import { inspectTable, readLease } from './take-over.ts';

/** Reads the database; null while there is none. The schema says whether our own tables are there. */
export type Read = <T>(work: (connection: Connection, hasOurs: boolean) => T, empty: T) => Promise<T>;

export interface SqliteReaderOptions {
  readonly file: string;
  /** The sync's name. */
  readonly name: string;
}

const readerPatience: Patience = { busyMs: 5000, stepMs: 25 };

/** Opens a SQLite target to read from. Never makes the file, nor a table: what is not there reads as empty. */
export async function openSqliteReader({ file, name }: SqliteReaderOptions): Promise<TargetReader> {
  let connection: Connection | undefined;
  const read: Read = async (work, empty) => {
    if (!connection && !existsSync(file)) return empty;
    const open = connection ?? openConnection(file, readerPatience, { readOnly: true });
    connection = open;
    return open.read(() => work(open, hasSchema(open)));
  };
  return {
    label: `sqlite:${file}`,
    ...readerMethods(read, name),
    async [Symbol.asyncDispose]() {
      connection?.close();
    },
  };
}

/** What a reader and a target have in common. */
export function readerMethods(read: Read, name: string): Omit<TargetReader, 'label' | typeof Symbol.asyncDispose> {
  const ours = <T>(work: (connection: Connection) => T, empty: T): Promise<T> =>
    read((connection, hasOurs) => (hasOurs ? work(connection) : empty), empty);
  const registered = <T>(
    resource: string,
    work: (connection: Connection, register: Register) => T,
    empty: T,
  ): Promise<T> =>
    ours((connection) => {
      const register = registerOf(connection, name, resource);
      return register ? work(connection, register) : empty;
    }, empty);

  return {
    lease: () => ours((connection) => readLease(connection, name), null),
    pass: (resource) => ours((connection) => readPass(connection, name, resource), null),
    inspect: (table) =>
      read((connection) => inspectTable(connection, name, table), {
        exists: false,
        missingColumns: [],
        problems: [],
        warnings: [],
      }),
    compare: ({ resource }, entries) =>
      registered(resource, (connection, { id }) => compareEntries(connection, id, entries), {
        unchanged: [],
        different: entries.map((_entry, at) => at),
      }),
    find: (table, records) =>
      read(
        (connection, hasOurs) => {
          const of = hasOurs ? registerOf(connection, name, table.resource)?.id : undefined;
          return findRecords(connection, { table, records }, of);
        },
        records.map(() => ({ entry: null, row: null, isRowDeleted: false })),
      ),
    clues: (table, adapter, arrived) =>
      read(
        (connection, hasOurs) => {
          const of = hasOurs ? registerOf(connection, name, table.resource)?.id : undefined;
          return cluesOf(connection, table, { of, adapter }, arrived);
        },
        arrived.map(() => noClues),
      ),
    foreignAlias: (resource, adapter) =>
      registered(resource, (connection, { id: of }) => foreignAlias(connection, { of, adapter }), null),
    idsOf: (resource, keys) =>
      registered(
        resource,
        (connection, { id: of }) =>
          keys.map((key) => entryOf(connection, of, key)).flatMap((entry) => (entry && !entry.deleted ? entry.id : [])),
        [],
      ),
    countLive: (resource) => registered(resource, (_connection, { live }) => live, 0),
    liveAfter: (resource, after, limit) =>
      registered(resource, (connection, { id }) => liveEntries(connection, id, after, limit), { ids: [], missed: [] }),
    rowsOf: (table, ids) =>
      registered(
        table.resource,
        (connection, { id: of }) => {
          const rows = rowsIn(connection, table);
          const keys = ids.flatMap((id) => keyOfId(connection, of, id) ?? []);
          return keys.map((key) => ({ key, row: rows.ofKey(key)?.row ?? null }));
        },
        [],
      ),
    outbox: (after, limit) =>
      ours((connection) => readOutbox(connection, name, after, limit), {
        generation: after.generation,
        firstSeq: after.seq + 1,
        events: [],
      }),
    groups: () => ours((connection) => readGroups(connection, name), []),
    runs: (limit) => ours((connection) => readRuns(connection, name, limit), []),
    rejects: ({ resource, limit }) => ours((connection) => readRejects(connection, name, resource, limit), []),
    countRejects: (resource) => ours((connection) => countRejects(connection, name, resource), 0),
  };
}

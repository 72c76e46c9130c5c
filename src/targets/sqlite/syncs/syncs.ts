import { existsSync } from 'node:fs';
import type { KnownSync, OwnedTable, Syncs } from '../../../syncs.ts';
import type { Timings } from '../../../timings.ts';
import { clearedTables, existsError } from '../../sql/forgetting.ts';
import { quoted } from '../../sql/identifiers.ts';
import { type Connection, openConnection } from '../connection/connection.ts';
import { readFence } from '../fence/fence.ts';
import { hasSchema } from '../schema.ts';
import { readGroups } from '../state/ledger.ts';
import { giveUp, isLeft, removeSome } from './forget.ts';
import { existing, removeFrom, tablesWithName } from './our-tables.ts';

export interface SqliteSyncsOptions {
  readonly file: string;
  readonly timings: Pick<Timings, 'targetBusyMs' | 'targetBusyStepMs'>;
}

/** Opens the syncs of a SQLite database. Where there is no file, there are none, and none is made. */
export function openSqliteSyncs({ file, timings }: SqliteSyncsOptions): Syncs {
  const patience = { busyMs: timings.targetBusyMs, stepMs: timings.targetBusyStepMs };
  let opened: Connection | undefined;
  const open = (): Connection | undefined => {
    if (opened || existsSync(file)) opened ??= openConnection(file, patience, { readOnly: false });
    return opened;
  };
  const reading = async <T>(work: (connection: Connection) => T, empty: T): Promise<T> => {
    const connection = open();
    return connection ? connection.read(() => (hasSchema(connection) ? work(connection) : empty)) : empty;
  };
  const writing = async <T>(work: (connection: Connection) => T, empty: T): Promise<T> => {
    const connection = open();
    return connection ? connection.transaction(() => (hasSchema(connection) ? work(connection) : empty)) : empty;
  };
  return {
    known: (name) => reading((connection) => knownSync(connection, name), null),
    names: () => reading(namesOf, []),
    rename: (from, to) => writing((connection) => rename(connection, from, to), false),
    async forget(name, resources) {
      await writing((connection) => giveUp(connection, name, resources), undefined);
      while (await writing((connection) => removeSome(connection, name), false));
    },
    dropTables: (tables) =>
      writing((connection) => {
        for (const table of tables) connection.exec(`DROP TABLE IF EXISTS ${quoted(table)}`);
      }, undefined),
    async [Symbol.asyncDispose]() {
      opened?.close();
    },
  };
}

function knownSync(connection: Connection, name: string): KnownSync | null {
  const hasRun = readFence(connection, name) !== null;
  if (!hasRun && !isLeft(connection, name)) return null;
  const [dead] = existing(connection, ['_sync_dead']);
  return {
    hasRun,
    tables: tablesOf(connection, name),
    events: countIn(connection, '_sync_outbox', 'coalesce(sum(last_seq - first_seq + 1), 0)', name),
    deadLetters: dead ? countIn(connection, dead, 'count(*)', name) : 0,
    groups: readGroups(connection, name).map(({ group }) => group),
  };
}

function tablesOf(connection: Connection, name: string): OwnedTable[] {
  return connection
    .statement('SELECT resource, table_name, live FROM _sync_tables WHERE name = ? ORDER BY resource')
    .all(name)
    .map((row) => ({ resource: String(row.resource), table: String(row.table_name), live: Number(row.live) }));
}

function countIn(connection: Connection, table: string, what: string, name: string): number {
  return Number(connection.statement(`SELECT ${what} AS n FROM ${table} WHERE name = ?`).get(name)?.n);
}

function namesOf(connection: Connection): string[] {
  return connection
    .statement('SELECT name FROM _sync_lease ORDER BY name')
    .all()
    .map(({ name }) => String(name));
}

function rename(connection: Connection, from: string, to: string): boolean {
  if (readFence(connection, from) === null) return false;
  if (readFence(connection, to) !== null) throw existsError(connection.label, to);
  const tables = tablesWithName(connection);
  // A daemon may have been started under the new name already, or a sync of this name was forgotten half-way.
  for (const table of clearedTables(tables)) removeFrom(connection, table, to);
  for (const table of tables) connection.statement(`UPDATE ${quoted(table)} SET name = ? WHERE name = ?`).run(to, from);
  return true;
}

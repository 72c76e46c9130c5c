import { existsSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { zstdDecompressSync } from 'node:zlib';
import type { PostgresDatabase } from './postgres.ts';
import type { Row, SyncEvent } from './sync-event.ts';

export type Parameter = string | number;

/** How a test reads the database of a project, SQLite or Postgres. */
export interface ProjectDatabase {
  /** Any query, with `?` for its parameters. Returns no rows while the table does not exist. */
  query(sql: string, ...parameters: Parameter[]): Promise<Row[]>;
  /** All rows of a table, soft-deleted ones too, ordered by id. */
  rows(table?: string): Promise<Row[]>;
  /** The rows of every table except the throttle's, which the fence does not protect: shows that nothing was written. */
  contents(): Promise<Readonly<Record<string, Row[]>>>;
  /** All events of the outbox, or those of one type, oldest first. */
  events(type?: string): Promise<SyncEvent[]>;
  /** Copies everything. The function that it returns replaces the database by that copy. */
  backUp(): Promise<() => Promise<void>>;
}

/** The same without promises, as in node:sqlite. */
export interface AtOnce {
  query(sql: string, ...parameters: Parameter[]): Row[];
  rows(table?: string): Row[];
  events(type?: string): SyncEvent[];
}

/** Queries on a SQLite file, which may not exist yet. */
export function sqliteDatabase(file: string, name: string): AtOnce {
  const query = (sql: string, ...parameters: Parameter[]): Row[] => {
    if (!existsSync(file)) return [];
    using database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
    return database.prepare(sql).all(...parameters);
  };
  return {
    query,
    rows: (table = 'customers') => query(rowsSql(table)),
    events: (type) => eventsOf(query(outboxSql, name), type),
  };
}

/** For a project on Postgres, which can only answer with promises: a test for both engines reads `database`. */
export const nothingAtOnce: AtOnce = { query: notAtOnce, rows: notAtOnce, events: notAtOnce };

function notAtOnce(): never {
  throw new Error('the project is on Postgres: its database answers with promises');
}

export function withPromises({ query, rows, events }: AtOnce, file: string): ProjectDatabase {
  return {
    contents: () => contentsOf("SELECT name FROM sqlite_master WHERE type = 'table'", async (sql) => query(sql)),
    query: async (sql, ...parameters) => orNothing(() => query(sql, ...parameters)),
    rows: async (table) => orNothing(() => rows(table)),
    events: async (type) => orNothing(() => events(type)),
    backUp: () => backUpFile(file),
  };
}

async function backUpFile(file: string): Promise<() => Promise<void>> {
  const backup = `${file}.backup`;
  using database = new DatabaseSync(file);
  database.exec(`VACUUM INTO '${backup}'`);
  return async () => {
    for (const suffix of ['-wal', '-shm']) await rm(file + suffix, { force: true });
    await cp(backup, file);
  };
}

async function contentsOf(tables: string, query: (sql: string) => Promise<Row[]>) {
  const names = (await query(tables)).map(({ name }) => String(name)).filter((name) => name !== '_sync_throttle');
  const contents: Record<string, Row[]> = {};
  for (const name of names.toSorted()) {
    const rows = (await query(`SELECT * FROM "${name}"`)).map((row) => [JSON.stringify(row), row] as const);
    contents[name] = rows.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }
  return contents;
}

async function orNothing<T>(ask: () => T[] | Promise<T[]>): Promise<T[]> {
  try {
    return await ask();
  } catch (error) {
    if (/no such table|relation "\w+" does not exist/.test(String(error))) return [];
    throw error;
  }
}

export function postgresDatabase(postgres: PostgresDatabase, name: string): ProjectDatabase {
  const query = (sql: string, ...parameters: Parameter[]): Promise<Row[]> => {
    let nth = 0;
    const numbered = sql.replaceAll('?', () => {
      nth += 1;
      return `$${nth}`;
    });
    return orNothing(async () => [...(await postgres.rows(numbered, parameters))]);
  };
  return {
    contents: () => contentsOf("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'", query),
    query,
    rows: (table = 'customers') => query(rowsSql(table)),
    events: async (type) => eventsOf(await query(outboxSql, name), type),
    backUp: postgres.backUp,
  };
}

const outboxSql = 'SELECT * FROM _sync_outbox WHERE name = ? ORDER BY generation, first_seq';

function rowsSql(table: string): string {
  return `SELECT * FROM "${table}" ORDER BY id`;
}

function eventsOf(outbox: readonly Row[], type?: string): SyncEvent[] {
  const events = outbox.flatMap((row) => textOf(row).split('\n').map(parseEvent));
  return type === undefined ? events : events.filter((event) => event.type === type);
}

/** The events of an outbox row: text, or what docs/protocol.md says of a large transaction. */
export function textOf({ events, packed }: Row): string {
  const bytes = packed ?? events;
  return bytes instanceof Uint8Array ? zstdDecompressSync(bytes).toString().trimEnd() : String(events);
}

export function parseEvent(text: string): SyncEvent {
  return JSON.parse(text);
}

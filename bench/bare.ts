// The steps of a run as a bare loop, without config, lock, fence, throttle, checkpoint, validation, quarantine and recovery.
// A run is measured against it. `node bench/bare.ts load|compare FILE DATABASE REDIS_URL`
import { hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';

const columns = ['id', 'email', 'state', 'updated_at', 'address', 'tags', 'note', 'visits'] as const;

export interface BareRecord {
  readonly key: string;
  /** In the order of `columns`; what is nested as JSON text. */
  readonly values: readonly (string | number)[];
  readonly hash: string;
}

/** A database with the system's table, the hashes, and an outbox. */
export function openBare(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -32000; PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE IF NOT EXISTS customers (id TEXT PRIMARY KEY, email TEXT, state TEXT, updated_at TEXT, address TEXT, tags TEXT, note TEXT, visits INTEGER);
    CREATE TABLE IF NOT EXISTS shadow (id INTEGER PRIMARY KEY, key TEXT UNIQUE, hash TEXT);
    CREATE TABLE IF NOT EXISTS outbox (id INTEGER PRIMARY KEY, events TEXT)`);
  return database;
}

/** Writes rows, hashes and events of one batch in one transaction. Returns the events. */
export function writeBare(database: DatabaseSync, batch: readonly BareRecord[]): string[] {
  const row = database.prepare('INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const shadow = database.prepare('INSERT INTO shadow (key, hash) VALUES (?, ?)');
  const events = batch.map(bareEvent);
  database.exec('BEGIN IMMEDIATE');
  for (const { values } of batch) row.run(...values);
  for (const { key, hash: digest } of batch) shadow.run(key, digest);
  database.prepare('INSERT INTO outbox (events) VALUES (?)').run(events.join('\n'));
  database.exec('COMMIT');
  return events;
}

function bareEvent({ key, values }: BareRecord): string {
  const after = Object.fromEntries(columns.map((name, at) => [name, values[at]]));
  return JSON.stringify({
    specversion: '1.0',
    type: 'customers.created',
    subject: key,
    data: { key, before: null, after },
  });
}

/** Finds with one query which records of a batch differ. */
export function compareBare(database: DatabaseSync, batch: readonly BareRecord[]): number[] {
  const entries = JSON.stringify(batch.map(({ key, hash: digest }) => [key, digest]));
  const rows = database
    .prepare(
      `SELECT e.key FROM json_each(?) e LEFT JOIN shadow s ON s.key = e.value ->> 0 AND s.hash = e.value ->> 1
       WHERE s.id IS NULL`,
    )
    .all(entries);
  return rows.map(({ key }) => Number(key));
}

const perBatch = 2000;
const perCall = 1000;

async function* readBatches(file: string): AsyncGenerator<BareRecord[]> {
  let open = '';
  let batch: BareRecord[] = [];
  for await (const chunk of createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })) {
    const lines = (open + chunk).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) batch.push(recordOf(JSON.parse(line)));
    if (batch.length < perBatch) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function recordOf(raw: Readonly<Record<string, unknown>>): BareRecord {
  const values = columns.map((name) => {
    const value = raw[name];
    return typeof value === 'object' ? JSON.stringify(value) : (value as string | number);
  });
  return { key: String(raw.id), values, hash: hash('sha256', values.join('\n'), 'base64url').slice(0, 22) };
}

const appendAll = `for i = 1, #ARGV do redis.call('XADD', KEYS[1], 'MAXLEN', '~', '100000', '*', 'event', ARGV[i]) end`;

async function loadBare(file: string, database: DatabaseSync, redis: Redis): Promise<void> {
  let sending: Promise<unknown> = Promise.resolve();
  for await (const batch of readBatches(file)) {
    const events = writeBare(database, compareBare(database, batch).map((at) => batch[at]) as BareRecord[]);
    await sending;
    sending = append(redis, events);
  }
  await sending;
}

async function append(redis: Redis, events: readonly string[]): Promise<void> {
  for (let at = 0; at < events.length; at += perCall) {
    await redis.eval(appendAll, 1, 'bare:events', ...events.slice(at, at + perCall));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , work, file = '', into = '', url = ''] = process.argv;
  const database = openBare(into);
  const redis = new Redis(url);
  if (work === 'load') await loadBare(file, database, redis);
  else for await (const batch of readBatches(file)) if (compareBare(database, batch).length > 0) process.exitCode = 1;
  redis.disconnect();
  database.close();
}

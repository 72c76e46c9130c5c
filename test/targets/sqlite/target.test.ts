import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ConfigError, IntegrityError, UnreachableError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { Target } from '../../../src/target.ts';
import { translate } from '../../../src/targets/sqlite/connection/errors.ts';
import { openSqliteReader } from '../../../src/targets/sqlite/reader.ts';
import { openSqliteTarget } from '../../../src/targets/sqlite/target.ts';
import { bookContract } from '../../contracts/book.ts';
import { chunksContract } from '../../contracts/chunks.ts';
import { cluesContract } from '../../contracts/clues.ts';
import { lefts, migrationContract } from '../../contracts/migration.ts';
import { outboxContract } from '../../contracts/outbox.ts';
import { refreshTokensContract } from '../../contracts/refresh-tokens.ts';
import { keepersOf, slotKeeperContract } from '../../contracts/slots.ts';
import {
  ada,
  adaMoved,
  batchOf,
  bob,
  checkpointOf,
  customersTable,
  eve,
  record,
  type TargetWorld,
  takeOver,
  targetContract,
  write,
} from '../../contracts/target.ts';

const timings = { targetBusyMs: 150, targetBusyStepMs: 5 };
let directory: string;
let file: string;
const opened: AsyncDisposable[] = [];

const open = async (options: { readonly busyMs?: number; readonly at?: string } = {}): Promise<Target> => {
  const targetBusyMs = options.busyMs ?? timings.targetBusyMs;
  const target = await openSqliteTarget({
    file: options.at ?? file,
    name: 'crm',
    timings: { ...timings, targetBusyMs },
    log: silentLog,
  });
  opened.push(target);
  return target;
};

const translated = (work: () => void): unknown => {
  try {
    work();
    return undefined;
  } catch (error) {
    return translate(error, 'sqlite:system.db');
  }
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sync-sqlite-'));
  file = join(directory, 'system.db');
});

afterEach(async () => {
  for (const target of opened.splice(0)) await target[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

const world = async (fixture?: string): Promise<TargetWorld> => {
  const place = mkdtempSync(join(tmpdir(), 'sync-contract-'));
  const at = join(place, 'system.db');
  if (fixture) copyFileSync(fixture, at);
  let system: DatabaseSync | undefined;
  const database = () => {
    system ??= new DatabaseSync(at, { timeout: 1000 });
    return system;
  };
  return {
    open: (name) => openSqliteTarget({ file: at, name, timings, log: silentLog }),
    reader: (name) => openSqliteReader({ file: at, name }),
    sql: async (statement) => database().exec(statement),
    rows: async (query) =>
      database()
        .prepare(query)
        .all()
        .map((row) => ({ ...row })),
    async [Symbol.asyncDispose]() {
      system?.close();
      rmSync(place, { recursive: true, force: true });
    },
  };
};
targetContract('SQLite', () => world());
cluesContract('SQLite', () => world());
bookContract('SQLite', () => world());
outboxContract('SQLite', () => world());
chunksContract('SQLite', () => world(), 12);
refreshTokensContract('SQLite', () => world());
for (const left of lefts) migrationContract('SQLite', left, () => world(`test/fixtures/${left.folder}/sqlite.db`));

describe('a SQLite file', () => {
  test("gets a write-ahead log when it is ours, and keeps its mode when it is the system's", async () => {
    await takeOver(await open());
    const mode = (path: string) => {
      using database = new DatabaseSync(path);
      return database.prepare('PRAGMA journal_mode').get()?.journal_mode;
    };
    expect(mode(file)).toBe('wal');
    const theirs = join(directory, 'theirs.db');
    new DatabaseSync(theirs).exec('CREATE TABLE t (x)');
    await write(await takeOver(await open({ at: theirs })), [ada]);
    expect(mode(theirs)).toBe('delete');
  });

  test('is never made by a reader', async () => {
    await using reader = await openSqliteReader({ file, name: 'crm' });
    expect(await reader.fence()).toBeNull();
    expect(existsSync(file)).toBe(false);
  });

  test('is read by a reader that was opened before it was there', async () => {
    await using reader = await openSqliteReader({ file, name: 'crm' });
    expect(await reader.countLive('customers')).toBe(0);
    await write(await takeOver(await open()), [ada]);
    expect(await reader.countLive('customers')).toBe(1);
  });

  test('in a directory that is missing is a config error', async () => {
    await expect(open({ at: join(directory, 'none', 'x.db') })).rejects.toThrow(ConfigError);
    await expect(open({ at: join(directory, 'none', 'x.db') })).rejects.toMatchObject({
      hint: expect.stringContaining('directory'),
    });
  });

  test('that is not a database is a config error', async () => {
    writeFileSync(file, 'this is a text and no database '.repeat(100));
    await expect(open()).rejects.toThrow(/is not a SQLite database/);
    await expect(open()).rejects.toThrow(ConfigError);
  });

  test('that is damaged is reported as damaged', async () => {
    const target = await takeOver(await open());
    await write(
      target,
      Array.from({ length: 200 }, (_, n) => record(`${n}`, 'x'.repeat(500), n, null, null, null)),
    );
    await target[Symbol.asyncDispose]();
    const broken = new DatabaseSync(file);
    broken.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    broken.close();
    const bytes = Buffer.alloc(8192 * 8, 0xab);
    const handle = openSync(file, 'r+');
    writeSync(handle, bytes, 0, bytes.length, 4096 * 2);
    closeSync(handle);
    await expect(open().then((reopened) => takeOver(reopened))).rejects.toThrow(/damaged/);
  });

  test('of a newer release is left alone', async () => {
    await takeOver(await open());
    new DatabaseSync(file).exec('UPDATE _sync_schema SET version = 99');
    await expect(open().then((target) => takeOver(target))).rejects.toThrow(/version 99/);
  });

  test('that lost commits stops the run', async () => {
    const target = await takeOver(await open());
    await write(target, [ada]);
    new DatabaseSync(file).exec('UPDATE _sync_lease SET next_seq = 1');
    await expect(write(target, [bob])).rejects.toThrow(IntegrityError);
    const rows = new DatabaseSync(file).prepare('SELECT id FROM customers').all();
    expect(rows.map(({ id }) => id)).toEqual(['1']);
  });

  test('on a full disk says so, as unreachable', () => {
    using database = new DatabaseSync(file);
    database.exec('CREATE TABLE t (x); PRAGMA max_page_count = 3');
    const saying = translated(() => database.exec('INSERT INTO t VALUES (randomblob(100000))'));
    expect(saying).toBeInstanceOf(UnreachableError);
    expect(saying).toMatchObject({
      message: expect.stringMatching(/disk of the target .* is full.*nothing was written/),
    });
  });
});

describe('while another program writes', () => {
  const holder = () => {
    const database = new DatabaseSync(file);
    database.exec('BEGIN IMMEDIATE');
    return database;
  };

  test('gives up as unreachable, with nothing written and the event loop free meanwhile', async () => {
    const target = await takeOver(await open());
    using held = holder();
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await expect(write(target, [ada])).rejects.toThrow(UnreachableError);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
    held.exec('ROLLBACK');
    expect(await target.countLive('customers')).toBe(0);
    expect(await write(target, [ada])).toMatchObject({ counts: { created: 1 } });
  });

  test('waits for a lock that is given back in time', async () => {
    const target = await takeOver(await open({ busyMs: 30_000 }));
    using held = holder();
    const writing = write(target, [ada]);
    setImmediate(() => held.exec('COMMIT'));
    expect(await writing).toMatchObject({ counts: { created: 1 } });
  });

  test('stops waiting when the run must stop', async () => {
    const target = await takeOver(await open({ busyMs: 30_000 }));
    using _held = holder();
    const stop = new AbortController();
    const writing = target.commit(batchOf([ada]), stop.signal);
    setImmediate(() => stop.abort(new Error('stopped')));
    await expect(writing).rejects.toThrow('stopped');
  });

  test('a process that is killed inside its transaction leaves the target free', async () => {
    const target = await takeOver(await open({ busyMs: 30_000 }));
    const script = `const { DatabaseSync } = require('node:sqlite'); const db = new DatabaseSync(${JSON.stringify(file)});
      db.exec('BEGIN IMMEDIATE'); console.log('held'); setInterval(() => {}, 1000);`;
    const other = spawn(process.execPath, ['-e', script]);
    await once(other.stdout, 'data');
    const writing = write(target, [ada]);
    other.kill('SIGKILL');
    expect(await writing).toMatchObject({ counts: { created: 1 } });
  });

  test('readers of a file with a write-ahead log continue', async () => {
    const target = await takeOver(await open());
    await write(target, [ada]);
    using _held = holder();
    await using reader = await openSqliteReader({ file, name: 'crm' });
    expect((await reader.find(customersTable(), [ada]))[0]?.row).toEqual(ada.values);
    expect(await target.countLive('customers')).toBe(1);
  });

  test('a reader that holds a file of the older mode delays a commit, and loses nothing', async () => {
    new DatabaseSync(file).exec('CREATE TABLE t (x); INSERT INTO t VALUES (1)');
    const target = await takeOver(await open({ busyMs: 30_000 }));
    using reading = new DatabaseSync(file);
    reading.exec('BEGIN; SELECT * FROM t');
    const writing = write(target, [ada, bob]);
    setImmediate(() => reading.exec('COMMIT'));
    expect(await writing).toMatchObject({ ids: [1, 2], nextSeq: 3 });
  });
});

describe("the system's own table", () => {
  const system = (statements: string): void => {
    using database = new DatabaseSync(file);
    database.exec(statements);
  };
  const problems = async (statements: string) => {
    system(statements);
    return (await (await open()).inspect(customersTable())).problems;
  };

  test('is taken with columns that differ by case only', async () => {
    system('CREATE TABLE Customers (ID TEXT PRIMARY KEY, Email TEXT, Deleted_At TEXT)');
    const target = await takeOver(await open());
    await write(target, [ada]);
    expect((await target.find(customersTable(), [ada]))[0]?.row).toEqual(ada.values);
  });

  test('does not fit when a column of ours is generated, when it is a view, or when the mark cannot be set', async () => {
    expect(await problems("CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT AS (id || '@'))")).toEqual([
      expect.stringContaining('generated'),
    ]);
    expect(await problems('DROP TABLE customers; CREATE VIEW customers AS SELECT 1 AS id')).toEqual([
      expect.stringContaining('view'),
    ]);
    const marked =
      "DROP VIEW customers; CREATE TABLE customers (id TEXT PRIMARY KEY, deleted_at TEXT NOT NULL DEFAULT '')";
    expect(await problems(marked)).toEqual([expect.stringContaining('mark of a soft delete')]);
  });

  test('with an integer key of its own is found by it', async () => {
    system(
      "CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT); INSERT INTO customers VALUES (1, 'ada@example.com')",
    );
    const target = await takeOver(await open());
    expect(await write(target, [ada, bob])).toMatchObject({ counts: { created: 1, updated: 1 } });
    expect((await target.rowsOf(customersTable(), [1]))[0]?.row).toEqual(ada.values);
  });

  test('that ignores case refuses the second of two keys that differ by case only', async () => {
    system('CREATE TABLE customers (id TEXT COLLATE NOCASE PRIMARY KEY, email TEXT)');
    const target = await takeOver(await open());
    const keys = ['a', 'A'].map((key) => record(key, key, null, null, null, null));
    expect(await write(target, keys)).toMatchObject({ counts: { created: 1 }, refused: [{ key: 'A' }] });
  });

  test('may have JSON in another form: it is compared by its meaning', async () => {
    const target = await takeOver(await open());
    await write(target, [ada]);
    system(`UPDATE customers SET tags = '[ "a", "b" ]'`);
    expect((await target.find(customersTable(), [ada]))[0]?.row).toEqual(ada.values);
    system(`UPDATE customers SET tags = 'no json'`);
    expect((await target.find(customersTable(), [ada]))[0]?.row?.[5]).toBe('"no json"');
  });

  test('with a trigger that leaves rows out, or stops them, refuses these records alone', async () => {
    system(`CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT);
      CREATE TRIGGER skip BEFORE INSERT ON customers WHEN new.id = '1' BEGIN SELECT RAISE(IGNORE); END;
      CREATE TRIGGER stop BEFORE INSERT ON customers WHEN new.id = '2' BEGIN SELECT RAISE(ABORT, 'no bob'); END`);
    const target = await takeOver(await open());
    const { counts, refused } = await write(target, [ada, bob, eve]);
    expect(counts.created).toBe(1);
    expect(refused.map(({ reasons }) => reasons[0])).toEqual([
      expect.stringContaining('left the row out'),
      expect.stringContaining('no bob'),
    ]);
  });

  test('whose conflict clause would replace a row refuses the record instead', async () => {
    system('CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT UNIQUE ON CONFLICT REPLACE)');
    const target = await takeOver(await open());
    const twin = record('2', 'ada@example.com', null, null, null, null);
    expect(await write(target, [ada, twin])).toMatchObject({ counts: { created: 1 }, refused: [{ key: '2' }] });
  });

  test('refuses a record with a value that no column can hold, and takes the others', async () => {
    const target = await takeOver(await open());
    const huge = record('9', 'x', 2n ** 63n, null, null, null);
    const half = record('8', '\ud800', 1, null, null, null);
    const { counts, refused } = await write(target, [huge, ada, half]);
    expect(counts.created).toBe(1);
    expect(refused.map(({ key }) => key)).toEqual(['9', '8']);
  });
});

test('deletes thousands of records in several transactions, and says how many so far and when it is done', async () => {
  const target = await takeOver(await open());
  const many = Array.from({ length: 2500 }, (_, n) => record(String(n), 'x', n, null, null, null));
  const { ids, nextSeq } = await write(target, many);
  const stored: [number, boolean][] = [];
  const checkpoint = (deleted: number, isWhole: boolean) => {
    stored.push([deleted, isWhole]);
    return { checkpoint: checkpointOf(1) };
  };
  const events = { source: '/test', silent: false };
  const removal = { table: customersTable(), ids, missing: [], found: [], events, checkpoint };
  expect(await target.remove(removal, new AbortController().signal)).toMatchObject({
    ...{ counts: { created: 0, updated: 0, deleted: 2500 }, events: 2500, nextSeq: nextSeq + 2500, busy: [] },
  });
  expect(stored).toEqual([
    [1000, false],
    [2000, false],
    [2500, true],
  ]);
  expect(await target.countLive('customers')).toBe(0);
});

test('a backup that replaces the file is detected', async () => {
  const target = await takeOver(await open());
  await write(target, [ada]);
  const copy = join(directory, 'copy.db');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  copyFileSync(file, copy);
  await write(target, [adaMoved]);
  await target[Symbol.asyncDispose]();
  const restored = await takeOver(await open({ at: copy }));
  expect((await restored.fence())?.nextSeq).toBe(2);
});

test('a file that may not be written is a config error', () => {
  new DatabaseSync(file).exec('CREATE TABLE t (x)');
  using database = new DatabaseSync(file, { readOnly: true });
  const saying = translated(() => database.exec('INSERT INTO t VALUES (1)'));
  expect(saying).toBeInstanceOf(ConfigError);
  expect(saying).toMatchObject({ message: expect.stringContaining('cannot be written by this user') });
});

slotKeeperContract('SQLite', async () => {
  const place = mkdtempSync(join(tmpdir(), 'sync-slots-'));
  const at = join(place, 'system.db');
  const openAt = (name: string) =>
    openSqliteTarget({ file: at, name, timings: { targetBusyMs: 30_000, targetBusyStepMs: 5 }, log: silentLog });
  return keepersOf(openAt, () => rmSync(place, { recursive: true, force: true }));
});

describe('a guard row', () => {
  const slot = { id: 'grant', key: 'acme' };
  const minutely = [{ hits: 1, perMs: 60_000 }];

  test('that frees later than any reservation could is clamped: the clock jumped back', async () => {
    const target = await open();
    await target.slots.take(slot, minutely, 5000);
    using database = new DatabaseSync(file);
    database.exec('UPDATE _sync_throttle SET until = until + 3600000');
    const answer = await target.slots.take({ id: 'other', key: 'acme' }, minutely, 5000);
    expect(answer).toMatchObject({ granted: false });
    expect(answer.granted ? 0 : answer.waitMs).toBeLessThanOrEqual(65_000);
  });

  test('is not freed by a wall clock that was set forward', async () => {
    const target = await open();
    await target.slots.take(slot, minutely, 5000);
    await target.slots.settle(slot, 60_000);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    const answer = await (await open()).slots.take({ id: 'other', key: 'acme' }, minutely, 5000);
    expect(answer).toMatchObject({ granted: false });
    expect(answer.granted ? 0 : answer.waitMs).toBeGreaterThan(50_000);
  });

  test('outlives the sync that made it', async () => {
    await (await open()).slots.take(slot, minutely, 5000);
    const again = await open();
    expect(await again.slots.take({ id: 'other', key: 'acme' }, minutely, 5000)).toMatchObject({ granted: false });
    expect(await again.slots.take({ id: 'other', key: 'elsewhere' }, minutely, 5000)).toEqual({ granted: true });
  });
});

test('a database that a run makes is for its own user only, with all its files; one that exists keeps its mode', async () => {
  await write(await takeOver(await open()), [ada]);
  const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
  expect(modes.length).toBeGreaterThan(1);
  expect(modes.filter(([, mode]) => mode !== 0o600)).toEqual([]);

  const shared = join(directory, 'shared.db');
  writeFileSync(shared, '');
  chmodSync(shared, 0o660);
  await takeOver(await open({ at: shared }));
  expect(statSync(shared).mode & 0o777).toBe(0o660);
});

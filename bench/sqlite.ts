import { hash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { Found, Step } from '../src/batch.ts';
import { silentLog } from '../src/log.ts';
import type { Column, Prepared } from '../src/record.ts';
import type { ResourceTable } from '../src/table.ts';
import type { Target } from '../src/target.ts';
import { openSqliteTarget } from '../src/targets/sqlite/target.ts';
import { defaultTimings } from '../src/timings.ts';
import { type BareRecord, openBare, writeBare } from './bare.ts';
import { customer } from './records.ts';

// Measures the first load of a resource through the target's `commit`, with an event for each record, and the comparison of
// unchanged records after it, beside a bare loop of the same steps: `node bench/sqlite.ts [records] [random]`.

const total = Number(process.argv[2] ?? 200_000);
const hasRandomKeys = process.argv[3] === 'random';
const batchSize = 2000;

const column = (name: string, kind: Column['kind']): Column => ({ name, kind });
const mapped = [
  column('id', 'text'),
  column('email', 'text'),
  column('state', 'text'),
  column('updated_at', 'timestamp'),
  column('address', 'json'),
  column('tags', 'json'),
  column('note', 'text'),
  column('visits', 'integer'),
];
const customers: ResourceTable = {
  resource: 'customers',
  table: 'customers',
  key: ['id'],
  columns: mapped,
  mapped,
  onDelete: 'soft',
};

const records = Array.from({ length: total }, (_, n): Prepared => {
  const key = hasRandomKeys ? hash('sha1', `${n}`) : String(n).padStart(12, '0');
  const { email, state, updated_at, address, tags, note, visits } = customer(n);
  const values = [key, email, state, updated_at, JSON.stringify(address), JSON.stringify(tags), note, visits];
  return { key, values, hash: hash('sha256', values.join('\n'), 'base64url').slice(0, 22) };
});

function batches(): Prepared[][] {
  return Array.from({ length: Math.ceil(total / batchSize) }, (_, n) =>
    records.slice(n * batchSize, (n + 1) * batchSize),
  );
}

function createAll(prepared: readonly Prepared[], found: readonly Found[]): Step[] {
  return prepared.map((record, n) => ({
    record,
    change: found[n]?.row ? 'none' : { type: 'created', key: record.key, after: record.values },
  }));
}

async function rate(work: () => Promise<void> | void): Promise<number> {
  const start = performance.now();
  await work();
  return total / (performance.now() - start);
}

async function load(target: Target): Promise<void> {
  const events = { source: '/bench', silent: false };
  for (const batch of batches()) {
    const { different } = await target.compare(
      customers,
      batch.map(({ key, hash: digest }) => [key, digest]),
    );
    const fresh = different.flatMap((at) => batch[at] ?? []);
    await target.commit(
      { table: customers, records: fresh, plan: createAll, rejected: [], pass: 1, events },
      new AbortController().signal,
    );
  }
}

async function compareAll(target: Target): Promise<void> {
  for (const batch of batches()) {
    const { different } = await target.compare(
      customers,
      batch.map(({ key, hash: digest }) => [key, digest]),
    );
    if (different.length > 0) throw new Error('a record differs that should not');
  }
}

function bareCompare(database: DatabaseSync): void {
  const select = database.prepare('SELECT hash FROM shadow WHERE key = ?');
  for (const batch of batches())
    for (const { key, hash: digest } of batch) if (select.get(key)?.hash !== digest) throw new Error('differs');
}

const directory = mkdtempSync(join(tmpdir(), 'sync-bench-'));
const timings = defaultTimings;
for (let round = 1; round <= 3; round += 1) {
  const bare = openBare(join(directory, `bare-${round}.db`));
  const bareLoaded = await rate(() => {
    for (const batch of batches()) writeBare(bare, batch as BareRecord[]);
  });
  const bareCompared = await rate(() => bareCompare(bare));
  bare.close();
  const target = await openSqliteTarget({
    file: join(directory, `ours-${round}.db`),
    name: 'bench',
    timings,
    log: silentLog,
  });
  await target.takeOver({ run: 'bench', holder: 'bench' }, [customers], 0);
  const loaded = await rate(() => load(target));
  await target[Symbol.asyncDispose]();
  const again = await openSqliteTarget({
    file: join(directory, `ours-${round}.db`),
    name: 'bench',
    timings,
    log: silentLog,
  });
  const compared = await rate(() => compareAll(again));
  await again[Symbol.asyncDispose]();
  const k = (perMs: number): string => `${perMs.toFixed(0)} k/s`;
  console.log(
    `first load ${k(loaded)}, bare ${k(bareLoaded)} (${(loaded / bareLoaded).toFixed(2)}); ` +
      `unchanged ${k(compared)}, bare look-up per key ${k(bareCompared)} (${(compared / bareCompared).toFixed(2)})`,
  );
}
rmSync(directory, { recursive: true });

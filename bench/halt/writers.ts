import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { runNode } from '../machine.ts';
import { customer, customerSchema } from '../records.ts';

export const phases = ['load', 'update', 'remove'] as const;
export type Phase = (typeof phases)[number];

/** Writes a million rows while the system works on them. */
export interface Writer extends Readonly<Record<Phase, () => Promise<number>>> {
  /** An empty table of the system. Each phase then resolves to the number of its transactions. */
  begin(): Promise<void>;
}

export interface WriterPlace {
  readonly url: string;
  readonly redisUrl: string;
  readonly folder: string;
  readonly total: number;
}

const bin = fileURLToPath(new URL('../../bin/sync.js', import.meta.url));

const tableSql = `DROP SCHEMA public CASCADE;
CREATE SCHEMA public;
CREATE TABLE customers (id text PRIMARY KEY, email text, state text, updated_at timestamptz, address jsonb, tags jsonb,
  note text, visits bigint, touched integer NOT NULL DEFAULT 0, deleted_at timestamptz);`;

/** Ends the process with one clear line if psql or pgbench is missing. */
export async function demandTools(): Promise<void> {
  for (const tool of ['psql', 'pgbench', 'taskset']) {
    const child = spawn(tool, ['--version'], { stdio: 'ignore' });
    const isThere = await Promise.race([
      once(child, 'exit').then(([code]) => code === 0),
      once(child, 'error').then(() => false),
    ]);
    if (isThere) continue;
    process.stderr.write(
      `${tool} was not found on PATH: apt-get install postgresql-client postgresql-contrib util-linux, or the like (taskset is of Linux)\n`,
    );
    process.exit(1);
  }
}

/** The control: psql with one statement per batch and a commit after each. */
export function openPsql(
  { url, total }: Pick<WriterPlace, 'url' | 'total'>,
  batches: Readonly<Record<Phase, number>>,
): Writer {
  const work = async (phase: Phase, statement: (from: number, to: number) => string): Promise<number> => {
    const size = Math.ceil(total / batches[phase]);
    const starts = Array.from({ length: Math.ceil(total / size) }, (_, n) => n * size);
    await psql(url, starts.map((from) => statement(from, Math.min(total, from + size) - 1)).join('\n'));
    return starts.length;
  };
  const ids = (from: number, to: number): string => `id BETWEEN '${idOf(from)}' AND '${idOf(to)}'`;
  return {
    begin: () => psql(url, tableSql),
    load: () =>
      work(
        'load',
        (from, to) => `INSERT INTO customers (id, email, state, updated_at, address, tags, note, visits)
          SELECT lpad(n::text, 12, '0'), 'customer.' || n || '@example.com', 'active', now() + n * interval '1 second',
            jsonb_build_object('street', 'monday parcel ' || n % 180, 'city', 'Leipzig', 'zip', n::text),
            '["gold","newsletter"]', md5(n::text) || ' ' || md5(n || 'note') || ' note', n
          FROM generate_series(${from}, ${to}) n;`,
      ),
    update: () => work('update', (from, to) => `UPDATE customers SET state = 'moved' WHERE ${ids(from, to)};`),
    remove: () => work('remove', (from, to) => `UPDATE customers SET deleted_at = now() WHERE ${ids(from, to)};`),
  };
}

/** The command, with a file in three versions. The last version has a single record. */
export async function openSync({ url, redisUrl, folder, total }: WriterPlace): Promise<Writer> {
  const project = mkdtempSync(join(folder, 'project-'));
  const versions = {
    load: await writeVersion(project, 'loaded', total, 'active'),
    update: await writeVersion(project, 'updated', total, 'moved'),
    remove: await writeVersion(project, 'emptied', 1, 'moved'),
  };
  let round = 0;
  const run = async (file: string): Promise<number> => {
    const before = await transactions(url);
    writeFileSync(
      join(project, 'sync.config.json'),
      JSON.stringify({ ...configOf(file, url, redisUrl), name: `halt-${round}` }),
    );
    const { exitCode, output } = await runNode([bin], { cwd: project });
    if (exitCode !== 0) throw new Error(`cronsync ended with ${exitCode}: ${output}`);
    process.stderr.write(output);
    return (await transactions(url)) - before;
  };
  return {
    begin() {
      round += 1;
      return psql(url, tableSql);
    },
    load: () => run(versions.load),
    update: () => run(versions.update),
    remove: () => run(versions.remove),
  };
}

function configOf(path: string, url: string, redisUrl: string) {
  return {
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: { export: { type: 'file', resources: { customers: { path, format: 'ndjson' } } } },
    target: { type: 'postgres', url },
    redis: { url: redisUrl },
    guard: { maxDeletes: '100%', confirm: 1 },
  };
}

async function writeVersion(project: string, name: string, count: number, state: string): Promise<string> {
  const path = `${name}.ndjson`;
  const out = createWriteStream(join(project, path), { flush: true });
  for (let from = 0; from < count; from += 10_000) {
    const length = Math.min(10_000, count - from);
    const lines = Array.from({ length }, (_, n) => `${JSON.stringify({ ...customer(from + n), state })}\n`);
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return path;
}

function idOf(n: number): string {
  return customer(n).id;
}

/** The transactions of cronsync that wrote something: each has one row in the outbox. */
async function transactions(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const isMade = (await client.query(`SELECT to_regclass('_sync_outbox') IS NOT NULL AS made`)).rows[0].made;
  const count = isMade ? (await client.query('SELECT count(*)::int AS n FROM _sync_outbox')).rows[0].n : 0;
  await client.end();
  return count;
}

async function psql(url: string, statements: string): Promise<void> {
  const child = spawn('psql', ['-q', '-v', 'ON_ERROR_STOP=1', url], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(statements);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`psql ended with ${code}`);
}

// `npm run bench:verify [records]`: measures what `cronsync verify` takes of a million rows in Postgres, and what the system
// notices of it: it updates single rows meanwhile, with a lock_timeout of 1 ms, so that each wait for a lock is an error.
// Writes bench/verify.md. Needs the built command.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { startPostgres } from '../test/helpers/postgres-server.ts';
import { again } from './halt/watch.ts';
import { describeMachine, median, runNode, temporaryFolder } from './machine.ts';
import { customerSchema, writeCustomers } from './records.ts';

const total = Number(process.argv[2] ?? 1_000_000);
const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
const results = fileURLToPath(new URL('verify.md', import.meta.url));
const folder = temporaryFolder('verify');

interface Measured {
  readonly what: string;
  readonly seconds: number;
  readonly peakMb: number;
  readonly exitCode: number;
  readonly system: System;
}

interface System {
  readonly updates: number;
  readonly waits: number;
  /** Milliseconds. */
  readonly median: number;
  readonly slowest: number;
}

const postgres = await startPostgres();
const redis = await startPrivateRedis(folder);
const measured: Measured[] = [];
try {
  await writeCustomers(join(folder, 'customers.ndjson'), total);
  writeConfig(total);
  await command('load', ['run']);
  const [idle] = await beside(() => new Promise((done) => setTimeout(done, 20_000)));
  measured.push({ what: 'idle', seconds: 20, peakMb: 0, exitCode: 0, system: idle });
  await measure('no row differs', ['verify']);
  await measure('a tenth of the rows', ['verify', '--sample', String(Math.floor(total / 10))]);
  await sql('TRUNCATE customers');
  await measure('every row is missing, each is printed', ['verify', '--json']);
} finally {
  await redis.stop();
  await postgres.stop();
}
const text = report();
process.stdout.write(text);
writeFileSync(results, text);

function writeConfig(count: number): void {
  const config = {
    name: `verify-${count}`,
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: {
      export: { type: 'file', resources: { customers: { path: 'customers.ndjson', format: 'ndjson' } } },
    },
    target: { type: 'postgres', url: postgres.url },
    redis: { url: redis.url },
  };
  writeFileSync(join(folder, 'sync.config.json'), JSON.stringify(config));
}

async function command(what: string, args: readonly string[]) {
  const ran = await runNode([bin, ...args], { cwd: folder, peak: join(folder, 'peak') });
  if (ran.exitCode !== 0 && ran.exitCode !== 4) throw new Error(`${what} ended with ${ran.exitCode}: ${ran.output}`);
  return ran;
}

async function measure(what: string, args: readonly string[]): Promise<void> {
  const [system, { tookMs, peakMb, exitCode }] = await beside(() => command(what, args));
  measured.push({ what, seconds: tookMs / 1000, peakMb, exitCode, system });
}

/** Does something while the system updates rows, one each transaction. */
async function beside<T>(work: () => Promise<T>): Promise<readonly [System, T]> {
  const took: number[] = [];
  let waits = 0;
  const system = await again(postgres.url, 2, async (client) => {
    const id = String(Math.floor(Math.random() * total)).padStart(12, '0');
    const startedAt = performance.now();
    try {
      await client.query("SET lock_timeout = '1ms'");
      await client.query('UPDATE customers SET deleted_at = NULL WHERE id = $1', [id]);
      took.push(performance.now() - startedAt);
    } catch (error) {
      if ((error as { code?: string }).code !== '55P03') throw error;
      waits += 1;
    }
  });
  const done = await work();
  await system.end();
  return [{ updates: took.length, waits, median: median(took), slowest: Math.max(...took) }, done];
}

async function sql(statement: string): Promise<void> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  await client.query(statement);
  await client.end();
}

function report(): string {
  const lines = measured.map(({ what, seconds, peakMb, exitCode, system }) => {
    const { updates, waits, median: middle, slowest } = system;
    const verify = peakMb === 0 ? ['', '', ''] : [`${seconds.toFixed(1)} s`, `${peakMb} MB`, String(exitCode)];
    return `| ${[what, ...verify, String(updates), String(waits), `${middle.toFixed(1)} ms`, `${slowest.toFixed(0)} ms`].join(' | ')} |`;
  });
  const count = total.toLocaleString('en');
  return `# What \`npm run bench:verify\` measured

\`cronsync verify\` of ${count} rows in Postgres, while the system updates single rows of the same table.

| what | time | peak memory | exit | updates of the system | waits for a lock | median update | slowest update |
|---|---|---|---|---|---|---|---|
${lines.join('\n')}

Once each, with the database and the system on the same machine. ${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.
`;
}

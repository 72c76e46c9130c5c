import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { allCores } from './cores.ts';

/** What the system's own transactions measured. */
export interface Met {
  /** What each took, in milliseconds since it was due. */
  readonly took: readonly number[];
  readonly errors: number;
}

export interface SystemPlace {
  readonly url: string;
  readonly folder: string;
  readonly total: number;
}

/** Longer than any phase. At the end, pgbench gets SIGALRM, as from its own clock. */
const longestSeconds = 3600;
const clients = 4;

/** Starts the system: 4 clients that read and update single rows, 200 transactions a second in all. Resolves when it is working. */
export async function runSystem({ url, folder, total }: SystemPlace): Promise<{ end(): Promise<Met> }> {
  const place = mkdtempSync(join(folder, 'pgbench-'));
  const script = join(place, 'system.sql');
  writeFileSync(
    script,
    `\\set n random(0, ${total - 1})
SELECT email, state FROM customers WHERE id = lpad(:n::text, 12, '0');
UPDATE customers SET touched = touched + 1 WHERE id = lpad(:n::text, 12, '0');
`,
  );
  const log = ['-l', '--log-prefix', join(place, 'log')];
  const load = ['-n', '-f', script, '-R', '200', '-c', String(clients), '-j', '1', '-T', String(longestSeconds)];
  const child = spawn('taskset', ['--cpu-list', allCores, 'pgbench', ...load, ...log, url], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const closed = once(child, 'close');
  await whenAtWork(url);
  const startedAt = Date.now();
  return {
    async end() {
      const endedAt = Date.now();
      child.kill('SIGALRM');
      const [code] = await closed;
      const words = Buffer.concat(said).toString();
      const hasFailed = code !== 0 || /error|aborted/i.test(words);
      if (hasFailed) process.stderr.write(words);
      const took = readLog(place, startedAt, endedAt);
      rmSync(place, { recursive: true });
      return { took, errors: hasFailed ? 1 : 0 };
    },
  };
}

/** To connect costs more than a transaction, so measuring begins when all clients have done one. */
async function whenAtWork(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const working = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE application_name = 'pgbench' AND query LIKE 'UPDATE%' AND state = 'idle'`;
  while ((await client.query(working)).rows[0].n < clients) await pause(20);
  await client.end();
}

/** A line of pgbench's log: client, number, microseconds since it was due, script, seconds and microseconds of its end, lag. */
function readLog(place: string, startedAt: number, endedAt: number): number[] {
  const took: number[] = [];
  for (const name of readdirSync(place).filter((file) => file.startsWith('log'))) {
    for (const line of readFileSync(join(place, name), 'utf8').trim().split('\n')) {
      const [, , micros = 0, , seconds = 0, rest = 0] = line.split(' ').map(Number);
      const at = seconds * 1000 + rest / 1000;
      if (at - micros / 1000 >= startedAt && at <= endedAt) took.push(micros / 1000);
    }
  }
  return took;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the system's own transactions took. */
export interface Latencies {
  readonly transactions: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface SystemPlace {
  readonly url: string;
  readonly folder: string;
  readonly total: number;
}

/** pgbench cannot be told to end: it runs for so long again and again, and what comes after the end does not count. */
const windowSeconds = 5;

/** Starts the system: 4 clients that read and update single rows, 200 transactions a second in all. */
export async function runSystem({ url, folder, total }: SystemPlace): Promise<{ end(): Promise<Latencies> }> {
  const place = mkdtempSync(join(folder, 'pgbench-'));
  const script = join(place, 'system.sql');
  writeFileSync(
    script,
    `\\set n random(0, ${total - 1})
SELECT email, state FROM customers WHERE id = lpad(:n::text, 12, '0');
UPDATE customers SET touched = touched + 1 WHERE id = lpad(:n::text, 12, '0');
`,
  );
  let endedAt = Number.POSITIVE_INFINITY;
  let errors = 0;
  const run = async (): Promise<void> => {
    for (let nth = 1; Date.now() < endedAt; nth += 1) {
      const log = ['-l', '--log-prefix', join(place, `window-${nth}`)];
      const load = ['-n', '-f', script, '-R', '200', '-c', '4', '-j', '1', '-T', String(windowSeconds)];
      const child = spawn('pgbench', [...load, ...log, url], { stdio: ['ignore', 'ignore', 'pipe'] });
      const said: Buffer[] = [];
      child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
      const [code] = await once(child, 'close');
      const words = Buffer.concat(said).toString();
      if (code === 0 && !/error|aborted/i.test(words)) continue;
      errors += 1;
      process.stderr.write(words);
    }
  };
  const running = run();
  return {
    async end() {
      endedAt = Date.now();
      await running;
      const latencies = readLatencies(place, endedAt);
      rmSync(place, { recursive: true });
      return { ...latencies, errors };
    },
  };
}

/** A line of pgbench's log: client, number, microseconds since it was due, script, seconds and microseconds of its end, lag. */
function readLatencies(place: string, endedAt: number): Omit<Latencies, 'errors'> {
  const took: number[] = [];
  for (const name of readdirSync(place).filter((file) => file.startsWith('window-'))) {
    for (const line of readFileSync(join(place, name), 'utf8').trim().split('\n')) {
      const [, , micros, , seconds] = line.split(' ').map(Number);
      if (micros !== undefined && seconds !== undefined && seconds * 1000 <= endedAt) took.push(micros / 1000);
    }
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
  return { transactions: took.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

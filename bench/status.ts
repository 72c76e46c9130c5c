// `npm run bench:status [records]`: measures what `cronsync status`, and the overview of the page, take on a SQLite database with
// ten million records and the runs of seven days. A small first load makes the tables, and SQL fills them up. Writes bench/status.md. Needs the built command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { describeMachine, median, runNode, temporaryFolder } from './machine.ts';
import { customerSchema, writeCustomers } from './records.ts';

const total = Number(process.argv[2] ?? 10_000_000);
const runsOfAWeek = 7 * 24 * 60;
const times = 15;
const limitMs = 300;
const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
const results = fileURLToPath(new URL('status.md', import.meta.url));
const folder = temporaryFolder('status');

const redis = await startPrivateRedis(folder);
const lines: string[] = [];
try {
  await writeCustomers(join(folder, 'customers.ndjson'), 1000);
  writeConfig();
  await command(['run']);
  await measure('a thousand records, one run', ['status']);
  fill(join(folder, 'sync.db'));
  await measure(`${total.toLocaleString('en')} records, ${runsOfAWeek.toLocaleString('en')} runs`, ['status']);
  await measure('the same, `--json`', ['status', '--json']);
  await measure('the same, `--version`, which opens nothing', ['--version']);
  await measureOverview();
} finally {
  await redis.stop();
}
const text = report();
process.stdout.write(text);
writeFileSync(results, text);

function writeConfig(): void {
  const config = {
    name: 'status',
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: {
      export: { type: 'file', resources: { customers: { path: 'customers.ndjson', format: 'ndjson' } } },
    },
    target: { type: 'sqlite', file: './sync.db' },
    redis: { url: redis.url },
  };
  writeFileSync(join(folder, 'sync.config.json'), JSON.stringify(config));
}

/** Copies what the first load has made, as often as needed. */
function fill(file: string): void {
  using database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const series = (count: number) =>
    `WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < ${count})`;
  database.exec(`${series(total - 1000)}
    INSERT INTO _sync_records (of_table, id, key, hash) SELECT 1, 1000 + n, 'more-' || n, 'hash' FROM series`);
  database.exec(
    `${series(total - 1000)} INSERT INTO customers (id, email) SELECT 'more-' || n, 'x@example.com' FROM series`,
  );
  database.exec(`UPDATE _sync_tables SET live = ${total}, next_record = ${total + 1}`);
  database.exec(`${series(runsOfAWeek)}
    INSERT INTO _sync_runs (name, run, row, started_at, outcome)
    SELECT name, run || '-' || n, json_set(row, '$.run', run || '-' || n,
        '$.startedAt', strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0 - n * 60, 'unixepoch'),
        '$.endedAt', strftime('%Y-%m-%dT%H:%M:%fZ', started_at / 1000.0 - n * 60 + 2, 'unixepoch')),
      started_at - n * 60000, outcome
    FROM (SELECT * FROM _sync_runs LIMIT 1), series`);
  database.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
}

/** How long a command took, and how much of the CPU, in milliseconds. */
async function command(args: readonly string[]): Promise<{ readonly tookMs: number; readonly cpuMs: number }> {
  const file = join(folder, 'cpu');
  const report = `process.on('exit',()=>w(${JSON.stringify(file)},JSON.stringify(process.cpuUsage())))`;
  const module = `data:text/javascript,${encodeURIComponent(`import{writeFileSync as w}from'node:fs';${report}`)}`;
  const ran = await runNode(['--import', module, bin, ...args], { cwd: folder });
  if (ran.exitCode !== 0) throw new Error(`${args.join(' ')} ended with ${ran.exitCode}: ${ran.output}`);
  const { user, system }: NodeJS.CpuUsage = JSON.parse(readFileSync(file, 'utf8'));
  return { tookMs: ran.tookMs, cpuMs: (user + system) / 1000 };
}

async function measure(what: string, args: readonly string[]): Promise<void> {
  const ran = [];
  for (let nth = 0; nth < times; nth += 1) ran.push(await command(args));
  const took = ran.map(({ tookMs }) => tookMs);
  const cells = [median(took), Math.max(...took), median(ran.map(({ cpuMs }) => cpuMs))];
  lines.push(`| ${[what, ...cells.map((ms) => `${ms.toFixed(0)} ms`)].join(' | ')} |`);
}

/** The overview of `cronsync web`, from the request to the end of the answer; the facts of one answer count for a second. */
async function measureOverview(): Promise<void> {
  const web = spawn(process.execPath, [bin, 'web', '127.0.0.1:0'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said] = await once(web.stderr.setEncoding('utf8'), 'data');
  const [url = ''] = /http:\/\/\S+/.exec(String(said)) ?? [];
  const took: number[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    await sleep(1100);
    const startedAt = performance.now();
    const answer = await fetch(url);
    if (!(await answer.text()).includes('customers')) throw new Error(`${url} answered ${answer.status}`);
    took.push(performance.now() - startedAt);
  }
  web.kill();
  await once(web, 'exit');
  lines.push(
    `| the overview of \`cronsync web\` | ${median(took).toFixed(0)} ms | ${Math.max(...took).toFixed(0)} ms | |`,
  );
}

function report(): string {
  return `# What \`npm run bench:status\` measured

\`cronsync status\` as a process, from its start to its end; it may take ${limitMs} ms. The overview may take 200 ms.

| database | median | slowest | CPU |
|---|---|---|---|
${lines.join('\n')}

Of ${times} times each, with Redis and the database on the same machine. ${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.
`;
}

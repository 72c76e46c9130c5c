// `npm run bench:halt [records]`: what a system notices while sync loads a million rows into its Postgres, updates every one
// and deletes them, beside psql writing the same rows in batches of the same size. pgbench is the system: single-row reads
// and updates of those very rows, 200 a second. Needs psql and pgbench on PATH. Writes bench/halt.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { type Latencies, runSystem } from './halt-system.ts';
import { type Seen, watchLocks } from './halt-watch.ts';
import { demandTools, openPsql, openSync } from './halt-writers.ts';
import { describeMachine } from './machine.ts';

interface Phase {
  readonly what: string;
  readonly who: 'nobody' | 'psql' | 'sync';
  readonly work: () => Promise<void>;
}

interface Measured extends Omit<Phase, 'work'>, Latencies, Seen {
  readonly tookMs: number;
}

const total = Number(process.argv[2] ?? 1_000_000);
const idleMs = 20_000;
const longestWaitMs = 300;
const results = fileURLToPath(new URL('halt.md', import.meta.url));

await demandTools();
const folder = mkdtempSync(join(tmpdir(), 'cronsync-halt-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const redis = await startPrivateRedis(folder);
const postgres = await startPostgres(['shared_buffers=512MB', 'max_wal_size=8GB', 'checkpoint_timeout=15min']);
const measured: Measured[] = [];
try {
  const place = { url: postgres.url, redisUrl: redis.url, folder, total };
  for (const writer of [openPsql(place), await openSync(place)]) {
    await writer.begin();
    measured.push(await measure({ what: 'first load', who: writer.who, work: writer.load }));
    if (measured.length === 1) measured.push(await measure({ what: 'idle', who: 'nobody', work: () => pause(idleMs) }));
    measured.push(await measure({ what: 'update of every row', who: writer.who, work: writer.update }));
    measured.push(await measure({ what: 'delete of every row', who: writer.who, work: writer.remove }));
  }
} finally {
  await postgres.stop();
  await redis.stop();
}
report(measured);

async function measure({ what, who, work }: Phase): Promise<Measured> {
  process.stderr.write(`${what}, ${who}\n`);
  const system = await runSystem({ url: postgres.url, folder, total });
  const watch = await watchLocks(postgres.url);
  const startedAt = performance.now();
  await work();
  const tookMs = performance.now() - startedAt;
  const latencies = await system.end();
  return { what, who, tookMs, ...latencies, ...(await watch.end()) };
}

function report(lines: readonly Measured[]): void {
  const head = [
    '| what | who writes | took | system: transactions | median | p99 | longest | waited for a lock | strong locks |',
  ];
  const rows = lines.map((line) => {
    const ms = [line.p50Ms, line.p99Ms, line.maxMs, line.waitedMs].map((each) => `${each.toFixed(1)} ms`).join(' | ');
    const took = `${(line.tookMs / 1000).toFixed(1)} s`;
    const strong = line.strongLocks.join(', ') || 'none';
    return `| ${line.what} | ${line.who} | ${took} | ${line.transactions} | ${ms} | ${strong} |`;
  });
  const verdicts = judge(lines).map(([isMet, says]) => `- ${isMet ? 'met' : '**missed**'}: ${says}`);
  if (judge(lines).some(([isMet]) => !isMet)) process.exitCode = 1;
  const table = [...head, '|---|---|---|---|---|---|---|---|---|', ...rows, '', ...verdicts].join('\n');
  const where = `${describeMachine()}, ${new Date().toISOString().slice(0, 10)}`;
  process.stdout.write(`${table}\n${where}\n`);
  writeFileSync(
    results,
    `# What \`npm run bench:halt\` measured\n\n${total.toLocaleString('en')} rows; the system makes 200 transactions a second on them.\n\n${table}\n\n${where}.\n`,
  );
}

type Verdict = readonly [isMet: boolean, says: string];

function judge(lines: readonly Measured[]): Verdict[] {
  const ours = lines.filter(({ who }) => who === 'sync');
  const theirs = (what: string) => lines.find((line) => line.who === 'psql' && line.what === what)?.p99Ms ?? 0;
  const ratio = (line: Measured) => `${line.what} ${(line.p99Ms / theirs(line.what)).toFixed(2)} ×`;
  return [
    [lines.every(({ errors }) => errors === 0), 'the system met no error'],
    [
      ours.every(({ waitedMs }) => waitedMs <= longestWaitMs),
      `no wait of the system's for a lock of ours over ${longestWaitMs} ms`,
    ],
    [ours.every(({ strongLocks }) => strongLocks.length === 0), "nothing above ROW EXCLUSIVE on the system's table"],
    [
      ours.every((line) => line.p99Ms <= theirs(line.what)),
      `the system's p99 no worse than beside psql (${ours.map(ratio).join(', ')})`,
    ],
  ];
}

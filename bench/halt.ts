// `npm run bench:halt [records]`: what a system notices while sync loads a million rows into its Postgres, updates every one
// and deletes them, beside psql writing the same rows in batches of the same size, three times in turn. pgbench is the system:
// single-row reads and updates of those very rows, 200 a second. Needs psql and pgbench on PATH. Writes bench/halt.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { startPostgres } from '../test/helpers/postgres.ts';
import { type Latencies, runSystem } from './halt-system.ts';
import { type Seen, watchLocks } from './halt-watch.ts';
import { demandTools, openPsql, openSync, type Phase, phases } from './halt-writers.ts';
import { describeMachine, median } from './machine.ts';

interface Measured extends Latencies, Seen {
  readonly what: Phase | 'idle';
  readonly who: 'nobody' | 'psql' | 'sync';
  /** Transactions of the writer. */
  readonly batches: number;
  readonly tookMs: number;
}

const total = Number(process.argv[2] ?? 1_000_000);
const rounds = 3;
const idleMs = 20_000;
const longestWaitMs = 300;
const titles = { idle: 'idle', load: 'first load', update: 'update of every row', remove: 'delete of every row' };
const results = fileURLToPath(new URL('halt.md', import.meta.url));

await demandTools();
const folder = mkdtempSync(join(tmpdir(), 'cronsync-halt-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const redis = await startPrivateRedis(folder);
const log = ['max_wal_size=8GB', 'min_wal_size=6GB', 'checkpoint_timeout=15min'];
const postgres = await startPostgres(['shared_buffers=512MB', ...log]);
const measured: Measured[] = [];
try {
  await makeLog();
  const place = { url: postgres.url, redisUrl: redis.url, folder, total };
  const sync = await openSync(place);
  for (let round = 1; round <= rounds; round += 1) {
    const batches = { load: 1, update: 1, remove: 1 };
    await sync.begin();
    for (const phase of phases) {
      batches[phase] = await measure(phase, 'sync', () => sync[phase]());
      if (measured.length === 1) await measure('idle', 'nobody', () => pause(idleMs, 0));
    }
    const psql = openPsql(place, batches);
    await psql.begin();
    for (const phase of phases) await measure(phase, 'psql', () => psql[phase]());
  }
} finally {
  await postgres.stop();
  await redis.stop();
}
report(measured);

/** Notes what the system met meanwhile; how many transactions the work was. */
async function measure(what: Measured['what'], who: Measured['who'], work: () => Promise<number>): Promise<number> {
  process.stderr.write(`${titles[what]}, ${who}\n`);
  const system = await runSystem({ url: postgres.url, folder, total });
  const watch = await watchLocks(postgres.url);
  const startedAt = performance.now();
  const batches = await work();
  const tookMs = performance.now() - startedAt;
  measured.push({ what, who, batches, tookMs, ...(await system.end()), ...(await watch.end()) });
  return batches;
}

/**
 * A server that has been up for a while writes its log into segments that it has used before. A new one fills each with
 * zeros first, 50 ms in which nobody commits: that would be measured, and nothing else.
 */
async function makeLog(): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  for (let segment = 0; segment < 350; segment += 1) {
    await client.query(`SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()`);
  }
  await client.query('CHECKPOINT');
  await client.end();
}

function report(all: readonly Measured[]): void {
  const lines = [...new Set(all.map(({ what, who }) => `${what} ${who}`))].map((name) => {
    return middle(all.filter(({ what, who }) => name === `${what} ${who}`));
  });
  const head = [
    '| what | who writes | took | transactions | the system: transactions | median | p99 | longest | waited for a lock | strong locks |',
  ];
  const rows = lines.map((line) => {
    const ms = [line.p50Ms, line.p99Ms, line.maxMs, line.waitedMs].map((each) => `${each.toFixed(1)} ms`).join(' | ');
    const took = `${(line.tookMs / 1000).toFixed(1)} s`;
    const strong = line.strongLocks.join(', ') || 'none';
    return `| ${titles[line.what]} | ${line.who} | ${took} | ${line.batches} | ${line.transactions} | ${ms} | ${strong} |`;
  });
  const verdicts = judge(lines).map(([isMet, says]) => `- ${isMet ? 'met' : '**missed**'}: ${says}`);
  if (judge(lines).some(([isMet]) => !isMet)) process.exitCode = 1;
  const table = [...head, '|---|---|---|---|---|---|---|---|---|---|', ...rows, '', ...verdicts].join('\n');
  const where = `${describeMachine()}, ${new Date().toISOString().slice(0, 10)}`;
  process.stdout.write(`${table}\n${where}\n`);
  writeFileSync(
    results,
    `# What \`npm run bench:halt\` measured

${total.toLocaleString('en')} rows; the system makes 200 transactions a second on them. ${rounds} rounds, in turn: medians, and the worst of
what must not be (errors, waits for a lock, strong locks). psql makes as many transactions of the same rows as sync did.

${table}

${where}.
`,
  );
}

/** Medians of the rounds; of errors, waits and locks what was worst. */
function middle(rounds: readonly Measured[]): Measured {
  const [first] = rounds;
  if (!first) throw new Error('nothing was measured');
  const of = (pick: (line: Measured) => number) => median(rounds.map(pick));
  return {
    ...first,
    batches: of((line) => line.batches),
    tookMs: of((line) => line.tookMs),
    transactions: of((line) => line.transactions),
    p50Ms: of((line) => line.p50Ms),
    p99Ms: of((line) => line.p99Ms),
    maxMs: of((line) => line.maxMs),
    errors: Math.max(...rounds.map(({ errors }) => errors)),
    waitedMs: Math.max(...rounds.map(({ waitedMs }) => waitedMs)),
    strongLocks: [...new Set(rounds.flatMap(({ strongLocks }) => strongLocks))],
  };
}

type Verdict = readonly [isMet: boolean, says: string];

function judge(lines: readonly Measured[]): Verdict[] {
  const ours = lines.filter(({ who }) => who === 'sync');
  const p99Of = (who: Measured['who'], what?: Measured['what']) =>
    lines.find((line) => line.who === who && (what === undefined || line.what === what))?.p99Ms ?? 0;
  const ratios = (beside: (line: Measured) => number) =>
    ours.map((line) => `${titles[line.what]} ${(line.p99Ms / beside(line)).toFixed(2)} ×`).join(', ');
  return [
    [lines.every(({ errors }) => errors === 0), 'the system met no error'],
    [
      ours.every(({ waitedMs }) => waitedMs <= longestWaitMs),
      `no wait of the system's for a lock of ours over ${longestWaitMs} ms`,
    ],
    [ours.every(({ strongLocks }) => strongLocks.length === 0), "nothing above ROW EXCLUSIVE on the system's table"],
    [
      ours.every((line) => line.p99Ms <= p99Of('psql', line.what)),
      `the system's p99 no worse than beside psql (${ratios(({ what }) => p99Of('psql', what))}; than idle ${ratios(() => p99Of('nobody'))})`,
    ],
  ];
}

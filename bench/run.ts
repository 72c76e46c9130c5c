// `npm run bench`: measures the goals of docs/performance.md on the built command, beside the minimum that the work could cost.
// Prints a table and writes bench/results.md. `node bench/run.ts start`, `… throughput` and `… memory` measure only one part.
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PrivateRedis, startPrivateRedis } from '../scripts/private-redis.ts';
import { silentLog } from '../src/log.ts';
import { openRedis } from '../src/redis/connection/connection.ts';
import { syncKeys } from '../src/redis/keys.ts';
import { createLock } from '../src/redis/lock.ts';
import { defaultTimings as timings } from '../src/timings.ts';
import { describeMachine, median, type Ran, runNode, temporaryFolder } from './machine.ts';
import { customerSchema, writeCustomers } from './records.ts';

interface Line {
  readonly what: string;
  readonly sync: string;
  readonly beside: string;
  readonly goal: string;
  readonly isMet: boolean;
}

const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
const bare = fileURLToPath(new URL('bare.ts', import.meta.url));
const results = fileURLToPath(new URL('results.md', import.meta.url));
const pairs = 11;
const rounds = 3;
const loaded = 200_000;

const folder = temporaryFolder('run');
const redis = await startPrivateRedis(folder);
const measures = { start: measureStart, throughput: measureThroughput, memory: measureMemory };
const wanted = process.argv.slice(2);
const lines: Line[] = [];
for (const [name, measure] of Object.entries(measures)) {
  if (wanted.length === 0 || wanted.includes(name)) lines.push(...(await measure(redis)));
}
await redis.stop();
const table = tableOf(lines);
process.stdout.write(`\n${table}\n${describeMachine()}\n`);
if (wanted.length === 0) writeFileSync(results, report(table));

/** Measures a run that finds the lock held, from start to exit, in turn with an empty Node. */
async function measureStart({ url }: PrivateRedis): Promise<Line[]> {
  const project = aProject('start', 10);
  const key = syncKeys('sync', 'start').lock;
  const options = { allowEviction: false, connectionName: 'bench', timings, log: silentLog };
  const connection = await openRedis({ place: { url }, key, ...options });
  const lock = createLock({ redis: connection, key, ttlMs: 600_000, timings });
  const holder = { token: 'bench', host: 'bench', pid: 1, run: 'bench', startedAt: new Date().toISOString() };
  await lock.acquire(holder);
  const empty: number[] = [];
  const held: number[] = [];
  for (let pair = -1; pair < pairs; pair += 1) {
    const nothing = await runNode(['-e', '0'], { cwd: project });
    const found = await sync(project, url);
    demand(found, 75);
    if (pair < 0) continue;
    empty.push(nothing.tookMs);
    held.push(found.tookMs);
  }
  await lock.remove();
  connection.close();
  const ratio = median(held) / median(empty);
  return [
    {
      what: 'lock held, start to exit',
      sync: `${median(held).toFixed(0)} ms (${ratio.toFixed(2)} ×)`,
      beside: `${median(empty).toFixed(0)} ms, node -e 0`,
      goal: '2.5 ×',
      isMet: ratio <= 2.5,
    },
  ];
}

/** Measures a first load with an event for each record, and the same again, as whole processes. */
async function measureThroughput({ url }: PrivateRedis): Promise<Line[]> {
  const file = join(folder, `customers-${loaded}.ndjson`);
  const bytes = await writeCustomers(file, loaded);
  const took = { load: [], again: [], bareLoad: [], bareAgain: [] } as Record<string, number[]>;
  for (let round = 1; round <= rounds; round += 1) {
    const database = join(folder, `bare-${round}.db`);
    took.bareLoad?.push(demand(await runNode([bare, 'load', file, database, url], { cwd: folder }), 0).tookMs);
    took.bareAgain?.push(demand(await runNode([bare, 'compare', file, database, url], { cwd: folder }), 0).tookMs);
    const project = aProject(`load-${round}`, loaded, file);
    took.load?.push(demand(await sync(project, url), 0, `+${group(loaded)}`).tookMs);
    took.again?.push(demand(await sync(project, url), 0, 'no changes').tookMs);
    rmSync(project, { recursive: true });
  }
  const perSecond = (name: string) => loaded / median(took[name] ?? []);
  const line = (what: string, ours: string, theirs: string): Line => ({
    what: `${what}, ${group(loaded)} records of ${bytes} bytes`,
    sync: `${perSecond(ours).toFixed(0)} k/s`,
    beside: `${perSecond(theirs).toFixed(0)} k/s, a bare loop`,
    goal: 'half the bare loop',
    isMet: perSecond(ours) >= perSecond(theirs) / 2,
  });
  return [line('first load, an event each', 'load', 'bareLoad'), line('nothing changed', 'again', 'bareAgain')];
}

/** Measures the peak memory of a whole first load. */
async function measureMemory({ url }: PrivateRedis): Promise<Line[]> {
  const lines: Line[] = [];
  for (const count of [100_000, 2_000_000]) {
    const file = join(folder, `customers-${count}.ndjson`);
    await writeCustomers(file, count);
    const project = aProject(`memory-${count}`, count, file);
    const ran = demand(await sync(project, url, join(folder, 'peak')), 0, `+${group(count)}`);
    lines.push({
      what: `peak memory, first load of ${group(count)} records`,
      sync: `${ran.peakMb} MB`,
      beside: `${Math.round(statSync(file).size / 1e6)} MB of input`,
      goal: '200 MB',
      isMet: ran.peakMb <= 200,
    });
    for (const path of [file, project]) rmSync(path, { recursive: true });
  }
  return lines;
}

function aProject(name: string, records: number, file = 'none.ndjson'): string {
  const project = join(folder, name);
  mkdirSync(project);
  const config = {
    name,
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: { export: { type: 'file', resources: { customers: { path: file, format: 'ndjson' } } } },
  };
  writeFileSync(join(project, 'sync.config.json'), JSON.stringify(config));
  process.stderr.write(`${name}: ${group(records)} records\n`);
  return project;
}

function sync(project: string, redisUrl: string, peak?: string): Promise<Ran> {
  const env = { ...process.env, REDIS_URL: redisUrl };
  return runNode([bin], { cwd: project, env, ...(peak !== undefined && { peak }) });
}

/** A measurement counts only if the run did what it should. */
function demand(ran: Ran, exitCode: number, words = ''): Ran {
  if (ran.exitCode === exitCode && ran.output.includes(words)) return ran;
  throw new Error(`expected exit code ${exitCode} and "${words}", got ${ran.exitCode}: ${ran.output}`);
}

function group(number: number): string {
  return number.toLocaleString('en');
}

function tableOf(measured: readonly Line[]): string {
  const rows = measured.map(({ what, sync: ours, beside, goal, isMet }) => {
    return `| ${what} | ${ours} | ${beside} | ${goal} | ${isMet ? 'met' : 'missed'} |`;
  });
  return ['| what | cronsync | beside | goal | |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

function report(measured: string): string {
  return `# What \`npm run bench\` measured

${measured}
${describeMachine()}, ${new Date().toISOString().slice(0, 10)}. Medians: of ${pairs} interleaved pairs for the start, of ${rounds} rounds for the loads,
which are whole processes, start and exit included. The bare loop (\`bench/bare.ts\`) does the same steps (parse, hash, compare, write rows, hashes
and events, append to Redis) with nothing around them. What misses, and why: \`docs/performance.md\`.
`;
}

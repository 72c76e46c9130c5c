// `npm run bench:large -- --rows 10000000 --target sqlite`: loads so many records from a file, compares all of them again, and does
// the same with a hundredth of them before: the memory must stay, and a row must not cost more. Start it by hand: ten million
// records take some minutes, and fifteen gigabytes of the temporary folder. Needs the built command and GNU time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { describeMachine } from './machine.ts';
import { cronsyncCommand } from './peers/cronsync.ts';
import { openDatabase } from './peers/postgres.ts';
import { demandRows, makeTable } from './peers/sqlite.ts';
import { type Command, start, type Took, treeMs } from './peers/started.ts';
import { writeCustomers } from './records.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '10000000' }, target: { type: 'string', default: 'sqlite' } },
});
const rows = Number(values.rows);
const folder = mkdtempSync(join(tmpdir(), 'cronsync-large-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const redis = await startPrivateRedis(folder);
const client = new Redis(redis.url);
const redisPid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);

/** A database with an empty table. */
interface Place {
  readonly target: object;
  serverMs(): number;
  /** Throws unless it has so many rows. */
  demand(count: number): Promise<void>;
}

/** How a run ends that has reached its time limit. */
const outOfTime = 69;

const phases = ['first load', 'nothing changed'] as const;
const costs = new Map<string, number>();
const peaks = new Map<string, number>();
say(`| rows, ${values.target} | seconds | CPU µs a row: cronsync, servers | peak |`);
say('|---|---|---|---|');
for (const count of [rows / 100, rows]) {
  const file = join(folder, 'customers.jsonl');
  await writeCustomers(file, count);
  await (values.target === 'postgres' ? inPostgres : inSqlite)(count, (place) => measure(count, file, place));
  await client.flushall();
}
client.disconnect();
await redis.stop();
for (const phase of phases) {
  const [cost, peak] = [ratioOf(costs, phase), ratioOf(peaks, phase)];
  say(`${phase}: a row costs ${cost.toFixed(2)} × the CPU of cronsync, and the peak is ${peak.toFixed(2)} ×`);
}
say(describeMachine());

async function measure(count: number, file: string, { target, serverMs, demand }: Place): Promise<void> {
  const own = join(folder, `run-${count}`);
  mkdirSync(own);
  const command = cronsyncCommand({ name: 'large', folder: own, redisUrl: redis.url, path: file, target });
  for (const phase of phases) {
    const took = await complete(command, own, () => serverMs() + treeMs(redisPid));
    await demand(count);
    report(phase, count, took);
  }
}

/** On a slow machine a run may end after nine minutes, and the next one goes on: all of them together. */
async function complete(command: Command, own: string, serverMs: () => number): Promise<Took> {
  let all: Took | undefined;
  for (let runs = 0; runs < 50; runs += 1) {
    const took = await start({ ...command, mayEndWith: outOfTime }, own, serverMs);
    all = {
      exitCode: took.exitCode,
      wallMs: took.wallMs + (all?.wallMs ?? 0),
      clientMs: took.clientMs + (all?.clientMs ?? 0),
      serverMs: took.serverMs + (all?.serverMs ?? 0),
      peakMb: Math.max(took.peakMb, all?.peakMb ?? 0),
    };
    if (took.exitCode === 0) return all;
  }
  throw new Error('fifty runs did not get to the end');
}

function report(phase: string, count: number, { wallMs, clientMs, serverMs, peakMb }: Took): void {
  costs.set(`${phase} ${count}`, clientMs / count);
  peaks.set(`${phase} ${count}`, peakMb);
  const [cost, servers] = [clientMs, serverMs].map((ms) => ((ms * 1000) / count).toFixed(1));
  say(
    `| ${count.toLocaleString('en')}, ${phase} | ${(wallMs / 1000).toFixed(1)} | ${cost}, ${servers} | ${peakMb} MB |`,
  );
}

function ratioOf(numbers: ReadonlyMap<string, number>, phase: string): number {
  return (numbers.get(`${phase} ${rows}`) ?? 0) / (numbers.get(`${phase} ${rows / 100}`) ?? 1);
}

async function inSqlite(count: number, work: (place: Place) => Promise<void>): Promise<void> {
  const file = join(folder, `customers-${count}.db`);
  makeTable(file);
  const demand = async (live: number) => demandRows(file, expected(live), 'marked');
  await work({ target: { type: 'sqlite', file }, serverMs: () => 0, demand });
  for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true });
}

async function inPostgres(count: number, work: (place: Place) => Promise<void>): Promise<void> {
  await using database = await openDatabase();
  const name = `large_${count}`;
  const url = await database.make(name, true);
  const demand = (live: number) => database.demand(name, expected(live), 'marked');
  await work({ target: { type: 'postgres', url }, serverMs: () => database.cpuMs(), demand });
}

function expected(live: number) {
  return { live, all: live, state: 'active', inState: live };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

// `npm run bench:csv`: reads a CSV of ten million rows with the built command in constant memory, then the same file cut inside
// a record, and cut at the end of a line. Start it by hand: it takes some minutes, and some gigabytes of the temporary folder.
// `node bench/csv.ts [records]`.
import { once } from 'node:events';
import {
  closeSync,
  createWriteStream,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { describeMachine, type Ran, runNode, temporaryFolder } from './machine.ts';

const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
const total = Number(process.argv[2] ?? 10_000_000);
const folder = temporaryFolder('csv');
const redis = await startPrivateRedis(folder);

const peaks: number[] = [];
let project = '';
let file = '';
for (const count of [total / 10, total]) {
  if (project !== '') for (const path of [file, project]) rmSync(path, { recursive: true });
  file = join(folder, `people-${count}.csv`);
  await writePeople(file, count);
  project = aProject(`people-${count}`);
  say(`${group(count)} rows, ${Math.round(statSync(file).size / 1e6)} MB`);
  const first = await load(count);
  const again = await run(0, 'the same again, nothing changed', count);
  peaks.push(Math.max(first.peakMb, again.peakMb));
}
const [small = 0, large = 0] = peaks;
const isFlat = large <= small * 1.2 && large <= 200;
say(`peak memory ${small} MB, then ${large} MB of ten times as much: ${isFlat ? 'flat' : 'NOT flat'}`);

cutAt(lineEndBefore(Math.floor(statSync(file).size * 0.9)) + 20);
await run(76, 'cut inside a record', total * 0.9);
sayRows();
cutAt(lineEndBefore(Math.floor(statSync(file).size * 0.83)));
await run(3, "cut at a line's end, a quarter is gone", total * 0.75);
sayRows();
await redis.stop();
say(describeMachine());
if (!isFlat) process.exitCode = 1;

/** On a slow machine a run may end after nine minutes, before the end of the file. The next run goes on where new rows begin. */
async function load(rows: number): Promise<Ran> {
  let peakMb = 0;
  for (;;) {
    const ran = await start();
    peakMb = Math.max(peakMb, ran.peakMb);
    if (ran.exitCode === 0) return { ...report(ran, 'first load, an event each', rows), peakMb };
    report(ran, 'a part of the first load', rows);
    if (!ran.output.includes('as long as a run may')) throw new Error(`the first load failed: ${ran.output}`);
  }
}

async function run(exitCode: number, what: string, rows: number): Promise<Ran> {
  const ran = await start();
  if (ran.exitCode !== exitCode) throw new Error(`${what}: exit ${ran.exitCode}, not ${exitCode}: ${ran.output}`);
  return report(ran, what, rows);
}

function start(): Promise<Ran> {
  const env = { ...process.env, REDIS_URL: redis.url };
  return runNode([bin], { cwd: project, env, peak: join(folder, 'peak') });
}

function report(ran: Ran, what: string, rows: number): Ran {
  const rate = (rows / ran.tookMs).toFixed(0);
  say(`  ${what}: exit ${ran.exitCode}, ${(ran.tookMs / 1000).toFixed(1)} s, ${rate} k/s, peak ${ran.peakMb} MB`);
  say(`    ${ran.output.trim().replaceAll('\n', '\n    ')}`);
  return ran;
}

/** Checks that the cut has deleted nothing: every row is live. */
function sayRows(): void {
  using database = new DatabaseSync(join(project, 'sync.db'), { readOnly: true });
  const live = database.prepare('SELECT count(*) AS live FROM people WHERE deleted_at IS NULL').get()?.live;
  if (Number(live) !== total) throw new Error(`${live} rows are live, not ${total}`);
  say(`    ${group(Number(live))} rows are live`);
}

/** A row has about sixty bytes. Every seventh row has quotes and a line break in it. */
async function writePeople(path: string, count: number): Promise<void> {
  const out = createWriteStream(path);
  out.write('id,email,name,visits\n');
  for (let from = 0; from < count; from += 10_000) {
    const length = Math.min(10_000, count - from);
    const lines = Array.from({ length }, (_, n) => personRow(from + n));
    if (!out.write(lines.join(''))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

function personRow(n: number): string {
  const name = n % 7 === 0 ? `"Person ""${n}"",\nthe seventh"` : `Person number ${n} of many`;
  return `${String(n).padStart(9, '0')},person.${n}@example.com,${name},${n % 1000}\n`;
}

function aProject(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  const text = { type: 'string' };
  const properties = { id: text, email: text, name: text, visits: { type: 'integer' } };
  const config = {
    name,
    adapter: 'export',
    resources: { people: { key: 'id', schema: { type: 'object', properties, required: ['id'] } } },
    adapters: { export: { type: 'file', resources: { people: { path: file } } } },
  };
  writeFileSync(join(path, 'sync.config.json'), JSON.stringify(config));
  return path;
}

function cutAt(length: number): void {
  truncateSync(file, length);
}

/** The place at or before this one where a row of one line begins. */
function lineEndBefore(place: number): number {
  const bytes = Buffer.alloc(4096);
  const opened = openSync(file, 'r');
  readSync(opened, bytes, 0, bytes.length, place - bytes.length);
  closeSync(opened);
  const rows = [...bytes.toString('latin1').matchAll(/\n(?=\d{9},[^"\n]*\n)/g)];
  return place - bytes.length + (rows.at(-1)?.index ?? 0) + 1;
}

function group(number: number): string {
  return number.toLocaleString('en');
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

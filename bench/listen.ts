// `npm run bench:listen [events] [rounds]`: measures a listener that does nothing, beside a bare XREADGROUP + XACK loop and a
// BullMQ worker, in turn. Also measures how old an event is when it is acknowledged by an idle daemon. Writes bench/listen.md.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { eventOf } from '../src/event.ts';
import { describeMachine, median, temporaryFolder } from './machine.ts';

const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
const beside = fileURLToPath(new URL('listen-beside.ts', import.meta.url));
const report = new URL('listen.md', import.meta.url);
const events = Number(process.argv[2] ?? 300_000);
const rounds = Number(process.argv[3] ?? 5);
/** As `bench/listen-beside.ts` has it. */
const concurrency = 8;
const perPipeline = 2000;
const single = 200;
const generation = 1_760_000_000_000;

interface Rates {
  readonly bare: number;
  readonly bullmq: number;
  readonly sync: number;
}

await compare();

async function compare(): Promise<void> {
  const folder = temporaryFolder('listen');
  const redis = await startPrivateRedis(folder);
  const client = new Redis(redis.url);
  const rates: Rates[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const rate = await runRound(client, redis.url, `bench-${round}`, folder);
    rates.push(rate);
    const { bare, bullmq, sync } = rate;
    say(`round ${round + 1}: bare ${thousands(bare)}, BullMQ ${thousands(bullmq)}, sync ${thousands(sync)}`);
  }
  const ages = await measureAges(client, aProject(folder, 'ages', redis.url));
  const text = reportOf(rates, median(ages));
  writeFileSync(report, text);
  say(`\n${text}`);
  client.disconnect();
  await redis.stop();
}

async function runRound(client: Redis, url: string, name: string, folder: string): Promise<Rates> {
  await fill(client, name);
  const bare = await rateOf([beside, 'bare', url, keyOf(name), `${events}`], folder);
  const sync = await rateOf([bin, 'listen', '--drain', '--quiet'], aProject(folder, name, url));
  await client.del(keyOf(name));
  await fillQueue(url, name);
  const bullmq = await rateOf([beside, 'bullmq', url, name, `${events}`], folder);
  return { bare, bullmq, sync };
}

function reportOf(rates: readonly Rates[], ageMs: number): string {
  const bare = median(rates.map((rate) => rate.bare));
  const bullmq = median(rates.map((rate) => rate.bullmq));
  const sync = median(rates.map((rate) => rate.sync));
  const share = Math.round((100 * sync) / bare);
  const count = events.toLocaleString('en');
  return `# What \`npm run bench:listen\` measured

${count} events, one key each, and a listener that does nothing; ${concurrency} deliveries at once.

| what | a second | beside the bare loop |
|---|---|---|
| bare loop: XREADGROUP of 500, XACK of 500 | ${thousands(bare)} | |
| BullMQ worker, ${count} jobs | ${thousands(bullmq)} | ${Math.round((100 * bullmq) / bare)} % |
| \`cronsync listen\` | ${thousands(sync)} | ${share} % |

- ${verdict(share >= 60)}: 60 % of the bare loop
- ${verdict(ageMs < 20)}: under 20 ms old when acknowledged, the daemon having been idle (median ${ageMs.toFixed(1)} ms of ${single})

Medians of ${rounds} rounds, in each of them all three in turn, on one Redis. ${describeMachine()}, ${new Date().toISOString().slice(0, 10)}.
`;
}

function verdict(isMet: boolean): string {
  return isMet ? 'met' : '**missed**';
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function thousands(rate: number): string {
  return `${Math.round(rate / 1000)} k/s`;
}

function keyOf(name: string): string {
  return `{sync:${name}}:events`;
}

function anEvent(name: string, seq: number): string {
  const columns = ['id', 'email', 'state'].map((column) => ({ name: column, kind: 'text' as const }));
  const key = `customer-${seq}`;
  const change = { type: 'created' as const, key, after: [key, `${key}@example.com`, 'active'] };
  const context = { name, source: `/${name}`, resource: 'customers', columns, time: new Date().toISOString() };
  return eventOf(change, { generation, seq }, context);
}

async function fill(client: Redis, name: string): Promise<void> {
  for (let from = 1; from <= events; from += perPipeline) {
    const pipeline = client.pipeline();
    for (let seq = from; seq < from + perPipeline; seq += 1)
      pipeline.xadd(keyOf(name), `${generation}-${seq}`, 'event', anEvent(name, seq));
    await pipeline.exec();
  }
}

async function fillQueue(url: string, name: string): Promise<void> {
  const queue = new Queue(name, { connection: { url } });
  for (let from = 1; from <= events; from += perPipeline) {
    const seqs = Array.from({ length: perPipeline }, (_, nth) => from + nth);
    await queue.addBulk(seqs.map((seq) => ({ name: 'noop', data: JSON.parse(anEvent(name, seq)) })));
  }
  await queue.close();
}

/** A sync with one listener, which counts and writes to a file how long it took from the first event to the last. */
function aProject(folder: string, name: string, url: string): string {
  const project = join(folder, name);
  mkdirSync(project);
  const schema = { type: 'object', properties: { id: { type: 'string' } } };
  const noop = { on: ['*'], from: 'beginning', concurrency, type: 'module', module: './noop.mjs' };
  const config = {
    name,
    adapter: 'none',
    resources: { customers: { key: 'id', schema } },
    adapters: { none: { type: 'file', resources: { customers: { path: './none.csv', format: 'csv' } } } },
    redis: { url },
    listeners: { noop },
  };
  writeFileSync(join(project, 'sync.config.json'), JSON.stringify(config));
  const count = `let n = 0; let start; export default { '*': () => { start ??= performance.now(); if (++n === ${events})
    w('took', String(performance.now() - start)); } };`;
  writeFileSync(join(project, 'noop.mjs'), `import { writeFileSync as w } from 'node:fs'; ${count}`);
  return project;
}

/** Runs a process that writes to the file `took` how many milliseconds it read for; events per second. */
async function rateOf(args: readonly string[], cwd: string): Promise<number> {
  const child = spawn(process.execPath, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return (1000 * events) / Number(readFileSync(join(cwd, 'took'), 'utf8'));
}

/** Measures one event after the other while the daemon is idle: the time from before XADD until the event is acknowledged. */
async function measureAges(client: Redis, project: string): Promise<number[]> {
  const key = keyOf('ages');
  await client.xadd(key, `${generation}-1`, 'event', anEvent('ages', 1));
  const daemon = spawn(process.execPath, [bin, 'listen', '--quiet'], { cwd: project, stdio: 'ignore' });
  await acknowledged(client, key, `${generation}-1`);
  const ages: number[] = [];
  for (let seq = 2; seq < single + 2; seq += 1) {
    await new Promise((done) => setTimeout(done, 5 + (seq % 7)));
    const start = performance.now();
    await client.xadd(key, `${generation}-${seq}`, 'event', anEvent('ages', seq));
    await acknowledged(client, key, `${generation}-${seq}`);
    ages.push(performance.now() - start);
  }
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
  return ages;
}

async function acknowledged(client: Redis, key: string, id: string): Promise<void> {
  for (;;) {
    const groups = (await client.xinfo('GROUPS', key)) as readonly (readonly unknown[])[];
    const group = groups[0] ?? [];
    const fact = (name: string) => group[group.indexOf(name) + 1];
    if (fact('pending') === 0 && fact('last-delivered-id') === id) return;
  }
}

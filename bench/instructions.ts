// `npm run bench:instructions`: counts instructions with valgrind, which are nearly the same on every machine and however busy it is:
// of a start that finds the lock held, of a complete run, and of one more record. Writes bench/instructions.md. Takes some minutes.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { syncKeys } from '../src/redis/keys.ts';
import { runNode, temporaryFolder } from './machine.ts';
import { customerSchema, writeCustomers } from './records.ts';

const bin = fileURLToPath(new URL('../bin/sync.js', import.meta.url));
/** The same program with timings that can be set. In valgrind everything takes fifty times as long, and batches should be as large. */
const patient = fileURLToPath(new URL('../node_modules/.cache/cronsync/cli.cjs', import.meta.url));
const timings = {
  ...{ redisConnectMs: 150_000, redisCommandMs: 600_000, redisScriptBudgetMs: 600_000, relayPatienceMs: 600_000 },
  ...{ batchMs: 2000, runMs: 3_600_000 },
};
const results = fileURLToPath(new URL('instructions.md', import.meta.url));
const [few, many] = [2000, 12_000];
const folder = temporaryFolder('instructions');
const redis = await startPrivateRedis(folder);
const client = new Redis(redis.url);
const rows: string[] = [];
try {
  const held = await aProject('held', 1);
  await client.set(
    syncKeys('sync', 'held').lock,
    JSON.stringify({ token: 'x', host: 'h', pid: 1, run: 'r', startedAt: '' }),
  );
  const empty = await count(['-e', '0'], folder);
  say('node -e 0', empty, '');
  await count([bin], held, 75); // The compile cache is written.
  const start = await count([bin], held, 75);
  say('a run that finds the lock held', start, `${(start / empty).toFixed(2)} ×`);
  const one = await aProject('one', 1);
  await runNode([bin], { cwd: one }); // Redis gets the event, for which valgrind is too slow.
  await count([bin], one); // What valgrind compiles differs from what Node alone compiles.
  const complete = await count([bin], one);
  say('a complete run of one unchanged record, SQLite', complete, `${(complete / empty).toFixed(2)} ×`);
  const [small, large] = [await aProject('small', few), await aProject('large', many)];
  const load = [await count([patient], small), await count([patient], large)] as const;
  say('first load, each further record', (load[1] - load[0]) / (many - few), '');
  const again = [await count([patient], small), await count([patient], large)] as const;
  say('unchanged, each further record', (again[1] - again[0]) / (many - few), '');
} finally {
  client.disconnect();
  await redis.stop();
}
const text = `# What \`npm run bench:instructions\` counted

| | instructions | beside \`node -e 0\` |
|---|---|---|
${rows.join('\n')}

By valgrind's callgrind, in the process of cronsync alone, with SQLite inside it and without Redis; Node ${process.versions.node}, with a warm
compile cache. A further record is the difference between ${few} and ${many} records, and includes what V8 takes to compile hot code.
`;
process.stdout.write(text);
writeFileSync(results, text);

function say(what: string, instructions: number, ratio: string): void {
  const shown = instructions > 1e6 ? `${(instructions / 1e6).toFixed(0)} M` : `${(instructions / 1000).toFixed(1)} k`;
  rows.push(`| ${what} | ${shown} | ${ratio} |`);
  process.stderr.write(`${what}: ${shown} ${ratio}\n`);
}

/** Runs Node in valgrind, from start to exit. */
async function count(args: readonly string[], cwd: string, exitCode = 0): Promise<number> {
  const valgrind = ['--tool=callgrind', '--callgrind-out-file=/dev/null', '--smc-check=all-non-file'];
  const env = { ...process.env, SYNC_TIMINGS: JSON.stringify(timings) };
  const ran = promisify(execFile)('valgrind', [...valgrind, process.execPath, ...args], { cwd, env });
  const { stderr, code } = await ran.then(
    (ended) => ({ stderr: ended.stderr, code: 0 }),
    (error: { stderr: string; code: number | string }) => error,
  );
  const [, collected] = /Collected : (\d+)/.exec(stderr) ?? [];
  if (code === exitCode && collected !== undefined) return Number(collected);
  throw new Error(
    `valgrind ended with ${code}: ${stderr} (valgrind must be on PATH: apt-get install valgrind, or the like)`,
  );
}

async function aProject(name: string, records: number): Promise<string> {
  const project = join(folder, name);
  mkdirSync(project);
  await writeCustomers(join(project, 'customers.ndjson'), records);
  const config = {
    name,
    adapter: 'export',
    resources: { customers: { key: 'id', schema: customerSchema } },
    adapters: { export: { type: 'file', resources: { customers: { path: 'customers.ndjson', format: 'ndjson' } } } },
    redis: { url: redis.url },
    lock: { ttl: '1h' },
  };
  writeFileSync(join(project, 'sync.config.json'), JSON.stringify(config));
  return project;
}

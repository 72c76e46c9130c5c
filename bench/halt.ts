// `npm run bench:halt [records]`: measures what a system notices while cronsync loads a million rows into its Postgres, updates
// every row and deletes them. In turn, psql writes the same rows in batches of the same size. pgbench is the system: it reads and
// updates single rows of the same table, 200 a second. Needs psql, pgbench and taskset on PATH. Writes bench/halt.md.
import { writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startPrivateRedis } from '../scripts/private-redis.ts';
import { startPostgres } from '../test/helpers/postgres-server.ts';
import { allCores, keepSessionsTo, keepTo, oneCore } from './halt/cores.ts';
import { type Line, lineOf, type Measured, report } from './halt/report.ts';
import { runSystem } from './halt/system.ts';
import { watchLocks } from './halt/watch.ts';
import { demandTools, openPsql, openSync, type Phase, phases, type Writer } from './halt/writers.ts';
import { temporaryFolder } from './machine.ts';

const total = Number(process.argv[2] ?? 1_000_000);
const rounds = 2;
/** psql needs a tenth of the time, which is too short to include the rare delays of a disk. */
const controlsPerRound = 5;
const idleMs = 20_000;
const results = fileURLToPath(new URL('halt.md', import.meta.url));

await demandTools();
const folder = temporaryFolder('halt');
// Postgres's documentation (19.4.1) recommends a quarter of the memory to begin with.
const memory = `shared_buffers=${Math.floor(totalmem() / 4 / 2 ** 20)}MB`;
const log = ['max_wal_size=8GB', 'min_wal_size=6GB', 'checkpoint_timeout=15min'];
const postgres = await startPostgres([memory, ...log]);
const measured: Measured[] = [];
try {
  await makeLog();
  keepTo(oneCore);
  await withSync(async (sync) => {
    for (let round = 1; round <= rounds; round += 1) {
      const batches = await turn('cronsync', sync, oneCore);
      if (round === 1) await measure('idle', 'nobody', oneCore, () => pause(idleMs, 0));
      for (let nth = 1; nth <= controlsPerRound; nth += 1) {
        await turn('psql', openPsql({ url: postgres.url, total }, batches), oneCore);
      }
    }
  });
  keepTo(allCores);
  await withSync((sync) => turn('cronsync, all cores', sync, allCores));
} finally {
  await postgres.stop();
}
const lines = [...new Set(measured.map(({ what, who }) => `${what} ${who}`))].map((name): Line => {
  return lineOf(measured.filter(({ what, who }) => name === `${what} ${who}`));
});
const { text, isMet } = report(lines, { total, rounds, controls: rounds * controlsPerRound });
process.stdout.write(text);
writeFileSync(results, text);
if (!isMet) process.exitCode = 1;

/** Runs with a Redis that is limited to the same cores. */
async function withSync(work: (sync: Writer) => Promise<unknown>): Promise<void> {
  const redis = await startPrivateRedis(folder);
  try {
    await work(await openSync({ url: postgres.url, redisUrl: redis.url, folder, total }));
  } finally {
    await redis.stop();
  }
}

/** Runs all three phases on an empty table. Returns how many transactions each one was. */
async function turn(who: Measured['who'], writer: Writer, cores: string): Promise<Record<Phase, number>> {
  await writer.begin();
  const batches = { load: 1, update: 1, remove: 1 };
  for (const phase of phases) batches[phase] = await measure(phase, who, cores, () => writer[phase]());
  return batches;
}

/**
 * Measures the system during the work. Returns how many transactions the work was. What was written before is forced to the disk
 * first, because the kernel would write it half a minute later, during another measurement.
 */
async function measure(
  what: Measured['what'],
  who: Measured['who'],
  cores: string,
  work: () => Promise<number>,
): Promise<number> {
  process.stderr.write(`${what}, ${who}\n`);
  await asAdmin((client) => client.query('CHECKPOINT'));
  const system = await runSystem({ url: postgres.url, folder, total });
  const watch = await watchLocks(postgres.url);
  const keeper = await keepSessionsTo(cores, postgres.url);
  const startedAt = performance.now();
  const batches = await work();
  const tookMs = performance.now() - startedAt;
  await keeper.end();
  measured.push({ what, who, batches, tookMs, ...(await system.end()), ...(await watch.end()) });
  return batches;
}

/**
 * A server that has run for a while writes its log into segments that it has used before. A new server first fills each segment
 * with zeros, which takes 50 ms in which nothing is committed and would spoil the measurement. Checkpoints make segments free
 * for use again.
 */
function makeLog(): Promise<void> {
  return asAdmin(async (client) => {
    for (let segment = 0; segment < 350; segment += 1) {
      await client.query(`SELECT pg_logical_emit_message(false, 'bench', ''), pg_switch_wal()`);
    }
    await client.query('CHECKPOINT');
  });
}

async function asAdmin(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  await work(client);
  await client.end();
}

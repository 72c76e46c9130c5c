import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { expect, test } from 'vitest';
import { root } from '../helpers/child.ts';
import { startPostgres } from '../helpers/postgres-server.ts';
import { aRequestCounter } from '../helpers/request-counter.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers } from '../helpers/sync.ts';

// What a run costs, as counts: they are the same on every machine, so they can guard against a slow change where seconds cannot.
// A ceiling is what was counted when it was set, and a tenth more. Who must raise one says why in its comment.

const records = customers(200);
const changed = records.map((record) => ({ ...record, status: 'moved' }));

/** Writes to a file what a process has loaded, when it exits. */
const witness = `process.once('exit', () => {
  const { writeFileSync } = require('node:fs');
  writeFileSync(process.env.LOADED, JSON.stringify({ files: Object.keys(require.cache), builtins: process.moduleLoadList.length }));
});`;

test('a run that finds the lock held loads one file of half a megabyte, and few built-in modules', async () => {
  await using project = await aProject({ redis, records, ttl: '30s' });
  await redis.client.set(project.lockKey, JSON.stringify({ token: 'x', host: 'h', pid: 1, run: 'r', startedAt: '' }));
  const hook = await project.write('witness.cjs', witness);
  const loaded = join(project.dir, 'loaded.json');

  const run = await project.sync(['run'], {
    bundle: 'published',
    env: { NODE_OPTIONS: `--require ${hook}`, LOADED: loaded },
    ownProcess: true,
  });
  expect(run).toMatchObject({ exitCode: 75 });
  const { files, builtins }: { files: string[]; builtins: number } = JSON.parse(readFileSync(loaded, 'utf8'));
  const own = files.filter((file) => file.startsWith(root));
  expect(own.map((file) => file.slice(root.length))).toEqual(['bin/sync.js', 'dist/cli.cjs']);
  // Some 550 kB. The rest of the program, 2.7 MB, is in files that this run does not open.
  expect(own.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(600_000);
  // 156: the modules that any Node program loads are among them. TLS, HTTP, SQLite and the database drivers are not.
  expect(builtins).toBeLessThan(172);
});

test('200 rows are one transaction of Postgres, with few answers to wait for and few bytes in the log', async () => {
  await using opened = new AsyncDisposableStack();
  const server = await startPostgres();
  opened.defer(() => server.stop());
  const counter = opened.use(await aRequestCounter(server.port));
  const client = new pg.Client(server.url);
  await client.connect();
  opened.defer(() => client.end());
  const target = { type: 'postgres', url: server.url.replace(`:${server.port}/`, `:${counter.port}/`) };
  const project = opened.use(
    await aProject({ redis, records: records.slice(0, 1), config: (config) => ({ ...config, target }) }),
  );
  const positionInLog = async () =>
    Number((await client.query(`SELECT pg_current_wal_lsn() - '0/0' AS at`)).rows[0].at);
  const pass = async (served: readonly object[]) => {
    project.serve(served);
    const before = await positionInLog();
    counter.take();
    expect(await project.sync()).toMatchObject({ exitCode: 0 });
    return { ...counter.take(), logged: (await positionInLog()) - before };
  };

  await pass(records.slice(0, 1));
  const unchanged = await pass(records.slice(0, 1));
  const created = await pass(records);
  const updated = await pass(changed);
  // 51 waits in 18 transactions, and 9.4 kB: the fence, the row of the run, the checkpoint, the slot, the sample.
  expect(unchanged.waits).toBeLessThan(57);
  expect(unchanged.commits).toBeLessThan(20);
  expect(unchanged.logged).toBeLessThan(12_000);
  // 17 waits and 2 transactions more than without a change: to look rows up, to write them, and to relay their events.
  for (const { waits, commits } of [created, updated]) {
    expect(waits - unchanged.waits).toBeLessThan(21);
    expect(commits - unchanged.commits).toBeLessThan(4);
  }
  // 451 bytes for each row: the row, its entry, its event, and their indexes.
  expect((created.logged - unchanged.logged) / 199).toBeLessThan(500);
  expect((updated.logged - unchanged.logged) / 200).toBeLessThan(500);
});

test('a thousand events are one script of Redis, and one command each', async () => {
  await using project = await aProject({ redis, records: customers(1000) });
  const calls = await callsDuring(async () => expect(await project.sync()).toMatchObject({ exitCode: 0 }));
  // 8 scripts: those of a run without events, and one for the thousand.
  expect((calls.get('eval') ?? 0) + (calls.get('evalsha') ?? 0)).toBeLessThan(11);
  expect(calls.get('xadd')).toBe(1000);
  // 1056 in all.
  expect([...calls.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(1067);
});

test('an acknowledgement asks once who has anything pending, however many events it is for', async () => {
  const listeners = { notify: { on: ['*'], from: 'beginning', type: 'module', module: './nothing.mjs' } };
  await using project = await aProject({
    redis,
    records: customers(1000),
    config: (config) => ({ ...config, listeners }),
  });
  await project.write('nothing.mjs', `export default { '*': () => {} };`);
  expect(await project.sync()).toMatchObject({ exitCode: 0 });
  const calls = await callsDuring(async () => {
    expect(await project.sync(['listen', '--drain'])).toMatchObject({ exitCode: 0 });
  });
  const [asked = 0, acknowledged = 0, looks = 0] = ['xpending', 'xack', 'xinfo|groups'].map((name) => calls.get(name));
  expect(acknowledged).toBeGreaterThan(0);
  // One for each acknowledgement of some hundred events, and one for each look at the group.
  expect(asked - acknowledged - looks).toBeLessThan(10);
});

/** How often Redis was called meanwhile, by command, inside scripts too. */
async function callsDuring(work: () => Promise<void>): Promise<ReadonlyMap<string, number>> {
  await redis.client.config('RESETSTAT');
  await work();
  const stats = await redis.client.info('commandstats');
  return new Map(
    [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name = '', count]) => [name, Number(count)]),
  );
}

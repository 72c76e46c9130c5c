import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allDone, deadLetters, groupsOf, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually } from '../helpers/sync.ts';

const many = process.env.CI ? 4000 : 20_000;

test('three daemons share a sharded listener: every event arrives, in order per key, though every tenth is refused', async () => {
  await using receiver = await aReceiver();
  receiver.answer((_event, nth) => (nth % 10 === 0 ? 500 : 200));
  await using project = await aProject({
    redis,
    records: customers(many),
    timings: listenTimings,
    config: withListeners({ notify: webhookTo(receiver, { shards: 3, concurrency: 16 }) }),
  });
  const daemons = [project.start(['listen']), project.start(['listen']), project.start(['listen'])];
  const leases = [0, 1, 2].map((shard) => `{sync:${project.name}}:lease:notify.${shard}of3`);
  await eventually(async () => {
    const holders = await redis.client.mget(...leases);
    return new Set(holders.map((holder) => JSON.parse(holder ?? '{}').pid)).size === 3 && !holders.includes(null);
  });
  const run = await project.sync();
  expect(run.exitCode).toBe(0);
  await eventually(() => receiver.taken().length >= many, 60_000);
  await allDone(project);

  expect(new Set(receiver.taken().map(({ event }) => event.id)).size).toBe(many);
  expect(outOfOrder(receiver.taken())).toEqual([]);
  expect(receiver.forged).toEqual([]);
  expect(deadLetters(project)).toEqual([]);
  for (const daemon of daemons) daemon.kill('SIGTERM');
  const ends = await Promise.all(daemons.map((daemon) => daemon.finished));
  expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0]);
});

test('SIGTERM with sixteen in flight: exit 0 in time, and another daemon delivers at once what was not done', async () => {
  await using receiver = await aReceiver();
  receiver.answer(() => 'hang');
  const config = withListeners({ notify: webhookTo(receiver, { concurrency: 16 }) });
  await using project = await aProject({ redis, records: customers(40), timings: listenTimings, config });
  await project.sync();
  const first = project.start(['listen']);
  await eventually(() => receiver.open === 16);
  const second = project.start(['listen']);
  await eventually(() => second.stderr().includes('listening for'));

  receiver.answer(() => 200);
  first.kill('SIGTERM');
  expect((await first.finished).exitCode).toBe(0);
  await eventually(() => new Set(receiver.taken().map(({ key }) => key)).size === 40, 2000);
  await allDone(project);
  expect(outOfOrder(receiver.taken())).toEqual([]);
  expect(deadLetters(project)).toEqual([]);
});

test('SIGTERM waits for what is being delivered', async () => {
  const config = withListeners({ slow: { on: ['*'], from: 'beginning', type: 'module', module: './slow.ts' } });
  await using project = await aProject({ redis, records: customers(3), timings: listenTimings, config });
  await project.write(
    'slow.ts',
    `import { appendFileSync } from 'node:fs';
     export default { '*': async ({ subject }: { subject: string }) => {
       appendFileSync('began', subject);
       await new Promise((done) => setTimeout(done, 500));
       appendFileSync('ended', subject);
     } };`,
  );
  await project.sync();
  const daemon = project.start(['listen']);
  await eventually(() => readFileSync(`${project.dir}/began`, 'utf8').length === 3);
  daemon.kill('SIGTERM');
  expect((await daemon.finished).exitCode).toBe(0);
  expect(readFileSync(`${project.dir}/ended`, 'utf8')).toHaveLength(3);
  expect(await groupsOf(project)).toEqual([{ name: 'slow', pending: 0, behind: false }]);
});

test('--once tries what is there once, and says when something is left', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (data.key === '2' ? 500 : 200));
  const config = withListeners({ notify: webhookTo(receiver) });
  await using project = await aProject({ redis, records: customers(30), timings: listenTimings, config });
  await project.sync();
  const first = await project.sync(['listen', '--once', '--json']);
  expect(first.exitCode).toBe(69);
  expect(first.json()).toEqual({ outcome: 'left', left: 1, isOff: false });
  expect(receiver.received).toHaveLength(30);

  receiver.answer(() => 200);
  await eventually(async () => (await project.sync(['listen', '--once'])).exitCode === 0);
  expect(receiver.received).toHaveLength(31);
  expect((await project.sync(['listen', '--once', '--json'])).json()).toMatchObject({ outcome: 'done', left: 0 });
});

test('--listener runs only that one, and others keep their events', async () => {
  await using one = await aReceiver();
  await using other = await aReceiver();
  const config = withListeners({ one: webhookTo(one), other: webhookTo(other) });
  await using project = await aProject({ redis, records: customers(10), timings: listenTimings, config });
  await project.sync();
  expect((await project.sync(['listen', '--drain', '--listener', 'one'])).exitCode).toBe(0);
  expect([one.taken().length, other.taken().length]).toEqual([10, 0]);
  await project.sync(['listen', '--drain']);
  expect([one.taken().length, other.taken().length]).toEqual([10, 10]);
});

test('a listener hears what its patterns mean, from where it starts', async () => {
  await using all = await aReceiver();
  await using deleted = await aReceiver();
  const config = withListeners({
    all: webhookTo(all, { on: ['*'] }),
    deleted: webhookTo(deleted, { on: ['customers.deleted'], from: 'now' }),
  });
  await using project = await aProject({
    redis,
    records: customers(20),
    timings: listenTimings,
    config: (base) => ({ ...config(base), guard: { maxDeletes: '100%' } }),
  });
  await project.sync();
  project.serve(customers(17));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(all.taken()).toHaveLength(23);
  expect(
    deleted
      .taken()
      .map(({ key }) => key)
      .sort(),
  ).toEqual(['18', '19', '20']);
});

test.each([
  ['a listener that is not there', { one: { type: 'log' } }, ['--listener', 'two'], 64, 'there is no listener two'],
  ['no listener at all', {}, [], 78, 'the config has no listeners'],
  ['a module that is not there', { one: { type: 'module', module: './none.ts' } }, [], 78, 'none.ts'],
  ['a pattern that no resource emits', { one: { type: 'log', on: ['orders.*'] } }, [], 78, 'listeners.one.on[0]'],
  ['an address that is none', { one: { type: 'log' } }, ['--http', 'here'], 64, '--http here'],
  ['--drain and --once together', { one: { type: 'log' } }, ['--drain', '--once'], 64, 'exclude each other'],
])('refuses %s before anything is read', async (_, listeners, flags, exitCode, says) => {
  const all = Object.entries(listeners).map(([name, own]) => [name, { on: ['*'], from: 'beginning', ...own }]);
  await using project = await aProject({ redis, config: withListeners(Object.fromEntries(all)) });
  const refused = await project.sync(['listen', ...flags]);
  expect([refused.exitCode, refused.stderr]).toEqual([exitCode, expect.stringContaining(says)]);
  expect(await redis.client.exists(project.streamKey)).toBe(0);
});

test('listener drop forgets a listener; a daemon that reads for it ends', async () => {
  await using receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver), other: webhookTo(receiver) });
  await using project = await aProject({ redis, records: customers(5), timings: listenTimings, config });
  await project.sync();
  const daemon = project.start(['listen']);
  await allDone(project);
  await eventually(() => project.query('SELECT 1 FROM _sync_groups WHERE seq = 5').length === 2);
  const dropped = await project.sync(['listener', 'drop', 'notify', '--yes', '--json']);
  expect(dropped.json()).toEqual({ dropped: ['notify'] });
  expect(project.query('SELECT group_name FROM _sync_groups')).toEqual([{ group_name: 'other' }]);

  const ended = await daemon.finished;
  expect([ended.exitCode, ended.stderr]).toEqual([78, expect.stringContaining('notify was dropped')]);
  expect((await groupsOf(project)).map(({ name }) => name)).toEqual(['other']);
  expect((await project.sync(['listener', 'drop', 'notify', '--yes'])).exitCode).toBe(64);
});

test('a handler that blocks its process loses the group, and another daemon delivers', async () => {
  const config = withListeners({ busy: { on: ['*'], from: 'beginning', type: 'module', module: './busy.ts' } });
  await using project = await aProject({ redis, records: customers(6), timings: listenTimings, config });
  await project.write(
    'busy.ts',
    `import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
     export default { '*': ({ subject }: { subject: string }) => {
       if (subject === '1' && !existsSync('blocked')) {
         writeFileSync('blocked', String(process.pid));
         const end = Date.now() + 4000;
         while (Date.now() < end);
       }
       appendFileSync('done', process.pid + ' ' + subject + '\\n');
     } };`,
  );
  await project.sync();
  const daemons = [project.start(['listen']), project.start(['listen'])];
  const done = () => readFileSync(`${project.dir}/done`, 'utf8').trim().split('\n');
  await eventually(() => new Set(done().map((line) => line.split(' ')[1])).size === 6);
  const blocked = readFileSync(`${project.dir}/blocked`, 'utf8');
  expect(done().some((line) => !line.startsWith(blocked) && line.endsWith(' 1'))).toBe(true);
  await allDone(project);
  for (const daemon of daemons) daemon.kill('SIGTERM');
  expect((await Promise.all(daemons.map(({ finished }) => finished))).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
});

test('status prints lag, pending and dead letters of each listener', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (data.key === '2' ? 400 : 200));
  const config = withListeners({ notify: webhookTo(receiver), idle: webhookTo(receiver) });
  await using project = await aProject({ redis, records: customers(5), timings: listenTimings, config });
  await project.sync();
  await project.sync(['listen', '--drain', '--listener', 'notify']);
  const status = await project.sync(['status', '--json']);
  expect(status.json<{ listeners: object }>().listeners).toMatchObject([
    { listener: 'idle', group: 'idle', pending: 0, lag: 5, dead: 0, daemons: 0, oldest: expect.any(String) },
    { listener: 'notify', group: 'notify', pending: 0, lag: 0, dead: 1, daemons: 0, oldest: null },
  ]);
  expect((await project.sync(['status'])).stdout).toContain('1 dead letter');
});

test('status knows how many events a daemon delivered in its last full minute, as long as it runs', async () => {
  await using receiver = await aReceiver();
  const timings = { ...listenTimings, minuteMs: 3000 };
  const config = withListeners({ notify: webhookTo(receiver) });
  await using project = await aProject({ redis, records: customers(2), timings, config });
  await project.sync();
  const done = async () => {
    const { listeners } = (await project.sync(['status', '--json'])).json<{ listeners: { donePerMinute: number }[] }>();
    return listeners.map(({ donePerMinute }) => donePerMinute);
  };
  expect(await done()).toEqual([null]);
  const daemon = project.start(['listen']);
  await eventually(async () => String(await done()) === '2');
  await eventually(async () => String(await done()) === '0');
  daemon.kill('SIGTERM');
  await daemon.finished;
  expect(await done()).toEqual([null]);
});

test('status knows which listeners a daemon runs, as long as it runs', async () => {
  await using receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver), idle: webhookTo(receiver) });
  await using project = await aProject({ redis, records: customers(2), timings: listenTimings, config });
  await project.sync();
  const daemonsOf = async () => {
    const { listeners } = (await project.sync(['status', '--json'])).json<{ listeners: { daemons: number }[] }>();
    return listeners.map(({ daemons }) => daemons);
  };
  const daemon = project.start(['listen', '--listener', 'notify']);
  await eventually(async () => String(await daemonsOf()) === '0,1');
  daemon.kill('SIGTERM');
  await daemon.finished;
  expect(await daemonsOf()).toEqual([0, 0]);
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allDone, listenTimings } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, type Receiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, type Project } from '../helpers/sync.ts';

async function aHeardProject(receiver: Receiver, options: object = {}, target: 'sqlite' | 'postgres' = 'sqlite') {
  return aProject({
    ...{ redis, target, records: customers(4), timings: listenTimings },
    config: (config) => ({ ...config, listeners: { notify: webhookTo(receiver, options) } }),
  });
}

const seqsOf = (receiver: Receiver) => receiver.taken().map(({ seq }) => seq);
const sorted = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b);
const rewindsOf = (project: Project) =>
  project.database.query("SELECT group_name FROM _sync_groups WHERE group_name LIKE '%.rewind-%'");
const rewinding = (to: string) => ['listener', 'rewind', 'notify', '--to', to, '--yes'];

describe.each(['sqlite', 'postgres'] as const)('cronsync listener rewind, on %s,', (target) => {
  test('delivers again once what was acknowledged, in order, while the living group goes on', async () => {
    await using receiver = await aReceiver();
    await using project = await aHeardProject(receiver, {}, target);
    await project.sync();
    project.serve([...customers(3), aCustomer(4, { status: 'gold' })]);
    await project.sync();
    const daemon = project.start(['listen']);
    await eventually(() => receiver.taken().length === 5);
    receiver.answer((_event, nth) => (nth === 6 ? 500 : 200));
    const rewound = await project.sync([...rewinding('1'), '--reason', 'they lost a table']);
    expect(rewound).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('notify.rewind-5 delivers them') });
    project.serve([...customers(3), aCustomer(4, { status: 'gold' }), aCustomer(6), aCustomer(7)]);
    await project.sync();
    await eventually(() => receiver.taken().length === 11);
    await allDone(project);
    await eventually(async () => (await rewindsOf(project)).length === 0);
    expect(sorted(seqsOf(receiver))).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7]);
    const again = receiver
      .taken()
      .slice(5)
      .filter(({ seq }) => seq <= 5);
    expect(again.filter(({ key }) => key === '4').map(({ seq }) => seq)).toEqual([4, 5]);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
    const { activities } = (await project.sync(['activity', '--json'])).json<{ activities: object[] }>();
    expect(activities).toMatchObject([
      {
        what: 'rewind',
        why: 'they lost a table',
        detail: { listener: 'notify', after: 1, groups: ['notify.rewind-5'] },
      },
    ]);
  });
});

test('events that are delivered again have other idempotency keys, so that no receiver takes them for repetitions', async () => {
  await using project = await aProject({
    ...{ redis, records: customers(2), timings: listenTimings },
    config: (config) => ({
      ...config,
      listeners: {
        notify: {
          ...{ on: ['*'], from: 'beginning', type: 'exec' },
          command: [
            process.execPath,
            '-e',
            'require("node:fs").appendFileSync("keys", process.env.SYNC_IDEMPOTENCY_KEY + "\\n")',
          ],
        },
      },
    }),
  });
  await project.sync();
  await project.sync(['listen', '--drain']);
  await project.sync(rewinding('0'));
  await project.sync(['listen', '--drain']);
  const keys = readFileSync(`${project.dir}/keys`, 'utf8').trim().split('\n');
  expect(keys).toHaveLength(4);
  expect(new Set(keys).size).toBe(4);
});

test('a rewind goes back to a time, for each shard by itself, and is finished by a later daemon', async () => {
  await using receiver = await aReceiver();
  await using project = await aHeardProject(receiver, { shards: 3 });
  await project.sync();
  const last = project.events().at(-1);
  await eventually(() => Date.now() > Date.parse(last?.time ?? ''));
  project.serve(customers(9));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(sorted(seqsOf(receiver))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect((await project.sync(rewinding(last?.time ?? ''))).exitCode).toBe(0);
  receiver.answer(() => 503);
  await project.sync(['listen', '--once']);
  expect(receiver.taken()).toHaveLength(9);
  receiver.answer(() => 200);
  await project.sync(['listen', '--drain']);
  expect(sorted(seqsOf(receiver).slice(9))).toEqual([5, 6, 7, 8, 9]);
  expect(await rewindsOf(project)).toEqual([]);
  expect(outOfOrder(receiver.taken())).toEqual([]);
});

test('a rewind that nobody delivers can be dropped, and leaves the living group alone', async () => {
  await using receiver = await aReceiver();
  await using project = await aHeardProject(receiver);
  await project.sync();
  await project.sync(['listen', '--drain']);
  await project.sync(rewinding('1h'));
  const refused = await project.sync(rewinding('1'));
  expect([refused.exitCode, refused.stderr]).toEqual([
    64,
    expect.stringContaining('a rewind of notify is under way (notify.rewind-4)'),
  ]);
  await project.sync();
  expect((await project.sync(['listener', 'drop', 'notify.rewind-4', '--yes'])).exitCode).toBe(0);
  project.serve(customers(5));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(seqsOf(receiver)).toEqual([1, 2, 3, 4, 5]);
});

test('a rewind that cannot be meant is refused, and nothing is written', async () => {
  await using receiver = await aReceiver();
  await using project = await aHeardProject(receiver);
  const refused = async (...words: string[]) => {
    const { exitCode, stderr } = await project.sync(words);
    expect([64, 78]).toContain(exitCode);
    return stderr;
  };
  expect(await refused(...rewinding('1'))).toContain('has received nothing yet');
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(await refused(...rewinding('4'))).toContain('has acknowledged no event after 4');
  expect(await refused(...rewinding('lunch'))).toContain('is not a duration, a sequence number or a time');
  expect(await refused('listener', 'rewind', 'audit', '--to', '1')).toContain('is not in the config');
  expect(await refused('listener', 'rewind', 'notify', '--to', '1')).toContain('no terminal to ask on');
  expect(await rewindsOf(project)).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allDone, deadLetters, groupsOf, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, type Project } from '../helpers/sync.ts';

const timings = listenTimings;

test('a listener whose receiver never answers holds back no other', async () => {
  await using hanging = await aReceiver();
  await using working = await aReceiver();
  hanging.answer(() => 'hang');
  const config = withListeners({ stuck: webhookTo(hanging, { timeout: '60s' }), notify: webhookTo(working) });
  await using project = await aProject({ redis, records: customers(500), timings, config });
  await project.sync();
  const daemon = project.start(['listen']);

  await eventually(() => working.taken().length === 500);
  expect(hanging.open).toBe(8);
  expect(hanging.received.length).toBe(8);
  daemon.kill('SIGTERM');
  expect((await daemon.finished).exitCode).toBe(0);
  const groups = await groupsOf(project);
  expect(groups.find(({ name }) => name === 'notify')).toEqual({ name: 'notify', pending: 0, behind: false });
});

test('an event that nobody can take dies after its attempts; the others are delivered, and it is when it is replayed', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (data.key === '7' ? 500 : 200));
  const config = withListeners({ notify: webhookTo(receiver, { attempts: 3 }) });
  await using project = await aProject({ redis, records: customers(20), timings, config });
  await project.sync();
  const drained = await project.sync(['listen', '--drain']);

  expect(drained.exitCode).toBe(0);
  expect(drained.stderr).toContain('customers.created 7 is a dead letter (attempts)');
  expect(new Set(receiver.taken().map(({ key }) => key)).size).toBe(19);
  expect(receiver.received.filter(({ key }) => key === '7')).toHaveLength(3);
  const list = await project.sync(['dead', 'list', '--json']);
  const [letter] = list.json<{ deadLetters: { id: string }[] }>().deadLetters;
  const shown = await project.sync(['dead', 'show', String(letter?.id), '--json']);
  expect(shown.json()).toMatchObject({
    reason: 'attempts',
    key: '7',
    attemptsAt: [/./, /./, /./].map(() => expect.any(String)),
  });
  expect(shown.stdout).toContain('500');

  receiver.answer(() => 200);
  const replayed = await project.sync(['dead', 'replay', '--listener', 'notify']);
  expect(replayed.exitCode).toBe(0);
  expect(receiver.taken().at(-1)?.key).toBe('7');
  expect(deadLetters(project)).toEqual([]);
});

test('a permanent refusal is a dead letter at once', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (data.key === '3' ? 422 : 200));
  await using project = await aProject({
    redis,
    records: customers(5),
    timings,
    config: withListeners({ notify: webhookTo(receiver) }),
  });
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(receiver.received.filter(({ key }) => key === '3')).toHaveLength(1);
  expect(deadLetters(project)).toMatchObject([{ reason: 'permanent', key: '3', listener: 'notify' }]);
});

test('a key that fails waits alone, and keeps its order', async () => {
  await using receiver = await aReceiver();
  let isMended = false;
  receiver.answer(({ data }) => (data.key === '1' && !isMended ? 503 : 200));
  const config = withListeners({ notify: webhookTo(receiver, { attempts: 100 }) });
  await using project = await aProject({ redis, records: customers(20), timings, config });
  await project.sync();
  project.serve(customers(20).map((customer) => ({ ...customer, status: 'left' })));
  await project.sync();
  project.start(['listen']);

  await eventually(() => receiver.taken().length === 38);
  expect(receiver.taken().some(({ key }) => key === '1')).toBe(false);
  isMended = true;
  await allDone(project);
  expect(
    receiver
      .taken()
      .filter(({ key }) => key === '1')
      .map(({ event }) => event.type),
  ).toEqual(['customers.created', 'customers.updated']);
  expect(outOfOrder(receiver.taken())).toEqual([]);
});

test('a receiver that is down costs no event an attempt too many: one at a time is tried until it is back', async () => {
  await using receiver = await aReceiver();
  receiver.answer(() => 503);
  const config = withListeners({ notify: webhookTo(receiver, { attempts: 2 }) });
  await using project = await aProject({ redis, records: customers(200), timings, config });
  await project.sync();
  const daemon = project.start(['listen']);

  await eventually(() => daemon.stderr().includes('its receiver is tried with one event at a time'));
  const before = receiver.received.length;
  await eventually(() => receiver.received.length >= before + 4);
  expect(receiver.open).toBeLessThanOrEqual(1);
  receiver.answer(() => 200);
  await allDone(project);
  expect(receiver.taken()).toHaveLength(200);
  expect(daemon.stderr()).toContain('its receiver answers again');
  expect(deadLetters(project)).toEqual([]);
});

test('poison alone opens the circuit, and dies all the same once something else succeeds', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (Number(data.key) <= 6 ? 500 : 200));
  const config = withListeners({ notify: webhookTo(receiver, { attempts: 2 }) });
  await using project = await aProject({ redis, records: customers(6), timings, config });
  await project.sync();
  const daemon = project.start(['listen']);
  await eventually(() => daemon.stderr().includes('one event at a time'));

  let served = 6;
  await eventually(async () => {
    served += 1;
    project.serve(customers(served));
    await project.sync();
    return deadLetters(project).length === 6;
  });
  await eventually(() => new Set(receiver.taken().map(({ key }) => key)).size === served - 6);
});

test('with onDead "park" later events of a dead key follow it, until it is replayed', async () => {
  await using receiver = await aReceiver();
  receiver.answer(({ data }) => (data.key === '1' ? 400 : 200));
  const config = withListeners({ notify: webhookTo(receiver, { onDead: 'park' }) });
  await using project = await aProject({ redis, records: customers(2), timings, config });
  await project.sync();
  await project.sync(['listen', '--drain']);
  project.serve(customers(2).map((customer) => ({ ...customer, status: 'left' })));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(deadLetters(project).map(({ reason, key }) => `${key} ${reason}`)).toEqual(['1 permanent', '1 parked']);

  receiver.answer(() => 200);
  await project.sync(['dead', 'replay', '--listener', 'notify']);
  project.serve([aCustomer(1, { status: 'back' }), aCustomer(2, { status: 'back' })]);
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(deadLetters(project)).toEqual([]);
  expect(receiver.taken().filter(({ key }) => key === '1')).toHaveLength(3);
  expect(outOfOrder(receiver.taken())).toEqual([]);
});

async function problems(project: Project): Promise<readonly object[]> {
  return (await project.sync(['status', '--json'])).json<{ problems: object[] }>().problems;
}

test('410 turns a listener off: it reads no more, and its events wait', async () => {
  await using receiver = await aReceiver();
  await using other = await aReceiver();
  receiver.answer(() => 410);
  const config = withListeners({ gone: webhookTo(receiver, { concurrency: 1 }), notify: webhookTo(other) });
  await using project = await aProject({ redis, records: customers(50), timings, config });
  await project.sync();
  const drained = await project.sync(['listen', '--drain', '--json']);

  expect(drained.exitCode).toBe(69);
  expect(drained.json()).toEqual({ outcome: 'left', left: 0, isOff: true });
  expect(receiver.received).toHaveLength(1);
  expect(other.taken()).toHaveLength(50);
  expect(deadLetters(project)).toEqual([]);
  expect(await problems(project)).toMatchObject([
    {
      id: 'listener-off',
      listener: 'gone',
      cause: expect.stringContaining('410'),
      next: 'cronsync listener drop gone',
    },
  ]);
  receiver.answer(() => 200);
  expect((await project.sync(['listen', '--drain'])).exitCode).toBe(0);
  expect(receiver.taken()).toHaveLength(50);
  expect(await problems(project)).toEqual([]);
});

test.each([
  { how: 'exits', exitCode: 9, harm: 'process.exit(9);' },
  {
    how: 'throws where nothing catches it',
    exitCode: 70,
    harm: "{ setTimeout(() => { throw new Error('nobody catches this'); }); await new Promise(() => {}); }",
  },
])(
  'an event whose listener $how each time is a dead letter after three times; what ran beside it is delivered',
  async ({ exitCode, harm }) => {
    const config = withListeners({
      poisoned: { on: ['*'], from: 'beginning', type: 'module', module: './crash.ts', concurrency: 4 },
    });
    await using project = await aProject({ redis, records: customers(12), timings, config });
    await project.write(
      'crash.ts',
      `import { appendFileSync } from 'node:fs';
     export default { '*': async (event: { subject: string }) => {
       if (event.subject === '2') ${harm}
       await new Promise((done) => setTimeout(done, 30));
       appendFileSync('done', event.subject + '\\n');
     } };`,
    );
    await project.sync();
    const ends: (number | null)[] = [];
    while (ends.at(-1) !== 0 && ends.length < 8)
      ends.push((await project.start(['listen', '--drain']).finished).exitCode);

    expect(ends).toEqual([exitCode, exitCode, exitCode, 0]);
    expect(deadLetters(project)).toMatchObject([{ reason: 'crash-loop', key: '2' }]);
    const done = new Set(readFileSync(`${project.dir}/done`, 'utf8').trim().split('\n'));
    expect(done.size).toBe(11);
  },
);

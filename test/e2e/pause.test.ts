import { describe, expect, test } from 'vitest';
import { allDone, listenTimings } from '../helpers/listening.ts';
import { aReceiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, expectInStep } from '../helpers/sync.ts';

const targets = ['sqlite', 'postgres'] as const;

describe.each(targets)('a sync that is paused, on %s,', (target) => {
  test('makes no hit and writes no row, relays what is in the outbox, and goes on when it is resumed', async () => {
    await using project = await aProject({ redis, target, records: customers(2) });
    await project.sync();
    await redis.client.del(project.streamKey);
    const paused = await project.sync(['pause', '--reason', 'their migration']);
    expect(paused).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('its runs make no hit') });
    project.serve(customers(3));
    const hits = project.party.arrivals.length;
    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(0);
    expect(json()).toMatchObject({
      ...{ outcome: 'paused', hits: 0, pages: 0, relayed: 2, warnings: [] },
      pause: { listener: null, until: null, reason: 'their migration' },
    });
    expect(project.party.arrivals).toHaveLength(hits);
    expect(await project.database.rows()).toHaveLength(2);
    expect((await project.sync(['run'])).stdout).toMatch(
      / paused: no hit until somebody resumes it: "their migration" \(by /,
    );
    expect((await project.sync(['run', '--full', '--json'])).json()).toMatchObject({ outcome: 'paused', hits: 0 });

    const status = (await project.sync(['status'])).stdout;
    expect(status).toContain('PAUSED');
    expect(status).toContain('their migration');

    expect((await project.sync(['resume'])).stdout).toBe(`${project.name} is resumed\n`);
    expect((await project.sync(['resume'])).stdout).toContain('was not paused; nothing was done');
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { created: 1 }, pause: null });
    await expectInStep(project);
    const { activities } = (await project.sync(['activity', '--json'])).json<{ activities: object[] }>();
    expect(activities).toMatchObject([{ what: 'resume' }, { what: 'pause', why: 'their migration' }]);
  });
});

test('a pause ends by itself when its time is over', async () => {
  await using project = await aProject({ redis, records: customers(1) });
  const { json } = await project.sync(['pause', '--for', '600ms', '--json']);
  const { until } = json<{ until: string }>();
  expect((await project.sync()).json().outcome).toBe('paused');
  await eventually(() => Date.now() > Date.parse(until));
  expect((await project.sync()).json().outcome).toBe('done');
});

test('a pause of a listener that the config does not have is refused', async () => {
  await using project = await aProject({
    redis,
    config: (config) => ({ ...config, listeners: { notify: { on: ['*'], from: 'now', type: 'log' } } }),
  });
  const { exitCode, stderr } = await project.sync(['pause', '--listener', 'notfy']);
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('Did you mean "notify"?')]);
});

test.each(['key', 'none'])(
  'a listener that is paused gets nothing until it is resumed, the others do; ordering "%s"',
  async (ordering) => {
    await using receiver = await aReceiver();
    await using other = await aReceiver();
    await using project = await aProject({
      ...{ redis, records: customers(2), timings: listenTimings },
      config: (config) => ({
        ...config,
        listeners: { notify: webhookTo(receiver, { ordering }), audit: webhookTo(other) },
      }),
    });
    await project.sync();
    const daemon = project.start(['listen']);
    await eventually(() => receiver.taken().length === 2 && other.taken().length === 2);
    await project.sync(['pause', '--listener', 'notify', '--reason', 'their night']);
    await eventually(() => daemon.stderr().includes('notify is paused by'));
    project.serve([...customers(2), aCustomer(3), aCustomer(4)]);
    await project.sync();
    await eventually(() => other.taken().length === 4);
    // Events that come while it is paused are read by the other listener; this one would have had them by then.
    expect(receiver.taken()).toHaveLength(2);
    await project.sync(['resume', '--listener', 'notify']);
    await eventually(() => receiver.taken().length === 4);
    await allDone(project);
    expect(
      receiver
        .taken()
        .map(({ seq }) => seq)
        .toSorted(),
    ).toEqual([1, 2, 3, 4]);
    daemon.kill('SIGTERM');
    expect((await daemon.finished).exitCode).toBe(0);
  },
);

test('cronsync listen --drain and --once leave a listener alone that is paused', async () => {
  await using receiver = await aReceiver();
  await using project = await aProject({
    ...{ redis, records: customers(2), timings: listenTimings },
    config: (config) => ({ ...config, listeners: { notify: webhookTo(receiver) } }),
  });
  await project.sync();
  const { stdout } = await project.sync(['pause', '--listener', 'notify', '--for', '2h']);
  expect(stdout).toBe('notify is paused for 2 h: its events wait, and a daemon stops within seconds\n');
  expect((await project.sync(['listen', '--drain'])).exitCode).toBe(0);
  await project.sync(['listen', '--once']);
  expect(receiver.received).toEqual([]);
  await project.sync(['resume', '--listener', 'notify']);
  await project.sync(['listen', '--drain']);
  expect(receiver.taken()).toHaveLength(2);
});

test('a time that no calendar has is refused, and nothing is paused', async () => {
  await using project = await aProject({ redis, records: [aCustomer(1)] });
  await project.sync();
  const { exitCode, stderr } = await project.sync(['pause', '--for', '999999999d']);
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('nothing was paused')]);
  expect((await project.sync()).json().outcome).toBe('done');
});

test('a permit is refused while the sync is paused: nothing would use it', async () => {
  await using project = await aProject({ redis, records: [aCustomer(1)] });
  await project.sync();
  await project.sync(['pause']);
  const { exitCode, json } = await project.sync(['run', '--json', '--allow-mass-delete=3']);
  expect(exitCode).toBe(64);
  expect(json().errors).toMatchObject([{ message: expect.stringContaining('nothing was permitted') }]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { allDone, deadLetters, groupsOf, listenTimings, withListeners } from '../helpers/listening.ts';
import { aReceiver, outOfOrder, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, eventually } from '../helpers/sync.ts';

const timings = listenTimings;
const keys = 200;
const versions = 8;
/** The order does not depend on the shards: one of the two is enough at full length. */
const versionsOf = (shards: number) => (shards === 1 ? Math.ceil(versions / 2) : versions);

test.each([1, 2])(
  'with %d shards every key is heard in order, while daemons join, leave, are paused and are killed',
  async (shards) => {
    await using receiver = await aReceiver();
    receiver.answer((_event, nth) => (nth % 50 === 0 ? 503 : 200));
    const config = withListeners({ notify: webhookTo(receiver, { shards, attempts: 50, concurrency: 16 }) });
    await using project = await aProject({ redis, timings, config });
    const daemons = [project.start(['listen']), project.start(['listen'])];
    const harms = ['SIGKILL', 'SIGTERM', 'pause'] as const;
    for (let version = 1; version <= versionsOf(shards); version += 1) {
      project.serve(customers(keys).map((customer) => ({ ...customer, status: `v${version}` })));
      expect((await project.sync(['run', '--json', '--quiet'])).exitCode).toBe(0);
      const victim = daemons.shift();
      daemons.push(project.start(['listen']));
      const harm = harms[version % harms.length];
      if (harm !== 'pause') victim?.kill(harm ?? 'SIGKILL');
      else if (victim) {
        victim.stop();
        setTimeout(() => victim.cont(), 2500);
        daemons.push(victim);
      }
      await sleep(150);
    }
    const events = keys * versionsOf(shards);
    await eventually(() => new Set(receiver.taken().map(({ event }) => event.id)).size === events, 90_000);
    await allDone(project);

    expect(outOfOrder(receiver.taken())).toEqual([]);
    expect(deadLetters(project)).toEqual([]);
  },
);

test('without an order all daemons take part, and others claim what a killed one had', async () => {
  await using receiver = await aReceiver();
  receiver.answer((_event, nth) => (nth <= 4 ? 'hang' : 200));
  const config = withListeners({ notify: webhookTo(receiver, { ordering: 'none', concurrency: 4 }) });
  await using project = await aProject({ redis, records: customers(400), timings, config });
  await project.sync();
  const doomed = project.start(['listen']);
  await eventually(() => receiver.open === 4);
  const others = [project.start(['listen']), project.start(['listen'])];
  doomed.kill('SIGKILL');

  await eventually(() => new Set(receiver.taken().map(({ event }) => event.id)).size === 400);
  await allDone(project);
  for (const daemon of others) daemon.kill('SIGTERM');
  expect((await Promise.all(others.map(({ finished }) => finished))).map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(deadLetters(project)).toEqual([]);
});

test('without an order, what a stopping daemon had in hand goes to the others at once', async () => {
  await using receiver = await aReceiver();
  receiver.answer(() => 'hang');
  const config = withListeners({ notify: webhookTo(receiver, { ordering: 'none', concurrency: 4 }) });
  const patient = { ...timings, claimIdleMs: 600_000 };
  await using project = await aProject({ redis, records: customers(20), timings: patient, config });
  await project.sync();
  const stopping = project.start(['listen']);
  await eventually(() => receiver.open === 4);
  receiver.answer(() => 200);
  stopping.kill('SIGTERM');
  const [ended, drained] = await Promise.all([stopping.finished, project.sync(['listen', '--drain'])]);

  expect([ended.exitCode, drained.exitCode]).toEqual([0, 0]);
  expect(new Set(receiver.taken().map(({ key }) => key)).size).toBe(20);
});

test('a shard goes to a daemon that comes later', async () => {
  await using receiver = await aReceiver();
  const config = withListeners({ notify: webhookTo(receiver, { shards: 2 }) });
  await using project = await aProject({ redis, records: customers(10), timings, config });
  await project.sync();
  const first = project.start(['listen']);
  await allDone(project);
  const holders = async () => {
    const leases = await Promise.all(
      [0, 1].map((n) => redis.client.get(`{sync:${project.name}}:lease:notify.${n}of2`)),
    );
    return leases.map((lease) => (lease === null ? 0 : Number(JSON.parse(lease).pid)));
  };
  await eventually(async () => (await holders()).every((pid) => pid === first.pid));
  const second = project.start(['listen']);
  await eventually(async () => new Set(await holders()).size === 2 && (await holders()).includes(second.pid));
  second.kill('SIGTERM');
  await eventually(async () => (await holders()).every((pid) => pid === first.pid));
});

test('another number of shards goes on where the slowest of the old ones stood', async () => {
  await using receiver = await aReceiver();
  const configOf = (shards: number) => withListeners({ notify: webhookTo(receiver, { shards, from: 'now' }) });
  await using project = await aProject({ redis, timings, config: configOf(2) });
  await project.sync();
  project.serve(customers(40));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(receiver.taken()).toHaveLength(40);

  project.serve(customers(80));
  await project.sync();
  await project.reconfigure(configOf(3));
  await project.sync(['listen', '--drain']);
  expect(new Set(receiver.taken().map(({ event }) => event.id)).size).toBe(80);
  expect((await groupsOf(project)).map(({ name }) => name)).toEqual(['notify.0of3', 'notify.1of3', 'notify.2of3']);
  await project.reconfigure(configOf(1));
  project.serve(customers(90));
  await project.sync();
  await project.sync(['listen', '--drain']);
  expect(new Set(receiver.taken().map(({ event }) => event.id)).size).toBe(90);
  expect((await groupsOf(project)).map(({ name }) => name)).toEqual(['notify']);
});

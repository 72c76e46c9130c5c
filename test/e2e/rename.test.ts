import { describe, expect, test } from 'vitest';
import { groupsOf, listenTimings } from '../helpers/listening.ts';
import { aReceiver, type Receiver, webhookTo } from '../helpers/receiver.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, type Project } from '../helpers/sync.ts';

const targets = ['sqlite', 'postgres'] as const;

async function aHeardProject(target: (typeof targets)[number], receiver: Receiver): Promise<Project> {
  return aProject({
    ...{ redis, target, records: customers(5), timings: listenTimings },
    config: (config) => ({ ...config, listeners: { notify: webhookTo(receiver) } }),
  });
}

const keysOf = (name: string) => redis.client.keys(`{sync:${name}}:*`);
const takenIn = (receiver: Receiver) => receiver.taken().map(({ seq }) => seq);

describe.each(targets)('cronsync rename, on %s,', (target) => {
  test('takes rows, events and cursors along: nothing is written again, and nothing is delivered twice', async () => {
    await using receiver = await aReceiver();
    await using project = await aHeardProject(target, receiver);
    const { name } = project;
    const renamed = `${name}-sales`;
    await project.sync();
    await project.sync(['listen', '--drain']);
    project.serve([...customers(5), aCustomer(9)]);
    await project.sync();
    const asked = await project.sync(['rename', name, renamed]);
    expect([asked.exitCode, asked.stderr]).toEqual([64, expect.stringContaining('no terminal to ask on')]);

    const done = await project.sync(['rename', name, renamed, '--yes']);
    expect(done).toMatchObject({ exitCode: 0, stdout: `${name} is called ${renamed} now\n` });
    expect(done.stderr).toContain(`Write "name": "${renamed}" in the config.`);
    expect(await keysOf(name)).toEqual([]);
    expect((await project.sync()).exitCode).toBe(78);

    await project.reconfigure((config) => ({ ...config, name: renamed, listeners: { notify: webhookTo(receiver) } }));
    expect((await project.sync()).json()).toMatchObject({
      outcome: 'done',
      counts: { created: 0, updated: 0, deleted: 0 },
    });
    await project.sync(['listen', '--drain']);
    expect(takenIn(receiver)).toEqual([1, 2, 3, 4, 5, 6]);
    const again = await project.sync(['rename', name, renamed, '--yes']);
    expect([again.exitCode, again.stderr]).toEqual([64, expect.stringContaining(`there is no sync ${name}, and`)]);
  });

  test('is finished by the same command, wherever it was killed', async () => {
    await using receiver = await aReceiver();
    await using project = await aHeardProject(target, receiver);
    const { name } = project;
    const renamed = `${name}-sales`;
    await project.sync();
    await project.sync(['listen', '--drain']);
    const renaming = ['rename', name, renamed, '--yes'];
    for (const nth of [1, 2, 3, 4]) {
      await redis.client.del(project.lockKey, `{sync:${renamed}}:lock`);
      const { signal } = await project.sync(renaming, { env: { SYNC_CRASH_AT: `after-commit:${nth}` } });
      if (signal === null) break;
      expect(signal).toBe('SIGKILL');
    }
    await redis.client.del(project.lockKey, `{sync:${renamed}}:lock`);
    await project.sync(renaming);
    expect(await keysOf(name)).toEqual([]);
    await project.reconfigure((config) => ({ ...config, name: renamed, listeners: { notify: webhookTo(receiver) } }));
    project.serve(customers(6));
    expect((await project.sync()).json().counts).toEqual({ created: 1, updated: 0, deleted: 0 });
    await project.sync(['listen', '--drain']);
    expect(takenIn(receiver)).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

test('cronsync rename waits for no daemon, and touches nothing while one reads', async () => {
  await using receiver = await aReceiver();
  await using project = await aHeardProject('sqlite', receiver);
  await project.sync();
  const daemon = project.start(['listen']);
  await eventually(() => receiver.taken().length === 5);
  const before = await project.database.contents();
  for (const command of [['rename', project.name, 'sales'], ['forget']]) {
    const { exitCode, stderr } = await project.sync([...command, '--yes']);
    expect([exitCode, stderr]).toEqual([
      78,
      expect.stringMatching(/a daemon \(\S+\) reads the group notify of \S+; nothing/),
    ]);
  }
  daemon.kill('SIGTERM');
  await daemon.finished;
  expect((await project.database.contents())._sync_lease).toEqual(before._sync_lease);
  expect(await groupsOf(project)).toHaveLength(1);
});

test('cronsync rename refuses what it cannot mean', async () => {
  await using project = await aProject({ redis, records: customers(1) });
  await project.sync();
  const { name } = project;
  const refused = async (...words: string[]) => {
    const { exitCode, stderr } = await project.sync(['rename', ...words, '--yes']);
    expect(exitCode).toBe(64);
    return stderr;
  };
  expect(await refused('shop', 'sales')).toContain(`is the name in the config, which is ${name}`);
  expect(await refused(name, name)).toContain('is called');
  expect(await refused(name, 'Über')).toContain('cannot be the name of a sync');
  expect(await refused(`${name}x`, name)).toContain(`and ${name} is there already`);
  await project.reconfigure((config) => ({ ...config, name: `${name}-sales` }));
  expect(await refused(`${name}x`, `${name}-sales`)).toContain(`Did you mean "${name}"?`);
  expect(await refused(name)).toContain("missing required argument 'new'");
});

describe.each(targets)('cronsync forget, on %s,', (target) => {
  test('forgets everything but the rows, which the next run finds', async () => {
    await using receiver = await aReceiver();
    await using project = await aHeardProject(target, receiver);
    await project.sync();
    const asked = await project.sync(['forget']);
    expect(asked.exitCode).toBe(64);
    const forgotten = await project.sync(['forget', '--yes', '--json']);
    expect(forgotten.json<object>()).toEqual({
      name: project.name,
      resources: ['customers'],
      isWhole: true,
      dropped: [],
    });
    expect(await project.database.rows()).toHaveLength(5);
    expect(await project.database.events()).toEqual([]);
    expect((await keysOf(project.name)).filter((key) => !key.endsWith(':lock'))).toEqual([]);
    expect((await project.sync(['forget', '--yes'])).stderr).toContain('has no sync');
    expect((await project.sync()).json()).toMatchObject({
      outcome: 'done',
      counts: { created: 0, updated: 0, deleted: 0 },
    });
  });

  test('hands a table over to another sync, and drops tables if that is asked for', async () => {
    await using project = await aProject({ redis, target, records: customers(3) });
    const { name } = project;
    await project.sync();
    await project.write('shop.json', { ...project.config, name: `${name}-shop` });
    const inShop = ['--config', 'shop.json'];
    expect((await project.sync(['run', ...inShop])).stderr).toContain(`"cronsync forget ${name} --resource customers"`);
    const given = await project.sync(['forget', name, '--resource', 'customers', '--yes', ...inShop]);
    expect(given).toMatchObject({ exitCode: 0, stdout: `customers of ${name} is forgotten\n`, stderr: '' });
    expect((await project.sync(['run', '--json', ...inShop])).json().counts).toEqual({
      created: 0,
      updated: 0,
      deleted: 0,
    });
    expect((await project.sync()).exitCode).toBe(78);

    const unknown = await project.sync(['forget', `${name}-shop`, '--resource', 'people', '--yes']);
    expect([unknown.exitCode, unknown.stderr]).toEqual([64, expect.stringContaining('It has customers.')]);
    const dropped = await project.sync(['forget', `${name}-shop`, '--tables', '--yes']);
    expect(dropped.stdout).toBe(`${name}-shop is forgotten, and customers dropped\n`);
    expect(await project.database.rows()).toEqual([]);
  });
});

import { hostname, userInfo } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import type { Activity } from '../../src/activity.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, type Project } from '../helpers/sync.ts';

const who = `${userInfo().username}@${hostname()}`;
const aHolder = { token: 'x', host: 'elsewhere', pid: 77, run: 'abc', startedAt: '2026-01-01T00:00:00.000Z' };

/** With listeners that can deliver nothing. */
async function aFailingProject(target: 'sqlite' | 'postgres'): Promise<Project> {
  return aProject({
    ...{ redis, target, records: customers(2) },
    config: (config) => ({
      ...config,
      listeners: {
        audit: { on: ['*'], from: 'beginning', type: 'exec', command: [process.execPath, '-e', 'process.exit(65)'] },
      },
    }),
  });
}

async function actsOf(project: Project, ...args: string[]): Promise<readonly Activity[]> {
  const { json } = await project.sync(['activity', '--json', ...args]);
  return json<{ activities: Activity[] }>().activities;
}

test.each(['sqlite', 'postgres'] as const)('whatever a person does is listed, newest first, on %s', async (target) => {
  await using project = await aFailingProject(target);
  expect((await project.sync(['activity'])).stdout).toBe('nobody has done anything yet\n');
  await project.sync();
  await project.sync(['listen', '--drain']);
  const { deadLetters } = (await project.sync(['dead', 'list', '--json'])).json<{ deadLetters: { id: string }[] }>();
  const [first = ''] = deadLetters.map(({ id }) => id);
  await project.sync(['dead', 'replay', first]);
  await project.sync(['dead', 'drop', first, '--reason', 'a test of "ours"']);
  await redis.client.set(project.lockKey, JSON.stringify(aHolder));
  await project.sync(['unlock', '--yes']);
  await project.sync(['outbox', 'rebase', '--yes']);
  await project.sync(['listener', 'drop', 'audit', '--yes']);
  await project.sync(['forget', '--resource', 'customers', '--yes']);
  await project.sync(['rename', project.name, 'sales', '--yes']);
  await project.reconfigure((config) => ({ ...config, name: 'sales' }));

  const acts = await actsOf(project);
  expect(acts.map(({ what }) => what)).toEqual(
    ['replay', 'drop', 'unlock', 'rebase', 'listener-drop', 'forget', 'rename'].toReversed(),
  );
  expect(new Set(acts.map((act) => act.who))).toEqual(new Set([who]));
  expect(acts.find(({ what }) => what === 'drop')).toMatchObject({
    ...{ why: 'a test of "ours"', detail: { listeners: ['audit'], dropped: 1 } },
  });
  expect(acts.find(({ what }) => what === 'unlock')?.detail).toEqual({ run: 'abc', host: 'elsewhere', pid: 77 });
  expect((await actsOf(project, '--limit', '1')).map(({ what }) => what)).toEqual(['rename']);
  const { stdout } = await project.sync(['activity']);
  expect(stdout).toContain(`${who} drop  listeners=audit dropped=1  "a test of "ours""`);
});

test('a repair is listed with the rows that it is about, and a look is not', async () => {
  await using project = await aProject({ redis, records: [aCustomer(1), aCustomer(2)] });
  await project.sync();
  using database = new DatabaseSync(project.file);
  database.exec("UPDATE customers SET state = 'own' WHERE id = '1'");
  await project.sync(['verify']);
  expect(await actsOf(project)).toEqual([]);
  await project.sync(['verify', '--repair', '--reason', 'the shop was wrong']);
  expect(await actsOf(project)).toMatchObject([
    { what: 'repair', why: 'the shop was wrong', detail: { resources: ['customers'], rows: 1 } },
  ]);
});

test('a permit for a run that did not start, because another one holds the lock, is not listed', async () => {
  await using project = await aProject({ redis, records: [aCustomer(1)] });
  await project.sync();
  await redis.client.set(project.lockKey, JSON.stringify(aHolder));
  for (const more of [[], ['--locked-exit-code', '9']])
    expect((await project.sync(['run', '--allow-mass-delete=3', ...more])).exitCode).toBe(more.length > 0 ? 9 : 75);
  expect(await actsOf(project)).toEqual([]);
});

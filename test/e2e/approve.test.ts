import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, expectInStep, type Project } from '../helpers/sync.ts';

const targets = ['sqlite', 'postgres'] as const;

/** Ten of twenty deletions are held back. */
async function aHeldProject(target: (typeof targets)[number] = 'sqlite'): Promise<Project> {
  const project = await aProject({ redis, target, records: customers(20), ttl: '60s' });
  await project.sync();
  project.serve(customers(10));
  expect((await project.sync()).exitCode).toBe(3);
  return project;
}

const permitsOf = (project: Project) => project.database.query('SELECT resource, what, count FROM _sync_permits');

describe.each(targets)('cronsync approve, on %s,', (target) => {
  test('lets the next run delete exactly what is held, once, and is listed', async () => {
    await using project = await aHeldProject(target);
    const hits = project.party.arrivals.length;
    const approved = await project.sync(['approve', '--deletes', '10', '--reason', 'they moved to the new API']);
    expect(approved).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('10 deletions of customers are approved; the next run within 24 h writes them'),
    });
    expect(project.party.arrivals).toHaveLength(hits);
    expect(await permitsOf(project)).toHaveLength(1);
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 10 }, warnings: [] });
    expect(await permitsOf(project)).toEqual([]);
    await expectInStep(project);
    const { activities } = (await project.sync(['activity', '--json'])).json<{ activities: object[] }>();
    expect(activities).toMatchObject([
      {
        what: 'approve',
        why: 'they moved to the new API',
        detail: { resource: 'customers', what: 'deletes', count: 10 },
      },
    ]);

    project.serve(customers(2));
    expect((await project.sync()).exitCode).toBe(3);
  });

  test('is for the records that were held, and is dropped where others are held by then', async () => {
    await using project = await aHeldProject(target);
    project.serve([...customers(20).slice(10), aCustomer(99)]);
    const running = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'before-sweep:1:SIGSTOP' } });
    await running.stopped();
    expect((await project.sync(['approve', '--deletes', '10'])).exitCode).toBe(0);
    running.cont();
    expect((await running.finished).exitCode).toBe(3);
    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(3);
    expect(json().counts.deleted).toBe(0);
    expect(json().warnings.join()).toMatch(/has approved 10@\w{4} deletions of customers, and 10@\w{4} are held now/);
    expect(await permitsOf(project)).toEqual([]);
  });
});

test('an approval is not for what came back in between, and is missing again', async () => {
  await using project = await aHeldProject();
  project.serve(customers(20));
  const running = project.start(['run', '--json'], { env: { SYNC_CRASH_AT: 'before-sweep:1:SIGSTOP' } });
  await running.stopped();
  expect((await project.sync(['approve', '--deletes', '10'])).exitCode).toBe(0);
  running.cont();
  expect((await running.finished).exitCode).toBe(0);
  project.serve(customers(10));
  expect((await project.sync()).exitCode).toBe(3);
  const { problems } = (await project.sync(['status', '--json'])).json<{ problems: object[] }>();
  expect(problems).toContainEqual(expect.objectContaining({ id: 'deletions-held', severity: 'act' }));
  const { exitCode, json } = await project.sync();
  expect([exitCode, json().counts.deleted]).toEqual([3, 0]);
  expect(json().warnings.join()).toMatch(/has approved (10@\w{4}) .* \1 are held now, which were not held in between/);
  expect(await permitsOf(project)).toEqual([]);
});

test('another number is refused, and nothing is stored', async () => {
  await using project = await aHeldProject();
  const refused = async (...args: string[]) => {
    const { exitCode, stderr } = await project.sync(['approve', ...args]);
    expect(exitCode).toBe(64);
    return stderr;
  };
  expect(await refused('--deletes', '9')).toMatch(
    /9 is not the number of deletions that are held back: customers holds 10@[0-9a-f]{4} \(pass 2\); nothing was deleted/,
  );
  expect(await refused('--deletes', '10@0000')).toContain('10@0000 is not what is held back, but other records are');
  expect(await refused('--updates', '10')).toContain('no updates are held back');
  expect(await refused('--resource', 'people', '--deletes', '10')).toContain('there is no resource people');
  expect(await refused('--deletes')).toMatch(/"cronsync run --allow-mass-delete=10@[0-9a-f]{4}" permits them, once/);
  expect(await refused()).toMatch(/"cronsync run --allow-mass-delete=10@[0-9a-f]{4}" permits them, once/);
  expect(await permitsOf(project)).toEqual([]);
});

test('a number that fits another set as well, which was held before, must be said with the digest', async () => {
  await using project = await aHeldProject();
  project.serve([...customers(20).slice(10), aCustomer(99)]);
  expect((await project.sync()).exitCode).toBe(3);
  const asked = await project.sync(['run', '--json', '--allow-mass-delete=10']);
  expect(asked.json()).toMatchObject({
    exitCode: 64,
    counts: { deleted: 0 },
    errors: [{ message: expect.stringContaining('customers has held 10 deletions before, of other records than now') }],
  });
  const [, token = ''] = /--deletes (\S+)"/.exec(asked.json().errors[0]?.hint ?? '') ?? [];
  expect(token).toMatch(/^10@[0-9a-f]{4}$/);
  const { problems } = (await project.sync(['status', '--json'])).json<{ problems: object[] }>();
  expect(problems).toContainEqual(expect.objectContaining({ next: `cronsync run --allow-mass-delete=${token}` }));
  expect((await project.sync(['approve', '--deletes', '10'])).exitCode).toBe(64);
  const permitted = await project.sync(['run', '--json', `--allow-mass-delete=${token}`]);
  expect(permitted.json()).toMatchObject({ exitCode: 0, counts: { deleted: 10 } });
  await expectInStep(project);
});

import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  expectInStep,
  type Project,
  type ProjectOptions,
  type RemoteCustomer,
} from '../helpers/sync.ts';

const targets = ['sqlite', 'postgres'] as const;
const planning = ['run', '--json', '--dry-run'] as const;
const onePage = ['run', '--json', '--max-pages', '1'] as const;
const tenPages = { dialect: 'cursor', pageSize: 10 } as const;
const permitting = (number: number) => ['run', '--json', `--allow-mass-update=${number}`];

/** A sync that may update 20 % of its rows in a pass, after its first run. */
async function aGuarded(options: Partial<ProjectOptions> = {}, maxUpdates: string | number = '20%'): Promise<Project> {
  const config = (base: BaseConfig) => ({ ...base, guard: { maxUpdates } });
  const project = await aProject({ redis, records: customers(100), config, ...options });
  await project.sync();
  return project;
}

/** Of so many of these records, the third party shows the values of another one. */
function wrong(records: readonly RemoteCustomer[], count = records.length) {
  return records.map((one, at) =>
    at < count ? { ...one, status: 'wrong', contact: { email: 'wrong@example.com' } } : one,
  );
}

const wrongRows = (project: Project) => project.database.query("SELECT id FROM customers WHERE state = 'wrong'");

describe('more updates than the guard allows', () => {
  test.each(targets)(
    'on %s: exit 3, none is written, the plan shows it; permitted, the next pass writes them',
    async (target) => {
      await using project = await aGuarded({ target });
      project.serve([...wrong(customers(100)), aCustomer(101)]);
      const because = '100 of 100 rows would be updated; the guard allows 20';
      const plan = (await project.sync(planning)).json();
      expect(plan).toMatchObject({
        exitCode: 3,
        resources: [{ counts: { created: 1, updated: 100 }, updates: { count: 100, live: 100, because } }],
      });
      expect((await project.sync(['run', '--dry-run'])).stdout).toContain(
        `the guard would hold the updates: ${because}`,
      );

      const { exitCode, json } = await project.sync();
      expect(exitCode).toBe(3);
      expect(json()).toMatchObject({
        ...{ outcome: 'held', counts: { created: 1, updated: 0 } },
        resources: [{ phase: 'held', updates: { count: 100, because } }],
      });
      expect(json().warnings.join()).toContain('"cronsync run --allow-mass-update=100" permits them, once');
      expect(await wrongRows(project)).toEqual([]);
      const status = (await project.sync(['status'])).stdout.replaceAll(/\s+/g, ' ');
      expect(status).toMatch(/100 updates of customers are held back.*: 100 of 100 rows would be updated\./);

      const refused = await project.sync(['run', '--allow-mass-update=99']);
      expect([refused.exitCode, await wrongRows(project)]).toEqual([64, []]);
      expect(refused.stderr).toContain('99 is not the number of updates that are held back: customers holds 100');
      expect((await project.sync(permitting(100))).json()).toMatchObject({ exitCode: 0, counts: { updated: 100 } });
      expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { updated: 0 } });
      await expectInStep(project);
    },
  );

  test('in ten pages over ten runs: no run writes one', async () => {
    await using project = await aGuarded(tenPages);
    project.serve(wrong(customers(100)));
    for (let page = 1; page < 10; page += 1) {
      expect((await project.sync(onePage)).json()).toMatchObject({ outcome: 'partial', counts: { updated: 0 } });
    }
    expect((await project.sync(onePage)).json()).toMatchObject({ exitCode: 3, outcome: 'held' });
    expect(await wrongRows(project)).toEqual([]);
    expect((await project.sync(permitting(100))).json()).toMatchObject({ exitCode: 0, counts: { updated: 100 } });
    await expectInStep(project);
  });

  test('end the hold where the truth comes back, and write nothing', async () => {
    await using project = await aGuarded();
    project.serve(wrong(customers(100)));
    expect([(await project.sync()).exitCode, (await project.sync()).exitCode]).toEqual([3, 3]);
    project.serve(customers(100));
    const report = (await project.sync()).json();
    expect(report).toMatchObject({ exitCode: 0, counts: { updated: 0 }, resources: [{ updates: null }] });
    expect(project.events('customers.updated')).toEqual([]);
    expect((await project.sync(permitting(100))).exitCode).toBe(64);
    await expectInStep(project);
  });

  test('are permitted for the rows that were held, and for no others', async () => {
    await using project = await aGuarded();
    project.serve(wrong(customers(100), 60));
    expect((await project.sync()).exitCode).toBe(3);
    project.serve(wrong(customers(100)));
    const report = (await project.sync(permitting(60))).json();
    expect(report).toMatchObject({ exitCode: 3, counts: { updated: 60 }, resources: [{ updates: { count: 40 } }] });
    expect(await wrongRows(project)).toHaveLength(60);
  });

  test('hold the values as well that the same pass would empty', async () => {
    await using project = await aGuarded({}, 10);
    const without = ({ contact: _contact, ...rest }: RemoteCustomer) => ({ ...rest, reach: 1 });
    project.serve([...wrong(customers(8)), ...customers(8, 9).map(without), ...customers(84, 17)]);
    expect((await project.sync(planning)).json()).toMatchObject({
      exitCode: 3,
      resources: [{ counts: { updated: 16 }, updates: { count: 16 } }],
    });
    const report = (await project.sync()).json();
    expect(report).toMatchObject({ exitCode: 3, counts: { updated: 0 }, resources: [{ updates: { count: 16 } }] });
    expect((await project.sync(permitting(16))).json()).toMatchObject({ exitCode: 0, counts: { updated: 16 } });
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { updated: 0 } });
  });

  test('that a wrong tenant brings beside new rows do not become few by these rows', async () => {
    await using project = await aGuarded();
    project.serve([...wrong(customers(30)), ...customers(70, 31), ...customers(400, 101)]);
    for (let run = 0; run < 3; run += 1) {
      expect((await project.sync()).json()).toMatchObject({
        exitCode: 3,
        resources: [{ updates: { count: 30, live: 100 } }],
      });
    }
    expect(await wrongRows(project)).toEqual([]);
  });

  test('after the config has changed are held as well', async () => {
    await using project = await aGuarded();
    await project.reconfigure((config) => {
      const { acme } = config.adapters;
      const { customers: one } = acme.resources;
      const resources = { customers: { ...one, map: { ...one.map, email: 'status' } } };
      return { ...config, guard: { maxUpdates: '20%' }, adapters: { acme: { ...acme, resources } } };
    });
    expect((await project.sync()).json()).toMatchObject({ exitCode: 3, resources: [{ updates: { count: 100 } }] });
    await expectInStep(project);
  });
});

describe('as many updates as the guard allows', () => {
  test.each([
    ['sqlite', 'of one page', {}],
    ['postgres', 'of one page', {}],
    ['sqlite', 'of ten pages', tenPages],
    ['postgres', 'of ten pages', tenPages],
  ] as const)(
    'on %s, %s are written at the end of their pass, with one event each',
    async (target, _title, dialect) => {
      await using project = await aGuarded({ target, ...dialect });
      project.serve(wrong(customers(100), 20));
      const plan = (await project.sync(planning)).json();
      expect(plan).toMatchObject({ exitCode: 0, resources: [{ counts: { updated: 20 }, updates: null }] });
      expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 20 } });
      expect((await project.sync()).json()).toMatchObject({ counts: { updated: 0 } });
      expect(await project.database.query('SELECT * FROM _sync_deferred')).toEqual([]);
      await expectInStep(project);
    },
  );

  test('of ten pages over ten runs are written by the last of these', async () => {
    await using project = await aGuarded(tenPages);
    project.serve(wrong(customers(100), 15));
    for (let page = 1; page < 10; page += 1) await project.sync(onePage);
    expect(await wrongRows(project)).toEqual([]);
    expect((await project.sync(onePage)).json()).toMatchObject({ outcome: 'done', counts: { updated: 15 } });
    await expectInStep(project);
  });

  test('are written once by runs that are killed at any commit', async () => {
    await using project = await aGuarded({ records: customers(1500) }, '90%');
    project.serve(wrong(customers(1500), 1200));
    for (let commit = 2; commit <= 8; commit += 1) {
      await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: `after-commit:${commit}` } });
      await redis.client.del(project.lockKey);
    }
    await project.sync();
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 0 } });
    expect(project.events('customers.updated')).toHaveLength(1200);
    await expectInStep(project);
  });
});

test('an update that the database refuses at the end of the pass is quarantined, with a warning, and tried again', async () => {
  await using project = await aGuarded();
  using system = new DatabaseSync(project.file);
  system.exec(
    "CREATE TRIGGER never BEFORE UPDATE ON customers WHEN new.state = 'wrong' BEGIN SELECT RAISE(ABORT, 'never'); END",
  );
  project.serve(wrong(customers(100), 2));
  for (let run = 0; run < 2; run += 1) {
    const report = (await project.sync()).json();
    expect(report).toMatchObject({ exitCode: 0, counts: { updated: 0 } });
    expect(report.warnings).toEqual([
      'the database refuses to update 2 rows of customers: see "cronsync rejects list"; the next pass tries again',
    ]);
  }
  system.exec('DROP TRIGGER never');
  expect((await project.sync()).json()).toMatchObject({ counts: { updated: 2 }, warnings: [] });
});

test('a repair is not limited', async () => {
  await using project = await aGuarded();
  using system = new DatabaseSync(project.file);
  system.exec("UPDATE customers SET state = 'other'");
  await project.sync(['verify', '--repair']);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 100 } });
  system.exec("UPDATE customers SET state = 'other'");
  expect((await project.sync(['run', '--full', '--verify', '--json'])).json()).toMatchObject({
    ...{ exitCode: 0, counts: { updated: 100 } },
  });
  expect(await project.database.query("SELECT id FROM customers WHERE state = 'other'")).toEqual([]);
});

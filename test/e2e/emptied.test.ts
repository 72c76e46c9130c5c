import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import type { DryPlan } from '../../src/dry-run/dry-run.ts';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  expectInStep,
  type Project,
  type RemoteCustomer,
} from '../helpers/sync.ts';

const targets = ['sqlite', 'postgres'] as const;
const planning = ['run', '--json', '--dry-run'] as const;
const onePage = ['run', '--json', '--max-pages', '1'] as const;
const tenPages = { dialect: 'cursor', pageSize: 10 } as const;
const filledEmail = `CREATE TRIGGER filled BEFORE UPDATE ON customers WHEN new.email IS NULL
  BEGIN SELECT RAISE(ABORT, 'must be filled'); END`;
const permitting = (number: number) => ['run', '--json', `--allow-mass-update=${number}`];

/** The third party calls the email's place by another name. */
function renamed(records: readonly RemoteCustomer[]) {
  return records.map(({ contact, ...rest }) => ({ ...rest, reach: contact }));
}

describe('a renamed field of 100 rows', () => {
  test.each(targets)('on %s: exit 3, no value is lost, the plan shows it; permitted, it is written', async (target) => {
    await using project = await aProject({ redis, target, records: customers(100) });
    await project.sync();
    project.serve(renamed([aCustomer(1, { status: 'gold' }), ...customers(99, 2)]));
    const plan = await planOf(project);
    expect(plan).toMatchObject({ exitCode: 3, resources: [{ counts: { updated: 1 }, emptied: { count: 100 } }] });
    expect((await project.sync(['run', '--dry-run'])).stdout).toContain(
      'the guard would hold 100 values back: 100 of 100 values of email would become empty; the guard allows 20',
    );

    const { exitCode, json } = await project.sync();
    expect(exitCode).toBe(3);
    expect(json()).toMatchObject({
      outcome: 'held',
      counts: { updated: 1 },
      resources: [
        { phase: 'held', emptied: { count: 100, columns: [{ column: 'email', emptied: 100, filled: 100 }] } },
      ],
    });
    expect(json().warnings.join()).toContain('"cronsync run --allow-mass-update=100" permits them, once');
    expect(await emails(project)).toHaveLength(100);
    expect((await project.sync(['status'])).stdout.replaceAll(/\s+/g, ' ')).toContain(
      '100 of 100 values of email would become empty',
    );

    const hits = project.party.arrivals.length;
    expect((await project.sync(permitting(99))).exitCode).toBe(64);
    expect(await emails(project)).toHaveLength(100);
    expect((await project.sync(permitting(100))).json()).toMatchObject({ exitCode: 0, counts: { updated: 100 } });
    expect(project.party.arrivals).toHaveLength(hits);
    expect(await emails(project)).toEqual([]);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { updated: 0 } });
    await expectInStep(project, { rows: rowsOf(project, null) });
  });

  test('in ten pages over ten runs: no run empties a value', async () => {
    await using project = await aProject({ redis, records: customers(100), ...tenPages });
    await project.sync();
    project.serve(renamed(customers(100)));
    for (let page = 1; page < 10; page += 1) {
      expect((await project.sync(onePage)).json()).toMatchObject({ outcome: 'partial', counts: { updated: 0 } });
      expect(await emails(project)).toHaveLength(100);
    }
    expect((await project.sync(onePage)).json()).toMatchObject({ exitCode: 3, outcome: 'held' });
    expect(await emails(project)).toHaveLength(100);
    expect((await project.sync(permitting(100))).json()).toMatchObject({ exitCode: 0, counts: { updated: 100 } });
    await expectInStep(project, { rows: rowsOf(project, null) });
  });

  test('that gets its name back ends the hold, and writes nothing', async () => {
    await using project = await aProject({ redis, records: customers(100) });
    await project.sync();
    project.serve(renamed(customers(100)));
    expect([(await project.sync()).exitCode, (await project.sync()).exitCode]).toEqual([3, 3]);
    project.serve(customers(100));
    expect((await project.sync()).json()).toMatchObject({
      exitCode: 0,
      counts: { updated: 0 },
      resources: [{ emptied: null }],
    });
    expect(project.events('customers.updated')).toEqual([]);
    await expectInStep(project);
  });

  test('permitted half-way is written for those records that were held, and still are', async () => {
    await using project = await aProject({ redis, records: customers(100), ...tenPages });
    await project.sync();
    project.serve(renamed(customers(100)));
    expect((await project.sync()).exitCode).toBe(3);
    project.serve([...renamed(customers(60)), ...customers(40, 61)]);
    expect((await project.sync(onePage)).json().outcome).toBe('partial');
    expect((await project.sync(permitting(100))).json()).toMatchObject({ exitCode: 0, counts: { updated: 60 } });
    expect(await emails(project)).toHaveLength(40);
  });
});

test.each(targets)(
  'on %s, as many values as the guard allows become empty at the end of the pass, with one event each',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(100), ...tenPages });
    await project.sync();
    const some = [...renamed(customers(20)), ...customers(80, 21)];
    project.serve(some);
    expect(await planOf(project)).toMatchObject({
      exitCode: 0,
      resources: [{ counts: { updated: 20 }, emptied: null }],
    });
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 20 } });
    expect(await emails(project)).toHaveLength(80);
    expect((await project.sync()).json()).toMatchObject({ counts: { updated: 0 } });
  },
);

test.each(targets)('on %s, a value that the database refuses to empty stays, with a warning', async (target) => {
  await using project = await aProject({ redis, target, records: customers(100) });
  await project.sync();
  if (target === 'postgres') await project.database.query('ALTER TABLE customers ALTER email SET NOT NULL');
  else inSystem(project, filledEmail);
  project.serve([...renamed(customers(2)), ...customers(98, 3)]);
  for (let run = 0; run < 2; run += 1) {
    const report = (await project.sync()).json();
    expect(report).toMatchObject({ exitCode: 0, counts: { updated: 0 } });
    expect(report.warnings).toContain(
      'the database refuses to empty values in 2 rows of customers: see "cronsync rejects list"; the next pass tries again',
    );
  }
  expect(await emails(project)).toHaveLength(100);
});

test('a column that is held costs no event for a row that the database rewrites', async () => {
  await using project = await aProject({ redis, records: customers(10) });
  await project.sync();
  inSystem(project, 'UPDATE customers SET state = upper(state)');
  project.serve(renamed(customers(10)));
  expect(await planOf(project)).toMatchObject({ exitCode: 3, resources: [{ counts: { updated: 0 } }] });
  for (let run = 0; run < 2; run += 1) {
    expect((await project.sync()).json()).toMatchObject({ exitCode: 3, counts: { updated: 0 } });
  }
  expect(project.events('customers.updated')).toEqual([]);
  await project.sync(permitting(10));
  expect(await project.database.query('SELECT DISTINCT email, state FROM customers')).toEqual([
    { email: null, state: 'ACTIVE' },
  ]);
});

test('three values may become empty, however few there are; a limit of the config counts', async () => {
  await using few = await aProject({ redis, records: customers(4) });
  await few.sync();
  few.serve([...renamed(customers(3)), aCustomer(4)]);
  expect((await few.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 3 } });

  const config = (base: BaseConfig) => ({ ...base, guard: { maxEmptied: 1 } });
  await using strict = await aProject({ redis, records: customers(4), config });
  await strict.sync();
  strict.serve([...renamed(customers(2)), ...customers(2, 3)]);
  expect((await strict.sync()).exitCode).toBe(3);
});

test('an expression with a typo empties no column', async () => {
  await using project = await aProject({ redis, records: customers(100) });
  await project.sync();
  await project.reconfigure((config) => {
    const { acme } = config.adapters;
    const { customers: one } = acme.resources;
    const resources = { customers: { ...one, map: { ...one.map, email: 'contact.emial' } } };
    return { ...config, adapters: { acme: { ...acme, resources } } };
  });
  expect((await project.sync()).exitCode).toBe(3);
  expect(await emails(project)).toHaveLength(100);
});

test('a run that is killed at any commit empties each value once', async () => {
  await using project = await aProject({ redis, records: customers(1500) });
  await project.sync();
  project.serve([...renamed(customers(300)), ...customers(1200, 301)]);
  for (let commit = 2; commit <= 5; commit += 1) {
    await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: `after-commit:${commit}` } });
    expect((await emails(project)).length).toBeGreaterThanOrEqual(1200);
    await redis.client.del(project.lockKey);
  }
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0 });
  expect(await emails(project)).toHaveLength(1200);
  expect(project.events('customers.updated')).toHaveLength(300);
});

test('rows that a pass adopts keep their values too', async () => {
  await using project = await aProject({ redis, records: renamed(customers(50)) });
  inSystem(
    project,
    `CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT, state TEXT, tags TEXT, deleted_at TEXT);
    INSERT INTO customers (id, email) WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < 50)
    SELECT id, 'e' || id FROM n`,
  );
  expect((await project.sync()).exitCode).toBe(3);
  expect(await emails(project)).toHaveLength(50);
  expect((await project.sync()).exitCode).toBe(3);
  expect((await project.sync(permitting(50))).json()).toMatchObject({ exitCode: 0, counts: { updated: 50 } });
});

function inSystem(project: Project, sql: string): void {
  using system = new DatabaseSync(project.file);
  system.exec(sql);
}

async function planOf(project: Project): Promise<DryPlan> {
  return JSON.parse((await project.sync(planning)).stdout);
}

async function emails(project: Project): Promise<readonly unknown[]> {
  return project.database.query('SELECT email FROM customers WHERE email IS NOT NULL');
}

function rowsOf(project: Project, email: null) {
  return (project.records as readonly RemoteCustomer[]).map(({ id, status, labels }) => {
    return { id, email, state: status, tags: labels.map(({ name }) => name) };
  });
}

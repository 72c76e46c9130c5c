import { expect, test } from 'vitest';
import type { DryPlan } from '../../src/dry-run/dry-run.ts';
import { mapped } from '../helpers/in-step.ts';
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
const onePage = ['run', '--json', '--max-pages', '1'] as const;
const planning = ['run', '--json', '--dry-run'] as const;

/** Further apart than any batch. */
const twice = [aCustomer(1, { status: 'first' }), ...customers(4500, 2), aCustomer(1, { status: 'second' })];

test.each(targets)(
  'on %s, of two records with one key the first counts, and nothing is written in the next pass',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(3) });
    await project.sync();
    project.serve(twice);
    expect(await planOf(project)).toMatchObject({ resources: [{ duplicates: 1, counts: { updated: 1 } }] });
    expect((await project.sync()).json()).toMatchObject({
      outcome: 'done',
      duplicates: 1,
      counts: { created: 4498, updated: 1 },
    });
    expect(await planOf(project)).toMatchObject({ resources: [{ duplicates: 1, counts: { updated: 0 } }] });
    expect((await project.sync()).json()).toMatchObject({
      outcome: 'done',
      duplicates: 1,
      counts: { created: 0, updated: 0 },
    });
    await expectInStep(project, { rows: rowsOf(twice.slice(0, -1)) });
  },
);

test('the same record counts if a run is killed in the middle of the page', async () => {
  await using project = await aProject({ redis, records: twice });
  expect((await project.sync(['run', '--json'], { env: { SYNC_CRASH_AT: 'after-commit:6' } })).signal).toBe('SIGKILL');
  await redis.client.del(project.lockKey);
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', duplicates: 1 });
  expect((await project.sync()).json()).toMatchObject({ duplicates: 1, counts: { created: 0, updated: 0 } });
  await expectInStep(project, { rows: rowsOf(twice.slice(0, -1)) });
});

test('a record that was rejected does not stand for a later one with its key that is valid', async () => {
  await using project = await aProject({ redis, records: customers(50) });
  await project.sync();
  const rejected = { ...aCustomer(1), contact: { email: ['no text'] } };
  project.serve([rejected, ...customers(49, 2), aCustomer(1, { status: 'gold' })]);
  expect((await project.sync()).json()).toMatchObject({ rejected: 1, duplicates: 0, counts: { updated: 1 } });
});

test('more duplicates than "rejects" allows are 65, and nothing is deleted', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve([...customers(18), aCustomer(1), aCustomer(2)]);
  const plan = await project.sync(planning);
  const { exitCode, json } = await project.sync();

  expect([plan.exitCode, exitCode]).toEqual([65, 65]);
  expect(json()).toMatchObject({ outcome: 'failed', duplicates: 2, counts: { deleted: 0 } });
  expect(json().errors).toMatchObject([
    { message: expect.stringContaining('2 of 20 records of customers have the key of another one') },
  ]);
  expect(await live(project)).toBe(20);
});

test('a few duplicates are in the summary', async () => {
  await using project = await aProject({ redis, records: [...customers(40), aCustomer(1)] });
  expect((await project.sync(['run'])).stdout).toContain('1 duplicate');
});

const numbered = { dialect: 'page', pageSize: 4 } as const;

test.each(targets)(
  'on %s, a key that comes again on a later page proves that pages moved: nothing is deleted',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(12), ...numbered, config: withoutTotal });
    await project.sync();
    // Sorted by time of change: in two consecutive passes 12 is touched after page 2 was read. It moves to page 1, and 8 to page 3.
    for (const pass of [1, 2]) {
      project.serve(customers(12));
      expect((await project.sync(onePage)).json().outcome, `pass ${pass}`).toBe('partial');
      await project.sync(onePage);
      project.serve([aCustomer(12), ...customers(11)]);
      const ended = (await project.sync()).json();
      expect(ended).toMatchObject({ outcome: 'done', exitCode: 0, counts: { deleted: 0 } });
      expect(ended.warnings).toEqual([
        expect.stringContaining('nothing of customers was deleted: 1 record came again on a later page'),
      ]);
    }
    expect(await live(project)).toBe(12);
  },
);

test('a dry run says so too, of records that the system does not have yet', async () => {
  await using project = await aProject({ redis, records: customers(12), ...numbered, config: withoutTotal });
  const pages = [customers(4), [aCustomer(4), ...customers(3, 5)], []];
  project.party.script(...pages.map((data) => ({ body: { data } })));
  expect(await planOf(project)).toMatchObject({
    resources: [{ verdict: { delete: 'none' }, duplicates: 1, counts: { created: 7 } }],
  });
});

async function planOf(project: Project): Promise<DryPlan> {
  return JSON.parse((await project.sync(planning)).stdout);
}

/** The pages end with an empty one. */
function withoutTotal(config: BaseConfig) {
  const { acme } = config.adapters;
  const { total: _total, ...rest } = { total: '', ...acme.resources.customers };
  return { ...config, adapters: { acme: { ...acme, resources: { customers: rest } } } };
}

function rowsOf(records: readonly RemoteCustomer[]) {
  return records.map(mapped);
}

async function live(project: Project): Promise<number> {
  const [counted] = await project.database.query('SELECT count(*) AS live FROM customers WHERE deleted_at IS NULL');
  return Number(counted?.live);
}

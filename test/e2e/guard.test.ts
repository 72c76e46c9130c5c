import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';

test.each([3, 50])('an empty snapshot over %i rows deletes nothing and exits 3', async (count) => {
  await using project = await aProject({ redis, records: customers(count) });
  await project.sync();
  project.party.script({ body: [] });
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(3);
  expect(json()).toMatchObject({
    outcome: 'held',
    counts: { deleted: 0 },
    resources: [{ held: { count, live: count } }],
  });
  expect(json().warnings).toEqual([expect.stringContaining('the third party returned no records at all')]);
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', resources: [{ held: null }] });
  await expectInStep(project);
});

test('an empty snapshot of a table that was always empty is not an error', async () => {
  await using project = await aProject({ redis, records: [] });
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0, counts: { deleted: 0 } });
});

test('more deletions than the guard allows are held back, creates and updates are written', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  const kept = [aCustomer(1, { status: 'gold' }), ...customers(14, 2), aCustomer(99)];
  project.serve(kept);
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(3);
  expect(json().counts).toEqual({ created: 1, updated: 1, deleted: 0 });
  expect(json().resources).toMatchObject([{ phase: 'held', held: { count: 5, live: 21 } }]);
  expect(json().warnings).toEqual([
    expect.stringMatching(/5 of 21 rows would be deleted; the guard allows 4.*were written/),
  ]);
  expect(live(project)).toHaveLength(21);
  expect(project.events('customers.deleted')).toEqual([]);
});

test('as many deletions as the guard allows are made', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve(customers(16));
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 4 } });
  await expectInStep(project);
});

test('a share means nothing for few rows, a count always does', async () => {
  await using few = await aProject({ redis, records: customers(9) });
  await few.sync();
  few.serve(customers(1));
  expect((await few.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 8 } });

  await using counted = await aProject({ redis, records: customers(20), config: guarded({ maxDeletes: 2 }) });
  await counted.sync();
  counted.serve(customers(17));
  expect((await counted.sync()).exitCode).toBe(3);
  counted.serve(customers(18));
  expect((await counted.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 2 } });
});

test('deletions over several passes count together', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve(customers(17));
  expect((await project.sync()).exitCode).toBe(0);
  project.serve(customers(15));
  const { exitCode, json } = await project.sync();

  expect(exitCode).toBe(3);
  expect(json().warnings).toEqual([
    expect.stringContaining('2 of 20 rows would be deleted (3 more were deleted in the last 24 h)'),
  ]);
  expect(live(project)).toHaveLength(17);
});

describe('--allow-mass-delete', () => {
  test('permits nothing when nothing is held back, and says so', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    const { exitCode, json } = await project.sync(allowing);
    expect(exitCode).toBe(0);
    expect(json().warnings).toEqual([expect.stringContaining('nothing of customers is held back')]);

    project.serve(customers(5));
    expect((await project.sync()).exitCode).toBe(3);
    expect(live(project)).toHaveLength(20);
  });

  test('deletes exactly what was held back, once, without another hit', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);
    const hits = project.party.arrivals.length;
    expect((await project.sync(allowing)).json()).toMatchObject({ exitCode: 0, counts: { deleted: 10 } });
    expect(project.party.arrivals).toHaveLength(hits);
    await expectInStep(project);

    project.serve(customers(4));
    expect((await project.sync()).exitCode).toBe(3);
    expect(live(project)).toHaveLength(10);
  });

  test('given half-way, is used by the run that ends the pass', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);

    expect((await project.sync(onePage)).json()).toMatchObject({ outcome: 'partial' });
    expect((await project.sync([...onePage, '--allow-mass-delete'])).json()).toMatchObject({ exitCode: 0 });
    const last = (await project.sync(onePage)).json();
    expect(last).toMatchObject({ outcome: 'done', exitCode: 0, counts: { deleted: 10 } });
    await expectInStep(project);
  });

  test('permits no more rows than were held back when it was given', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);
    project.serve(customers(9));
    expect((await project.sync(onePage)).json().outcome).toBe('partial');
    const { exitCode, json } = await project.sync(allowing);

    expect(exitCode).toBe(3);
    expect(json().resources).toMatchObject([{ held: { count: 11 } }]);
    expect(live(project)).toHaveLength(20);
  });
});

describe('a record that is missing', () => {
  test('from pages that may shift is deleted when two consecutive passes did not bring it', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages });
    await project.sync();
    project.serve(customers(19));
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 0 } });
    project.serve(customers(20));
    await project.sync();
    project.serve(customers(19));
    expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 0 } });
    expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 1 } });
    await expectInStep(project);
  });

  test('from pages in a stable order is deleted at once', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(19));
    expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 1 } });
  });

  test('is deleted after as many passes as guard.confirm says', async () => {
    await using project = await aProject({ redis, records: customers(20), config: guarded({ confirm: 3 }) });
    await project.sync();
    project.serve(customers(19));
    const deleted = [await project.sync(), await project.sync(), await project.sync()];
    expect(deleted.map(({ json }) => json().counts.deleted)).toEqual([0, 0, 1]);
  });

  test('is not deleted while the third party says that it has more than it gave', async () => {
    await using project = await aProject({ redis, records: customers(20), dialect: 'page', pageSize: 50 });
    await project.sync();
    const short = { body: { data: customers(18), meta: { total: 20 } } };
    project.party.script(short, { body: { data: [], meta: { total: 20 } } });
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(0);
    expect(json().warnings).toEqual([
      expect.stringContaining('18 records came, and the third party says that it has 20'),
    ]);
    expect(project.events('customers.deleted')).toEqual([]);
  });
});

const allowing = ['run', '--json', '--allow-mass-delete'] as const;
const onePage = ['run', '--json', '--max-pages', '1'] as const;
const threePages = { dialect: 'cursor', pageSize: 4 } as const;

function live(project: Project) {
  return project.rows().filter(({ deleted_at }) => deleted_at === null);
}

function guarded(guard: object) {
  return (config: BaseConfig) => ({ ...config, guard });
}

function stable(config: BaseConfig) {
  const { acme } = config.adapters;
  const { customers } = acme.resources;
  const resources = { customers: { ...customers, pagination: { ...customers.pagination, stable: true } } };
  return { ...config, adapters: { acme: { ...acme, resources } } };
}

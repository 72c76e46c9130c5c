import { describe, expect, test } from 'vitest';
import type { DryPlan } from '../../src/dry-run/dry-run.ts';
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
  expect(json().resources).toMatchObject([{ phase: 'held', held: { count: 5, live: 20 } }]);
  expect(json().warnings).toEqual([
    expect.stringMatching(/5 of 20 rows would be deleted; the guard allows 4.*were written/),
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

test('a table of nine rows may lose three, and is never emptied', async () => {
  await using few = await aProject({ redis, records: customers(9) });
  await few.sync();
  few.serve(customers(1));
  expect((await few.sync()).json()).toMatchObject({
    exitCode: 3,
    counts: { deleted: 0 },
    resources: [{ held: { count: 8 } }],
  });
  few.serve(customers(6));
  expect((await few.sync()).json()).toMatchObject({ exitCode: 0, counts: { deleted: 3 } });

  await using two = await aProject({ redis, records: customers(2) });
  await two.sync();
  two.serve([aCustomer(7)]);
  expect((await two.sync()).json()).toMatchObject({ exitCode: 3, counts: { created: 1, deleted: 0 } });
  expect((await two.sync()).json()).toMatchObject({
    exitCode: 3,
    counts: { deleted: 0 },
    resources: [{ held: { count: 2 } }],
  });
});

test('a count of rows counts as it is', async () => {
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
    expect.stringContaining('2 of 17 rows would be deleted (3 more were deleted in the last 24 h)'),
  ]);
  expect(live(project)).toHaveLength(17);
});

describe('a wrong tenant, whose records the pass itself has just made,', () => {
  const other = customers(450, 1001);

  test.each(['sqlite', 'postgres'] as const)(
    'on %s: run and dry run both hold, with the same numbers',
    async (target) => {
      await using project = await aProject({ redis, target, records: customers(100) });
      await project.sync();
      project.serve(other);
      const plan: DryPlan = JSON.parse((await project.sync(planning)).stdout);
      expect(plan).toMatchObject({ exitCode: 3, resources: [{ verdict: { delete: 'held' } }] });
      const [because] = plan.resources.map(({ verdict }) => (verdict?.delete === 'held' ? verdict.because : ''));
      const { exitCode, json } = await project.sync();

      expect(exitCode).toBe(3);
      expect(json()).toMatchObject({
        counts: { created: 450, deleted: 0 },
        resources: [{ held: { count: 100, live: 100 } }],
      });
      expect(json().resources[0]?.held?.because).toBe(because);
      expect(because).toContain('all 100 rows would be deleted');
      expect(await count(project)).toBe(550);
    },
  );

  test('is held in the next pass as well, whose first rows it has made', async () => {
    await using project = await aProject({ redis, records: customers(100) });
    await project.sync();
    project.serve(other);
    const held = [await project.sync(), await project.sync(), await project.sync()];
    expect(held.map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
    expect((await project.sync(planning)).exitCode).toBe(3);
    expect(live(project)).toHaveLength(550);
  });

  test('is held where two passes must miss a record', async () => {
    await using project = await aProject({ redis, records: customers(100), ...hundreds });
    await project.sync();
    project.serve(other);
    expect([(await project.sync()).exitCode, (await project.sync()).exitCode]).toEqual([0, 3]);
    expect(live(project)).toHaveLength(550);
  });
});

describe('--allow-mass-delete', () => {
  test('permits nothing when nothing is held back, and says so', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    const { exitCode, json } = await project.sync([...allowing]);
    expect(exitCode).toBe(0);
    expect(json().warnings).toEqual([expect.stringContaining('nothing of customers is held back')]);
    expect((await project.sync(permitting(3))).json()).toMatchObject({
      exitCode: 64,
      hits: 0,
      errors: [{ message: expect.stringContaining('no deletions are held back; nothing was deleted') }],
    });

    project.serve(customers(5));
    expect((await project.sync()).exitCode).toBe(3);
    expect(live(project)).toHaveLength(20);
  });

  test.each(['sqlite', 'postgres'] as const)(
    'on %s, deletes exactly what was held back, once, without another hit',
    async (target) => {
      await using project = await aProject({ redis, target, records: customers(20) });
      await project.sync();
      project.serve(customers(10));
      const held = await project.sync();
      expect(held.exitCode).toBe(3);
      expect(held.json().warnings.join()).toContain(
        '"cronsync run --allow-mass-delete=10" permits the deletions, once',
      );
      const hits = project.party.arrivals.length;
      expect((await project.sync(permitting(10))).json()).toMatchObject({ exitCode: 0, counts: { deleted: 10 } });
      expect(project.party.arrivals).toHaveLength(hits);
      await expectInStep(project);

      project.serve(customers(4));
      expect((await project.sync()).exitCode).toBe(3);
      expect(await count(project)).toBe(10);
    },
  );

  test('is refused with another number than that of the deletions that are held, and makes no hit', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    project.serve(customers(10));
    await project.sync();
    const { exitCode, json } = await project.sync(permitting(9));
    expect(exitCode).toBe(64);
    expect(json()).toMatchObject({ outcome: 'failed', hits: 0 });
    expect(json().errors).toMatchObject([
      {
        message: expect.stringMatching(
          /^9 is not the number of deletions that are held back: customers holds 10@\w{4} \(pass 2\); nothing was deleted$/,
        ),
        hint: expect.stringMatching(/"cronsync run --allow-mass-delete=10@\w{4}"/),
      },
    ]);
    expect(live(project)).toHaveLength(20);
  });

  test('without a number and a terminal, prints the number to type, and does nothing', async () => {
    await using project = await aProject({ redis, records: customers(20) });
    await project.sync();
    project.serve(customers(10));
    await project.sync();
    const { exitCode, stderr } = await project.sync(['run', '--allow-mass-delete']);
    expect(exitCode).toBe(64);
    expect(stderr).toContain('customers holds 10 deletions (pass 2)');
    expect(stderr).toContain('cronsync run --allow-mass-delete=10');
    expect(live(project)).toHaveLength(20);
  });

  test('given half-way, is used by the run that ends the pass', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);

    expect((await project.sync(onePage)).json()).toMatchObject({ outcome: 'partial' });
    expect((await project.sync([...permitting(10), '--max-pages', '1'])).json()).toMatchObject({ exitCode: 0 });
    const last = (await project.sync(onePage)).json();
    expect(last).toMatchObject({ outcome: 'done', exitCode: 0, counts: { deleted: 10 } });
    await expectInStep(project);
  });

  test('is refused where two resources hold as many, until it is for one of them', async () => {
    const twice = ({ resources, adapters, ...config }: BaseConfig) => ({
      ...config,
      resources: { ...resources, others: resources.customers },
      adapters: {
        acme: {
          ...adapters.acme,
          resources: { ...adapters.acme.resources, others: adapters.acme.resources.customers },
        },
      },
    });
    await using project = await aProject({ redis, records: customers(20), config: twice });
    await project.sync();
    project.serve(customers(10));
    await project.sync();
    const { exitCode, json } = await project.sync(permitting(10));
    expect({ exitCode, hits: json().hits }).toEqual({ exitCode: 64, hits: 0 });
    expect(json().errors[0]).toMatchObject({
      message: expect.stringMatching(/^customers and others both hold 10 deletions back; nothing was deleted/),
      hint: expect.stringContaining('"cronsync run --resource customers --allow-mass-delete=10"'),
    });
    const permitted = await project.sync([...permitting(10), '--resource', 'customers']);
    expect(permitted.json()).toMatchObject({ exitCode: 0, counts: { deleted: 10 } });
  });

  test('permits those records that were held back when it was given, and no others', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);
    project.serve(customers(5));
    expect((await project.sync(onePage)).json().outcome).toBe('partial');
    const { exitCode, json } = await project.sync(permitting(10));

    expect(exitCode).toBe(3);
    expect(json()).toMatchObject({ counts: { deleted: 10 }, resources: [{ held: { count: 5 } }] });
    expect(
      live(project)
        .map(({ id }) => Number(id))
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect((await project.sync(permitting(5))).json()).toMatchObject({ exitCode: 0, counts: { deleted: 5 } });
  });

  test('permits no record that has come back meanwhile', async () => {
    await using project = await aProject({ redis, records: customers(20), ...threePages, config: stable });
    await project.sync();
    project.serve(customers(10));
    expect((await project.sync()).exitCode).toBe(3);
    project.serve(customers(14));
    expect((await project.sync(onePage)).json().outcome).toBe('partial');
    expect((await project.sync(permitting(10))).json()).toMatchObject({ exitCode: 0, counts: { deleted: 6 } });
    await expectInStep(project);
  });
});

test.each(['sqlite', 'postgres'] as const)(
  'on %s, a pass whose credentials change on the way deletes nothing and says so',
  async (target) => {
    await using project = await aProject({ redis, target, records: customers(20), ...threePages, config: as('ours') });
    await project.sync();
    expect((await project.sync(onePage)).json().outcome).toBe('partial');
    await project.reconfigure(as('theirs'));
    project.serve(customers(18));
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(0);
    expect(json()).toMatchObject({ outcome: 'done', counts: { deleted: 0 } });
    expect(json().warnings).toEqual([
      expect.stringContaining('nothing of customers was deleted: the credentials changed while the pages were read'),
    ]);
    expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 2 } });
  },
);

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

  test('is not deleted while the third party says that it has more than it gave: that is incomplete, and 65', async () => {
    await using project = await aProject({ redis, records: customers(20), dialect: 'page', pageSize: 50 });
    await project.sync();
    const short = { body: { data: customers(18), meta: { total: 20 } } };
    const last = { body: { data: [], meta: { total: 20 } } };
    project.party.script(short, last, short, last);
    expect((await project.sync(planning)).exitCode).toBe(65);
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(65);
    expect(json()).toMatchObject({ outcome: 'incomplete', warnings: [] });
    expect(json().errors).toMatchObject([
      {
        exitCode: 65,
        message:
          '18 records of customers came, and the third party says that it has 20. They were written, nothing was deleted',
      },
    ]);
    expect(project.events('customers.deleted')).toEqual([]);
    expect((await project.sync(['status'])).stdout).toContain(
      'brought 18 records, and the third party says that it has 20',
    );
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });
    expect((await project.sync(['status'])).stdout).toContain('IN STEP');
  });
});

const planning = ['run', '--json', '--dry-run'] as const;
const hundreds = { dialect: 'cursor', pageSize: 100 } as const;
const allowing = ['run', '--json', '--allow-mass-delete'] as const;
const permitting = (number: number) => ['run', '--json', `--allow-mass-delete=${number}`];
const onePage = ['run', '--json', '--max-pages', '1'] as const;
const threePages = { dialect: 'cursor', pageSize: 4 } as const;

async function count(project: Project): Promise<number> {
  const [counted] = await project.database.query('SELECT count(*) AS live FROM customers WHERE deleted_at IS NULL');
  return Number(counted?.live);
}

function live(project: Project) {
  return project.rows().filter(({ deleted_at }) => deleted_at === null);
}

function as(token: string) {
  return (config: BaseConfig) => {
    const { adapters, ...rest } = stable(config);
    return { ...rest, adapters: { acme: { ...adapters.acme, auth: { type: 'bearer', token } } } };
  };
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

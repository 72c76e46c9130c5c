import { describe, expect, test } from 'vitest';
import { openScriptedThirdParty } from '../../src/testing.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type Project, type ProjectOptions } from '../helpers/sync.ts';

type Orders = Readonly<Record<string, readonly object[] | 404 | 500>>;

/** An API with customers, and with a list of orders for each of them, two on a page. */
async function aShop(options: Partial<ProjectOptions> = {}) {
  const shop: { customers: readonly string[]; orders: Orders; missing: number; isTotalOnFirstOnly: boolean } = {
    customers: ['a', 'b/2'],
    orders: {},
    missing: 0,
    isTotalOnFirstOnly: false,
  };
  const hits: string[] = [];
  const party = await openScriptedThirdParty(({ url }) => {
    hits.push(url.pathname + url.search);
    if (url.pathname === '/customers') return { body: shop.customers.map((id) => ({ id })) };
    const [, id = ''] = /^\/customers\/([^/]+)\/orders$/.exec(url.pathname) ?? [];
    const orders = shop.orders[decodeURIComponent(id)] ?? [];
    if (typeof orders === 'number') return { status: orders, body: { error: 'no' } };
    const from = Number(url.searchParams.get('after') ?? 0);
    const next = from + 2 < orders.length ? from + 2 : null;
    const total = orders.length + shop.missing;
    return {
      body: { data: orders.slice(from, from + 2), next, ...(!(from > 0 && shop.isTotalOnFirstOnly) && { total }) },
    };
  });
  const text = { type: 'string' };
  const project = await aProject({
    redis,
    ...options,
    config: (config) => ({
      ...config,
      resources: {
        customers: { key: 'id', schema: { properties: { id: text } } },
        orders: {
          key: ['customer', 'no'],
          schema: { properties: { customer: text, no: { type: 'integer' }, note: text } },
        },
      },
      adapters: {
        acme: {
          ...config.adapters.acme,
          baseUrl: party.url,
          resources: {
            customers: { path: '/customers' },
            orders: {
              of: 'customers',
              path: '/customers/{id}/orders',
              records: 'data',
              total: 'total',
              pagination: { type: 'cursor', next: 'next', param: 'after' },
              map: { customer: '_parent', no: 'no', note: 'note' },
            },
          },
        },
      },
      guard: { maxDeletes: 100, confirm: 1 },
    }),
  });
  return {
    project,
    shop,
    hits,
    async [Symbol.asyncDispose]() {
      await project.close();
      await party.close();
    },
  };
}

const ordersIn = async (project: Project) => {
  const rows = await project.database.query(
    'SELECT customer, no FROM orders WHERE deleted_at IS NULL ORDER BY customer, no',
  );
  return rows.map(({ customer, no }) => `${customer} ${no}`);
};
const numbers = (count: number) => Array.from({ length: count }, (_, at) => ({ no: at + 1, note: 'x' }));

describe.each(['sqlite', 'postgres'] as const)('children, on %s,', (target) => {
  test('are read by a list for each parent that the system has, each page in a slot', async () => {
    await using world = await aShop({ target });
    const { project, shop, hits } = world;
    shop.orders = { a: numbers(3), 'b/2': numbers(1), c: numbers(9) };
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 4, counts: { created: 6 } });
    expect(hits).toEqual([
      '/customers',
      '/customers/a/orders',
      '/customers/a/orders?after=2',
      '/customers/b%2F2/orders',
    ]);
    expect(await ordersIn(project)).toEqual(['a 1', 'a 2', 'a 3', 'b/2 1']);

    shop.orders = { a: numbers(2), 'b/2': numbers(2) };
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 1, updated: 0, deleted: 1 } });
    expect(await ordersIn(project)).toEqual(['a 1', 'a 2', 'b/2 1', 'b/2 2']);
  });

  test('a pass over many parents goes over many runs, and finds the parents that came meanwhile', async () => {
    await using world = await aShop({ target });
    const { project, shop, hits } = world;
    shop.orders = { a: numbers(1), 'b/2': numbers(1), c: numbers(1) };
    const page = (resource: string) => project.sync(['run', '--json', '--resource', resource, '--max-pages', '1']);
    await page('customers');
    expect((await page('orders')).json()).toMatchObject({ counts: { created: 1 } });
    shop.customers = ['a', 'b/2', 'c'];
    await page('customers');
    await page('orders');
    await page('orders');
    expect(await ordersIn(project)).toEqual(['a 1', 'b/2 1', 'c 1']);
    expect(hits.filter((hit) => hit.includes('orders'))).toHaveLength(3);
  });

  test('wait for the first pass over their parents', async () => {
    await using world = await aShop({ target });
    const { project, shop, hits } = world;
    shop.orders = { a: numbers(1) };
    const run = await project.sync(['run', '--json', '--max-pages', '2']);
    expect(run.exitCode).toBe(0);
    expect(hits).toEqual(['/customers', '/customers/a/orders']);
  });

  test('nothing is deleted where the list of a parent is not complete, gone, or not known', async () => {
    await using world = await aShop({ target });
    const { project, shop } = world;
    shop.orders = { a: numbers(3), 'b/2': numbers(1) };
    await project.sync();
    const all = ['a 1', 'a 2', 'a 3', 'b/2 1'];

    shop.orders = { a: numbers(1), 'b/2': 404 };
    const gone = await project.sync(['run', '--json', '--log-level', 'info']);
    expect(gone.json()).toMatchObject({ outcome: 'done', counts: { deleted: 0 } });
    expect(gone.stderr).toContain(
      'the third party does not know the parent b/2 any more (404); this pass deletes nothing',
    );
    expect(await ordersIn(project)).toEqual(all);

    shop.orders = { a: numbers(1), 'b/2': 500 };
    expect(await project.sync()).toMatchObject({ exitCode: 69 });
    expect(await ordersIn(project)).toEqual(all);
  });

  test('the children of a parent that is gone go with it, as far as the guard allows', async () => {
    await using world = await aShop({ target });
    const { project, shop } = world;
    shop.orders = { a: numbers(1), 'b/2': numbers(2) };
    await project.sync();
    shop.customers = ['a'];
    await project.sync();
    await project.sync();
    expect(await ordersIn(project)).toEqual(['a 1']);
  });
});

test('without a parent no hit is made and nothing is deleted; where no parent has a list, the path is wrong', async () => {
  await using world = await aShop();
  const { project, shop, hits } = world;
  shop.customers = [];
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', hits: 1 });
  shop.customers = ['a', 'b/2'];
  shop.orders = { a: 404, 'b/2': 404 };
  const run = await project.sync();
  expect(run).toMatchObject({
    exitCode: 76,
    stdout: expect.stringContaining('the third party knows none of 2 parents'),
  });
  expect(hits).toHaveLength(4);
});

test.each([
  ['each page has', false],
  ['only the first page has', true],
])('a list that brings fewer than its total, which %s, deletes nothing', async (_, isTotalOnFirstOnly) => {
  await using world = await aShop();
  const { project, shop } = world;
  shop.isTotalOnFirstOnly = isTotalOnFirstOnly;
  shop.customers = ['a'];
  shop.orders = { a: numbers(5) };
  await project.sync();
  shop.orders = { a: numbers(3) };
  shop.missing = 2;
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { deleted: 0 } });
  shop.missing = 0;
  expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 2 } });
});

test('a dry run plans the children of the parents that there are', async () => {
  await using world = await aShop();
  const { project, shop } = world;
  shop.orders = { a: numbers(1) };
  await project.sync(['run', '--resource', 'customers']);
  const plan = await project.sync(['run', '--dry-run', '--json', '--resource', 'orders']);
  expect(plan.json()).toMatchObject({
    outcome: 'planned',
    resources: [{ resource: 'orders', counts: { created: 1 } }],
  });
});

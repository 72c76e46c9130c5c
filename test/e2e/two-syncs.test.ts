import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, expectInStep, type Project } from '../helpers/sync.ts';
import { aThirdParty, type ThirdParty } from '../helpers/third-party.ts';

test('two syncs of one database keep customers in tables of their own: neither touches what is of the other', async () => {
  await using shopParty = await aThirdParty({ records: customers(12, 5) });
  await using crm = await aProject({ redis, records: customers(12) });
  await crm.write('shop.json', shopConfig(crm, shopParty, 'shop_customers'));
  await crm.sync();
  const afterCrm = traceOf(crm, crm.name, 'customers');

  expect((await crm.sync(ofShop)).json()).toMatchObject({ outcome: 'done', counts: { created: 12 } });
  expect(traceOf(crm, crm.name, 'customers')).toEqual(afterCrm);
  const afterShop = traceOf(crm, `${crm.name}-shop`, 'shop_customers');
  expect(afterShop.rows.map(({ id }) => id).toSorted()).toEqual(
    customers(12, 5)
      .map(({ id }) => id)
      .toSorted(),
  );

  crm.serve([aCustomer(5, { status: 'gold' }), ...customers(10, 3).filter(({ id }) => id !== '5')]);
  expect((await crm.sync()).json().counts).toEqual({ created: 0, updated: 1, deleted: 2 });
  expect(traceOf(crm, `${crm.name}-shop`, 'shop_customers')).toEqual(afterShop);
  expect((await crm.sync(ofShop)).json().counts).toEqual({ created: 0, updated: 0, deleted: 0 });
  await expectInStep(crm);
});

test.each(['customers', 'CUSTOMERS'])('a table that another sync owns is refused, also as "%s"', async (table) => {
  await using shopParty = await aThirdParty({ records: customers(2, 50) });
  await using crm = await aProject({ redis, records: customers(3) });
  await crm.write('shop.json', shopConfig(crm, shopParty, table));
  await crm.sync();
  const before = traceOf(crm, crm.name, 'customers');
  const { exitCode, stderr } = await crm.sync(['run', '--config', 'shop.json']);

  expect(exitCode).toBe(78);
  expect(stderr).toContain(
    `the table "${table}" belongs to the sync "${crm.name}": "cronsync forget ${crm.name} --resource customers" hands it over, ` +
      `and "cronsync rename ${crm.name} ${crm.name}-shop" moves the whole sync; nothing was written`,
  );
  expect(shopParty.arrivals).toHaveLength(0);
  expect(traceOf(crm, crm.name, 'customers')).toEqual(before);
  const checked = await crm.sync(['check', '--config', 'shop.json']);
  expect([checked.exitCode, checked.stdout]).toEqual([
    78,
    expect.stringContaining(`belongs to the sync "${crm.name}"`),
  ]);
});

const ofShop = ['run', '--json', '--config', 'shop.json'];

function shopConfig({ config, name }: Project, party: ThirdParty, table: string) {
  const { acme } = config.adapters;
  return {
    ...config,
    name: `${name}-shop`,
    resources: { customers: { ...config.resources.customers, table } },
    adapters: { acme: { ...acme, baseUrl: party.url } },
  };
}

/** All that is of one sync. */
function traceOf(project: Project, name: string, table: string) {
  const own = (from: string, order: string) =>
    project.query(`SELECT * FROM ${from} WHERE name = ? ORDER BY ${order}`, name);
  return {
    rows: project.rows(table),
    tables: own('_sync_tables', 'id'),
    passes: own('_sync_passes', 'resource'),
    outbox: own('_sync_outbox', 'first_seq'),
    lease: own('_sync_lease', 'fence'),
    runs: own('_sync_runs', 'id'),
    records: project.query(
      'SELECT r.* FROM _sync_records r JOIN _sync_tables t ON t.id = r.of_table WHERE t.name = ? ORDER BY r.id',
      name,
    ),
  };
}

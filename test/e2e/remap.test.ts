import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers } from '../helpers/sync.ts';

test('a changed map starts a snapshot pass: equal rows cost no event, the others say that the map is the cause', async () => {
  const records = [1, 2, 3, 4].map((id) => aCustomer(id, { labels: [{ name: id < 3 ? 'active' : 'gold' }] }));
  await using project = await aProject({ redis, records, dialect: 'cursor', pageSize: 2 });
  await project.sync();
  const before = project.events().length;

  await project.reconfigure((config) => withMap(config, { ...mapOf(config), state: 'labels[0].name' }));
  const { counts, resources } = (await project.sync()).json();
  expect(counts).toEqual({ created: 0, updated: 2, deleted: 0 });
  expect(resources).toMatchObject([{ pass: 2, phase: 'done' }]);
  const remapped = project.events().slice(before);
  expect(remapped.map(({ subject, cause, data }) => [subject, cause, data.changed])).toEqual([
    ['3', 'remap', ['state']],
    ['4', 'remap', ['state']],
  ]);

  project.serve(records.map((record) => ({ ...record, labels: [{ name: 'silver' }] })));
  expect((await project.sync()).json().counts.updated).toBe(4);
  expect(
    project
      .events()
      .slice(-4)
      .every(({ cause }) => cause === undefined),
  ).toBe(true);
});

test('a changed map in the middle of a pass starts it over', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2 });
  await project.sync(onePage);
  await project.reconfigure((config) => withMap(config, { ...mapOf(config), state: 'contact.email' }));
  const { resources, pages } = (await project.sync()).json();

  expect(pages).toBe(3);
  expect(resources).toMatchObject([{ pass: 2, pages: 3, records: 6, phase: 'done' }]);
  expect(project.rows().map(({ state }) => state)).toEqual(customers(6).map(({ contact }) => contact.email));
});

test('what a changed map writes is silent where the config wants it so, and the next change is heard', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await project.sync();
  const remapped = (config: BaseConfig) => ({
    ...withMap(config, { ...mapOf(config), state: 'contact.email' }),
    events: { onRemap: 'silent' },
  });
  await project.reconfigure(remapped);
  expect((await project.sync()).json().counts.updated).toBe(3);
  expect(project.events('customers.updated')).toEqual([]);

  project.serve([...customers(2), aCustomer(3, { contact: { email: 'new@example.com' } })]);
  await project.sync();
  expect(project.events('customers.updated')).toMatchObject([{ subject: '3', data: { changed: ['email', 'state'] } }]);
});

test('a new field of the schema becomes a column, and its values are changes that the schema caused', async () => {
  await using project = await aProject({ redis, records: customers(2) });
  await project.sync();
  await project.reconfigure((config) => {
    const { schema } = config.resources.customers;
    const properties = { ...schema.properties, label: { type: ['string', 'null'] } };
    const resources = { customers: { ...config.resources.customers, schema: { ...schema, properties } } };
    return { ...withMap(config, { ...mapOf(config), label: 'labels[0].name' }), resources };
  });
  await project.sync();

  expect(project.rows().map(({ label }) => label)).toEqual(['label1', 'label2']);
  expect(project.events('customers.updated')).toMatchObject([
    { subject: '1', cause: 'remap', data: { changed: ['label'] } },
    { subject: '2', cause: 'remap', data: { changed: ['label'] } },
  ]);
});

const onePage = ['run', '--json', '--max-pages', '1'] as const;

function mapOf(config: BaseConfig): BaseConfig['adapters']['acme']['resources']['customers']['map'] {
  return config.adapters.acme.resources.customers.map;
}

function withMap(config: BaseConfig, map: Readonly<Record<string, string>>) {
  return withResource(config, { map });
}

function withResource(config: BaseConfig, changed: object) {
  const { acme } = config.adapters;
  const resources = { customers: { ...acme.resources.customers, ...changed } };
  return { ...config, adapters: { acme: { ...acme, resources } } };
}

import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { mapped } from '../helpers/in-step.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';

test('an unchanged record costs neither write nor event, and the event of a changed one names each field', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await project.sync();
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 }, relayed: 0 });

  project.serve([
    aCustomer(1, { status: 'gold', labels: [] }),
    { ...aCustomer(2), unmapped: 'field' },
    { ...aCustomer(3), labels: [{ name: 'label0', colour: 'red' }] } as never,
    aCustomer(4, { contact: { email: 'four@example.com' } }),
    aCustomer(5),
  ]);
  await project.sync();
  expect(project.events('customers.updated').map(({ data }) => data)).toEqual([
    {
      key: '1',
      before: { id: '1', email: 'person1@example.com', state: 'active', tags: ['label1'] },
      after: { id: '1', email: 'person1@example.com', state: 'gold', tags: [] },
      changed: ['state', 'tags'],
    },
    {
      key: '4',
      before: { id: '4', email: 'person4@example.com', state: 'active', tags: ['label1'] },
      after: { id: '4', email: 'four@example.com', state: 'active', tags: ['label1'] },
      changed: ['email'],
    },
  ]);
});

test("rows that the system has already are adopted: compared, updated where they differ, the system's own are left", async () => {
  await using project = await aProject({ redis, records: customers(4) });
  change(project, [
    'CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT, state TEXT, tags TEXT, note TEXT)',
    `INSERT INTO customers VALUES ('1', 'person1@example.com', 'active', '["label1"]', 'mine')`,
    `INSERT INTO customers VALUES ('2', 'old@example.com', 'active', '["label2"]', 'mine too')`,
    `INSERT INTO customers VALUES ('x', 'only@example.com', 'here', '[]', 'not theirs')`,
  ]);
  expect((await project.sync()).json().counts).toEqual({ created: 2, updated: 1, deleted: 0 });
  expect(project.events('customers.updated')).toMatchObject([
    { subject: '2', data: { before: { email: 'old@example.com' }, changed: ['email'] } },
  ]);
  expect(project.rows().map(({ note }) => note)).toEqual(['mine', 'mine too', null, null, 'not theirs']);

  project.serve(customers(3, 2));
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 1 });
  expect(project.rows().map(({ id, deleted_at }) => [id, deleted_at === null])).toEqual([
    ['1', false],
    ['2', true],
    ['3', true],
    ['4', true],
    ['x', true],
  ]);
});

test('an update has in its event what the row held before, and leaves the columns of the system', async () => {
  await using project = await aProject({ redis, records: customers(2) });
  await project.sync();
  change(project, [
    'ALTER TABLE customers ADD COLUMN note TEXT',
    "UPDATE customers SET note = 'call back', email = 'typed@example.com' WHERE id = '1'",
  ]);
  expect((await project.sync()).json().counts.updated).toBe(0);

  project.serve([aCustomer(1, { status: 'gold' }), aCustomer(2)]);
  await project.sync();
  expect(project.events('customers.updated')).toMatchObject([
    { data: { before: { email: 'typed@example.com', state: 'active' }, changed: ['email', 'state'] } },
  ]);
  expect(project.rows()[0]).toMatchObject({ email: 'person1@example.com', state: 'gold', note: 'call back' });
});

test('a row that the system removed has one more event when its record goes, without what it held', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await project.sync();
  change(project, ["DELETE FROM customers WHERE id = '3'"]);
  project.serve(customers(2));
  expect((await project.sync()).json().counts.deleted).toBe(1);
  expect(project.events('customers.deleted')).toMatchObject([{ subject: '3', data: { before: null, after: null } }]);
});

test('a record that a constraint of the system refuses is quarantined, and the others are written', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  change(project, [
    `CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT, state TEXT CHECK (state <> 'banned'), tags TEXT)`,
  ]);
  project.serve([...customers(19), aCustomer(20, { status: 'banned' })]);
  expect((await project.sync()).json()).toMatchObject({ rejected: 1, counts: { created: 19 } });
  expect(project.query('SELECT key FROM _sync_rejects')).toEqual([{ key: '20' }]);

  project.serve(customers(20));
  expect((await project.sync()).json().counts).toEqual({ created: 1, updated: 0, deleted: 0 });
  await expectInStep(project);
});

test('of a record that comes twice on a page of many batches the first one counts, in a first load too', async () => {
  const later = [aCustomer(1, { status: 'gold' }), aCustomer(2), aCustomer(9000, { status: 'gold' })];
  await using project = await aProject({ redis, records: [...customers(9000), ...later] });
  expect((await project.sync()).json()).toMatchObject({ records: 9003, counts: { created: 9000 } });
  const states = project.query("SELECT id FROM customers WHERE state = 'gold' ORDER BY id");
  expect(states).toEqual([]);
  const first = project.events().filter(({ subject }) => subject === '1');
  expect(first.map(({ type }) => type)).toEqual(['customers.created']);
  expect(project.events('customers.updated')).toEqual([]);
  await expectInStep(project, { rows: customers(9000).map(mapped) });
});

test('a key of several fields tells records apart whatever is in the fields', async () => {
  const composite = (config: BaseConfig) => {
    const { schema } = config.resources.customers;
    const required = ['email', 'id'];
    return { ...config, resources: { customers: { key: ['email', 'id'], schema: { ...schema, required } } } };
  };
  await using project = await aProject({ redis, config: composite });
  const pairs = [
    ['a', 'b,c'],
    ['a,b', 'c'],
    ['["a"', '"b"]'],
    ['a', 'b'],
    ['b', 'a'],
  ] as const;
  const records = pairs.map(([email, id]) => ({ ...aCustomer(1), id, contact: { email } }));
  project.serve(records);
  expect((await project.sync()).json().counts.created).toBe(5);
  expect(project.events().map(({ subject }) => subject)).toEqual(pairs.map((pair) => JSON.stringify(pair)));

  project.serve(records.slice(1));
  expect((await project.sync()).json().counts).toEqual({ created: 0, updated: 0, deleted: 1 });
  expect(project.events('customers.deleted').map(({ subject }) => subject)).toEqual(['["a","b,c"]']);
});

test('a table of another name, with a key that the system compares without case, keeps records apart', async () => {
  const named = (config: BaseConfig) => ({
    ...config,
    resources: { customers: { ...config.resources.customers, table: 'crm "clients"' } },
  });
  await using project = await aProject({ redis, config: named });
  change(project, [
    'CREATE TABLE "crm ""clients""" (id TEXT PRIMARY KEY COLLATE NOCASE, email TEXT, state TEXT, tags TEXT)',
  ]);
  project.serve([{ ...aCustomer(1), id: 'a' }]);
  await project.sync();
  project.serve([{ ...aCustomer(1), id: 'a' }, { ...aCustomer(2), id: 'A' }, ...customers(30)]);
  const { json } = await project.sync();

  expect(json()).toMatchObject({ exitCode: 0, rejected: 1, counts: { created: 30, updated: 0, deleted: 0 } });
  expect(project.query(`SELECT email FROM "crm ""clients""" WHERE id = 'a'`)).toEqual([
    { email: 'person1@example.com' },
  ]);
});

function change({ file }: Project, statements: readonly string[]): void {
  using database = new DatabaseSync(file);
  for (const statement of statements) database.exec(statement);
}

import { beforeEach, expect, test } from 'vitest';
import type { ResourceTable } from '../../../src/table.ts';
import { customersTable, takeOver } from '../../contracts/target.ts';
import { aPostgresWorld, type PostgresWorld } from './a-postgres-target.ts';

let world: PostgresWorld;
let role: string;
/** A role that may nothing. */
beforeEach(async () => {
  world = await aPostgresWorld();
  role = `rights_${world.database.name}`;
  await world.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'p'; REVOKE ALL ON SCHEMA public FROM PUBLIC`);
  return () => world.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

async function missing(...tables: readonly ResourceTable[]): Promise<readonly string[]> {
  const target = await world.open({ url: world.database.urlFor({ user: role, password: 'p' }) });
  const rights = await target.rights(tables.length > 0 ? tables : [customersTable()]);
  expect(rights?.role).toBe(role);
  return rights?.missing ?? [];
}

/** Runs the statements that the sentences end with. */
async function heed(sentences: readonly string[]): Promise<void> {
  for (const sentence of sentences) await world.sql(sentence.slice(sentence.indexOf(': ') + 2));
}

test('before the first run the role has to use the schema and make tables; with the statements it runs', async () => {
  const sentences = await missing();
  expect(sentences).toEqual([
    `the role ${role} may not use the schema: GRANT USAGE ON SCHEMA "public" TO "${role}";`,
    `the role ${role} may not make "customers" and tables of cronsync: GRANT CREATE ON SCHEMA "public" TO "${role}";`,
  ]);
  await heed(sentences);
  expect(await missing()).toEqual([]);
  await takeOver(await world.open({ url: world.database.urlFor({ user: role, password: 'p' }) }));
});

test('where the tables are there, it has to read and write them, and to delete rows only with hard deletes', async () => {
  await takeOver(await world.open());
  await world.sql(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT SELECT ON customers, _sync_runs TO ${role}`);
  const sentences = await missing();
  expect(sentences).toEqual([
    `the role ${role} may not INSERT, UPDATE in "customers": GRANT INSERT, UPDATE ON "public"."customers" TO "${role}";`,
    expect.stringMatching(
      /may not SELECT, INSERT, UPDATE, DELETE in tables of cronsync: GRANT .* "public"\."_sync_runs", .*;$/,
    ),
  ]);
  await heed(sentences);
  expect(await missing()).toEqual([]);
  expect(await missing(customersTable({ onDelete: 'hard' }))).toEqual([
    `the role ${role} may not DELETE in "customers": GRANT DELETE ON "public"."customers" TO "${role}";`,
  ]);
  expect(await missing(customersTable({ match: ['email'] }))).toEqual([
    `the role ${role} may not make tables of cronsync: GRANT CREATE ON SCHEMA "public" TO "${role}";`,
  ]);
});

test('a right to some columns is enough for a table of the system, and aliases of another sync need none', async () => {
  await takeOver(await world.open());
  await world.sql(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role};
    REVOKE ALL ON customers FROM ${role}; GRANT SELECT (id, email), INSERT (id, email), UPDATE (email) ON customers TO ${role}`);
  await takeOver(await world.open({ name: 'other' }), customersTable({ table: 'others', match: ['email'] }));
  expect(await missing()).toEqual([]);
});

test('only the owner of a table adds its columns, and only the owner of our tables brings them up to date', async () => {
  await takeOver(await world.open());
  await world.sql(`GRANT USAGE ON SCHEMA public TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  const wider = customersTable({ columns: [...customersTable().columns, { name: 'new', kind: 'text' }] });
  const sentences = await missing(wider);
  expect(sentences).toMatchObject([
    expect.stringMatching(/may not add "new" to "customers", which "\w+" owns: ALTER TABLE .*;$/),
  ]);
  await heed(sentences);
  expect(await missing(wider)).toEqual([]);
  await world.sql('UPDATE _sync_schema SET version = 1');
  expect(await missing()).toMatchObject([
    expect.stringContaining(`GRANT CREATE ON SCHEMA "public" TO "${role}";`),
    expect.stringMatching(
      /may not bring the tables of cronsync up to this release: start a run as their owner, "\w+"$/,
    ),
  ]);
});

test('a schema that is not there has no rights: something else says so', async () => {
  expect(await (await world.open({ schema: 'nowhere' })).rights([customersTable()])).toBeNull();
});

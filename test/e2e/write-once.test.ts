import { DatabaseSync } from 'node:sqlite';
import { describe, expect, test } from 'vitest';
import { aPostgres } from '../helpers/postgres.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, type Project } from '../helpers/sync.ts';

const own = (config: BaseConfig, more: object = {}) => {
  const { customers } = config.resources;
  return { ...config, resources: { customers: { ...customers, writeOnce: 'state', ...more } } };
};

describe.each(['sqlite', 'postgres'] as const)('a field that is written once, on %s,', (target) => {
  /** A sync, and what runs statements as the system does. */
  async function aWorld(config: (config: BaseConfig) => object = own) {
    const database = target === 'postgres' ? await aPostgres() : undefined;
    const project = await aProject({ redis, records: customers(3), target: database ?? 'sqlite', config });
    const system = async (statement: string) => {
      if (database) await database.sql(statement);
      else {
        using file = new DatabaseSync(project.file);
        file.exec(statement);
      }
    };
    return {
      project,
      system,
      async [Symbol.asyncDispose]() {
        await project.close();
        await database?.[Symbol.asyncDispose]();
      },
    };
  }

  const row = async (project: Project, id: string) =>
    (await project.database.query(`SELECT email, state, deleted_at FROM customers WHERE id = '${id}'`))[0];
  const counts = async (project: Project) => (await project.sync()).json<{ counts: object }>().counts;
  const nothing = { created: 0, updated: 0, deleted: 0 };

  test('belongs to the system once the row is there', async () => {
    await using world = await aWorld();
    const { project, system } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    expect(await row(project, '1')).toMatchObject({ state: 'active' });
    await system("UPDATE customers SET state = 'ours' WHERE id = '1'");
    expect(await project.sync(['verify'])).toMatchObject({ exitCode: 0 });

    project.serve([aCustomer(1, { status: 'theirs' }), ...customers(2, 2)]);
    expect(await counts(project)).toEqual(nothing);
    expect(await row(project, '1')).toMatchObject({ state: 'ours' });

    project.serve([aCustomer(1, { status: 'theirs', contact: { email: 'new@example.com' } }), ...customers(2, 2)]);
    const plan = await project.sync(['run', '--dry-run', '--json']);
    expect(plan.json()).toMatchObject({ resources: [{ counts: { ...nothing, updated: 1 } }] });
    expect(await counts(project)).toEqual({ ...nothing, updated: 1 });
    expect(await row(project, '1')).toMatchObject({ state: 'ours', email: 'new@example.com' });
    const event = (await project.streamEvents()).at(-1)?.event;
    expect(event).toMatchObject({ data: { changed: ['email'], after: { state: 'ours', email: 'new@example.com' } } });
    expect(await project.sync(['verify'])).toMatchObject({ exitCode: 0 });
    expect(await counts(project)).toEqual(nothing);
  });

  test('is not emptied, and the guard counts no such value', async () => {
    await using world = await aWorld();
    const { project } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    project.serve(customers(3).map(({ status: _, ...customer }) => customer));
    expect(await project.sync()).toMatchObject({ exitCode: 0 });
    expect(await row(project, '2')).toMatchObject({ state: 'active' });
  });

  test('stays as it is where a deleted row comes back, and is written where the row was really gone', async () => {
    await using world = await aWorld((config) => own(config, { guard: { maxDeletes: 2 } }));
    const { project, system } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    await system("UPDATE customers SET state = 'ours' WHERE id IN ('1', '2')");
    project.serve(customers(1, 3));
    expect(await counts(project)).toEqual({ ...nothing, deleted: 2 });
    await system("DELETE FROM customers WHERE id = '2'");
    project.serve(customers(3).map((customer) => ({ ...customer, status: 'theirs' })));
    expect(await counts(project)).toEqual({ ...nothing, created: 2 });
    expect(await row(project, '1')).toEqual({ email: 'person1@example.com', state: 'ours', deleted_at: null });
    expect(await row(project, '2')).toMatchObject({ state: 'theirs', deleted_at: null });
  });

  test('keeps what an adopted row has, and what rows have when the config names it later', async () => {
    await using world = await aWorld((config) => config);
    const { project, system } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    await system("UPDATE customers SET state = 'ours' WHERE id = '1'");
    await project.reconfigure((config) => own(config));
    project.serve(customers(3).map((customer) => ({ ...customer, status: 'theirs' })));
    expect(await counts(project)).toEqual(nothing);
    expect([await row(project, '1'), await row(project, '2')]).toMatchObject([{ state: 'ours' }, { state: 'active' }]);
    expect(await project.sync(['verify'])).toMatchObject({ exitCode: 0 });
  });

  test('a verify finds what somebody changed in other fields, and the repair leaves this one alone', async () => {
    await using world = await aWorld();
    const { project, system } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    await system("UPDATE customers SET state = 'ours', email = 'odd' WHERE id = '1'");
    expect(await project.sync(['verify', '--repair'])).toMatchObject({ exitCode: 4 });
    await project.sync(['run', '--full', '--yes']);
    expect(await row(project, '1')).toMatchObject({ state: 'ours', email: 'person1@example.com' });
  });

  test('with updates that wait for the end of the pass, it stays the one of the row', async () => {
    await using world = await aWorld((config) => own(config, { guard: { maxUpdates: 3 } }));
    const { project, system } = world;
    expect(await counts(project)).toEqual({ ...nothing, created: 3 });
    await system("UPDATE customers SET state = 'ours'");
    project.serve(customers(3).map((customer) => ({ ...customer, status: 'theirs', contact: { email: 'e' } })));
    expect(await counts(project)).toEqual({ ...nothing, updated: 3 });
    expect(await row(project, '3')).toMatchObject({ state: 'ours', email: 'e' });
  });
});

import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';

describe('a rejected record', () => {
  const unreadable = (id: number) => ({ ...aCustomer(id), labels: 'none', contact: { email: '\u0000' } });

  test('that has a key counts as seen: its row stays as it was', async () => {
    await using project = await aProject({ redis, records: customers(30) });
    await project.sync();
    project.serve([...customers(28), unreadable(29)]);
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(0);
    expect(json()).toMatchObject({ rejected: 1, counts: { created: 0, updated: 0, deleted: 1 } });
    expect(project.events('customers.deleted').map(({ subject }) => subject)).toEqual(['30']);
    expect(live(project).map(({ id }) => id)).toContain('29');
  });

  test('without a key keeps every row: it might be any of them', async () => {
    await using project = await aProject({ redis, records: customers(30) });
    await project.sync();
    const { id, ...nameless } = aCustomer(29);
    project.serve([...customers(28), nameless]);
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(0);
    expect(json().warnings).toEqual([expect.stringContaining('1 records came without a readable key')]);
    expect(live(project)).toHaveLength(30);
  });

  test('too many of them exit 65 and delete nothing; the others are written', async () => {
    await using project = await aProject({ redis, records: customers(30) });
    await project.sync();
    project.serve([...customers(25), unreadable(26), unreadable(27), aCustomer(31)]);
    const { exitCode, json } = await project.sync();

    expect(exitCode).toBe(65);
    expect(json().errors).toMatchObject([
      { message: expect.stringContaining('2 of 28 records of customers were rejected') },
    ]);
    expect(json().counts).toEqual({ created: 1, updated: 0, deleted: 0 });
    expect(live(project)).toHaveLength(31);
  });
});

describe('onDelete', () => {
  const gone = async (onDelete: unknown) => {
    const config = withOnDelete(onDelete);
    const project = await aProject({ redis, records: customers(3), config });
    await project.sync();
    project.serve(customers(2));
    await project.sync();
    return project;
  };
  const comesBack = async (project: Project) => {
    project.serve(customers(3));
    await project.sync();
    expect(
      project
        .events()
        .filter(({ subject }) => subject === '3')
        .map(({ type }) => type),
    ).toEqual(['customers.created', 'customers.deleted', 'customers.created']);
    await expectInStep(project);
  };

  test('soft marks the row, and takes the mark away when the record comes back', async () => {
    await using project = await gone('soft');
    expect(project.rows().map(({ deleted_at }) => typeof deleted_at)).toEqual(['object', 'object', 'string']);
    await comesBack(project);
  });

  test('hard removes the row, which is made again when the record comes back', async () => {
    await using project = await gone('hard');
    expect(project.rows()).toHaveLength(2);
    await comesBack(project);
  });

  test('keep leaves the row, and makes an event of the deletion and of its end', async () => {
    await using project = await gone('keep');
    expect(project.rows()).toHaveLength(3);
    await comesBack(project);
  });

  test('set writes what the config says, and the record writes over it when it comes back', async () => {
    await using project = await gone({ set: { state: 'deleted' } });
    expect(project.rows().map(({ state }) => state)).toEqual(['active', 'active', 'deleted']);
    expect(project.events('customers.deleted')).toMatchObject([{ data: { before: { state: 'active' }, after: null } }]);
    await comesBack(project);
  });
});

function live(project: Project) {
  return project.rows().filter(({ deleted_at }) => deleted_at === null);
}

function withOnDelete(onDelete: unknown) {
  return (config: BaseConfig) => ({
    ...config,
    resources: { customers: { ...config.resources.customers, onDelete } },
  });
}

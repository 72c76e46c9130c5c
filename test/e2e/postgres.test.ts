import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPooler } from '../helpers/pooler.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

const freely = (config: BaseConfig, target: object) => ({
  ...config,
  target: { type: 'postgres', ...target },
  guard: { maxDeletes: '100%', confirm: 1 },
});

/** Runs that create, update, delete and create again; the table is in step after each. */
async function expectWholeRuns(project: Project): Promise<void> {
  const first = customers(9);
  for (const records of [first, [aCustomer(1, { status: 'newer' }), ...customers(4, 5), aCustomer(20)], first]) {
    project.serve(records);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0, errors: [] });
    await expectInStep(project);
  }
}

describe('behind a pooler that gives each transaction another session', () => {
  test.each([
    ['as it is made', []],
    [
      'in which others have left their settings',
      ["SET search_path = 'other'", "SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'"],
    ],
  ])('%s, runs create, update and delete', async (_what, spoils) => {
    await using database = await aPostgres();
    await database.sql(`CREATE SCHEMA other; CREATE TYPE mood AS ENUM ('active', 'newer');
      CREATE TABLE customers (id text PRIMARY KEY, email text, state mood, tags jsonb)`);
    await using pooler = await aPooler(database.url, spoils);
    await using project = await aProject({
      ...{ redis, target: database, records: customers(9), dialect: 'cursor', pageSize: 4 },
      config: (config) => freely(config, { url: database.urlFor({ port: pooler.port }) }),
    });
    await expectWholeRuns(project);
    expect(pooler.sessions).toBeGreaterThan(3 * 10);
  });
});

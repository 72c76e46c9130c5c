import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aPooler } from '../helpers/pooler.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { type PostgresServer, startPostgres } from '../helpers/postgres-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, type BaseConfig, customers, expectInStep, type Project } from '../helpers/sync.ts';

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

describe('a server that speaks TLS, and wants a certificate', () => {
  const fixture = (name: string) => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
  const [cert, key] = [fixture('localhost.crt'), fixture('localhost.key')];
  let server: PostgresServer;
  let admin: pg.Client;
  beforeAll(async () => {
    server = await startPostgres(undefined, { cert, key, ca: cert });
    admin = new pg.Client(server.url);
    await admin.connect();
    await admin.query("CREATE ROLE secure LOGIN SUPERUSER PASSWORD 'p'");
  });
  afterAll(async () => {
    await admin.end();
    await server.stop();
  });

  const aProjectWith = async (tls: object | undefined, query: string) => {
    const url = `postgres://secure:p@localhost:${server.port}/postgres${query}`;
    const project = await aProject({
      ...{ redis, name: 'crm-tls', records: customers(3) },
      config: (config) => freely(config, { url, ...(tls && { tls }) }),
    });
    for (const [name, text] of Object.entries({ 'ca.pem': cert, 'cert.pem': cert, 'key.pem': key }))
      await project.write(name, text);
    return project;
  };
  const own = { cert: '${file:./cert.pem}', key: '${file:./key.pem}' };
  const ca = '${file:./ca.pem}';

  test.each([
    ['with its authority and a certificate', { ca, ...own }, '?sslmode=verify-full'],
    ['without asking who it is, with a certificate', { ...own, verify: false }, '?sslmode=require'],
  ])('is written to %s', async (_what, tls, query) => {
    await using project = await aProjectWith(tls, query);
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0, records: 3 });
    expect((await admin.query('SELECT id FROM customers')).rows).toHaveLength(3);
  });

  test.each([
    ['without a certificate', { ca }, '?sslmode=verify-full', 'does not let this user in'],
    ['without TLS', undefined, '', 'does not let this user in'],
    ['where nobody answers for it', own, '?sslmode=verify-full', 'do not agree on TLS'],
  ])('is not written to %s: 78 says so, and no hit is made', async (_what, tls, query, words) => {
    await using project = await aProjectWith(tls, query);
    const run = await project.sync(['run']);
    expect(run.exitCode).toBe(78);
    expect(run.stderr).toContain(words);
    expect(project.party.arrivals).toEqual([]);
  });
});

/** The statements of docs/postgres.md for a role of its own, but for those that are only for something that is not used here. */
function grants(role: string, unused: readonly string[]): string {
  const docs = readFileSync(new URL('../../docs/postgres.md', import.meta.url), 'utf8');
  const [, block = ''] = /```sql\n(CREATE ROLE [^`]*)```/.exec(docs) ?? [];
  const lines = block
    .split('\n')
    .filter((line) => !unused.some((what) => line.includes(`-- only`) && line.includes(what)));
  return lines.join('\n').replace(/\bsync\b(?= LOGIN|;)/g, role);
}

describe('a role with the grants of docs/postgres.md', () => {
  test.each([
    ['soft deletes', { onDelete: 'soft' }, ['"hard"', '"match"']],
    ['hard deletes, and ids of others', { onDelete: 'hard', match: ['email'] }, []],
  ])('and no other right runs everything: %s', async (_what, how, unused) => {
    await using database = await aPostgres();
    const role = `role_${database.name}`;
    await database.sql(`CREATE SCHEMA app; ALTER DATABASE ${database.name} SET search_path = app; SET search_path = app;
      REVOKE ALL ON SCHEMA public FROM PUBLIC; REVOKE ALL ON DATABASE ${database.name} FROM PUBLIC`);
    await using project = await aProject({
      ...{ redis, target: database, records: customers(9), dialect: 'cursor', pageSize: 4 },
      config: (config) => {
        const resources = { customers: { ...config.resources.customers, ...how } };
        return { ...freely(config, { url: database.url, schema: 'app' }), resources };
      },
    });
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', exitCode: 0 });

    await database.sql(grants(role, unused));
    await database.sql(`GRANT CONNECT ON DATABASE ${database.name} TO ${role}`);
    const target = { type: 'postgres', schema: 'app', url: database.urlFor({ user: role, password: '…' }) };
    const file = JSON.parse(readFileSync(`${project.dir}/sync.config.json`, 'utf8'));
    await project.reconfigure(() => ({ ...file, target }));
    await expectWholeRuns(project);
    for (const command of ['status', 'check']) expect((await project.sync([command])).exitCode).toBe(0);
    await database.sql(`REVOKE UPDATE ON app.customers FROM ${role}; REVOKE SELECT ON app._sync_tables FROM ${role}`);
    const refused = await project.sync(['check']);
    expect(refused.exitCode).toBe(78);
    expect(refused.stdout).toContain(`✗ rights  the role ${role} may not UPDATE in "customers": GRANT UPDATE ON`);
    expect(refused.stdout).toContain(`GRANT SELECT ON "app"."_sync_tables" TO "${role}";`);
    await database.sql(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  });
});

import { copyFile, readFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { shapeOf } from '../../src/config/shape.ts';
import { mapped } from '../helpers/in-step.ts';
import { aPostgres } from '../helpers/postgres.ts';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  type Project,
  type RemoteCustomer,
  type Row,
} from '../helpers/sync.ts';
import type { Arrival, Scripted } from '../helpers/third-party.ts';

interface VerifyJson {
  readonly exitCode: number;
  readonly isRepair: boolean;
  readonly resources: readonly {
    readonly rows: readonly { readonly key: string; readonly is: string; readonly fields: readonly string[] | null }[];
    readonly compared: number;
  }[];
}

interface World {
  readonly project: Project;
  /** Runs statements as the system does. */
  system(statements: string): Promise<void>;
}

interface WorldOptions {
  readonly count?: number;
  readonly name?: string;
  readonly config?: (config: BaseConfig) => object;
}

/** A sync whose third party names the state of its collection, so that an unchanged one costs a 304. */
async function aWorld(target: 'sqlite' | 'postgres', { count = 12, ...options }: WorldOptions = {}): Promise<World> {
  const postgres = target === 'postgres' ? await aPostgres() : undefined;
  if (postgres) onTestFinished(() => postgres[Symbol.asyncDispose]());
  const project = await aProject({ redis, records: customers(count), target: postgres ?? 'sqlite', ...options });
  onTestFinished(() => project.close());
  project.party.script(...Array.from({ length: 20 }, () => tagged(project)));
  const system = async (statements: string) => {
    if (postgres) return postgres.sql(statements);
    using database = new DatabaseSync(project.file, { timeout: 5000 });
    database.exec(statements);
  };
  return { project, system };
}

function tagged(project: Project) {
  return ({ headers }: Arrival): Scripted => {
    const etag = `"${JSON.stringify(project.records).length}"`;
    return headers['if-none-match'] === etag
      ? { status: 304, headers: { etag } }
      : { headers: { etag }, body: [...project.records] };
  };
}

async function verify(project: Project, ...flags: string[]): Promise<VerifyJson> {
  const { exitCode, json } = await project.sync(['verify', '--json', ...flags]);
  const document = json<VerifyJson>();
  expect(document.exitCode).toBe(exitCode);
  return document;
}

const rowsOf = ({ resources }: VerifyJson) => resources.flatMap(({ rows }) => rows);

/** The table is what the third party has. The events do not lead there alone: somebody else has changed rows between them. */
async function expectSameRows({ database, records }: Project): Promise<void> {
  const live = (await database.rows()).filter(({ deleted_at }) => deleted_at === null);
  const wanted = records.map((record) => mapped(record as RemoteCustomer));
  const known = ({ id, email, state }: Row) => `${id} ${email} ${state}`;
  expect(live.map(known).toSorted()).toEqual(wanted.map(known).toSorted());
}

async function driftOf(project: Project) {
  const { stdout } = await project.sync(['status', '--json']);
  return JSON.parse(stdout).resources[0].drift;
}

const repairs = async ({ database }: Project) => (await database.events()).filter(({ cause }) => cause === 'repair');

describe.each(['sqlite', 'postgres'] as const)('on %s', (target) => {
  const truncate = target === 'sqlite' ? 'DELETE FROM customers' : 'TRUNCATE customers';

  test('a truncated table is reported by the next run, listed by verify, and repaired with one event for each row', async () => {
    const { project, system } = await aWorld(target);
    await project.sync();
    await system(truncate);

    const run = (await project.sync()).json();
    expect(run).toMatchObject({ outcome: 'done', records: 0 });
    expect(run.warnings).toEqual([
      expect.stringMatching(/12 differ .*12 missing.*cronsync verify --resource customers --repair/),
    ]);
    expect(await driftOf(project)).toMatchObject({ compared: 12, missing: 12, isBeingRepaired: false });

    const dry = await project.sync(['run', '--dry-run', '--json']);
    expect(dry.json()).toMatchObject({ resources: [{ drift: { compared: 12, missing: 12 } }] });

    const found = await verify(project);
    expect(found).toMatchObject({ exitCode: 4, isRepair: false });
    expect(rowsOf(found)).toHaveLength(12);
    expect(rowsOf(found)).toContainEqual({ key: '7', is: 'missing', fields: null });

    expect(await verify(project, '--repair')).toMatchObject({ exitCode: 4, isRepair: true });
    expect(await driftOf(project)).toMatchObject({ missing: 12, isBeingRepaired: true });
    const { counts, warnings } = (await project.sync()).json();
    expect({ counts, warnings }).toEqual({ counts: { created: 12, updated: 0, deleted: 0 }, warnings: [] });
    expect((await repairs(project)).map(({ type, subject }) => [type, subject])).toEqual(
      customers(12).map(({ id }) => ['customers.created', id]),
    );
    expect(await driftOf(project)).toBeNull();
    expect(await verify(project)).toMatchObject({ exitCode: 0 });
    await expectSameRows(project);
  });

  test('values that somebody filled in become empty again, however many, with the cause of a repair', async () => {
    const { project, system } = await aWorld(target);
    project.serve(customers(12).map(({ contact: _contact, ...rest }) => ({ ...rest, contact: {} })));
    await project.sync();
    await system("UPDATE customers SET email = 'filled@example.com'");
    await verify(project, '--repair');
    const plan = (await project.sync(['run', '--dry-run', '--json'])).json();
    expect(plan).toMatchObject({ exitCode: 0, resources: [{ counts: { updated: 12 }, emptied: null }] });
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { updated: 12 } });
    expect(await repairs(project)).toHaveLength(12);
    expect(await verify(project)).toMatchObject({ exitCode: 0 });
  });

  test('rows that somebody changed, deleted and marked are told apart, field by field, and only they are repaired', async () => {
    const { project, system } = await aWorld(target);
    await project.sync();
    await system("UPDATE customers SET email = 'x@example.com', state = NULL WHERE id = '3'");
    await system("DELETE FROM customers WHERE id = '4'");
    await system("UPDATE customers SET deleted_at = '2026-01-01T00:00:00Z' WHERE id = '5'");
    const differing = [
      { key: '3', is: 'changed', fields: ['email', 'state'] },
      { key: '4', is: 'missing', fields: null },
      { key: '5', is: 'marked', fields: null },
    ];
    const found = await verify(project, '--resource', 'customers');
    expect(found).toMatchObject({ exitCode: 4, resources: [{ compared: 12, missing: 1, changed: 1, marked: 1 }] });
    expect(rowsOf(found)).toEqual(differing);

    project.serve([aCustomer(1, { status: 'gone' }), ...customers(11, 2)]);
    await verify(project, '--repair');
    await project.sync();
    expect((await repairs(project)).map(({ type, subject }) => `${subject} ${type}`)).toEqual([
      '3 customers.updated',
      '4 customers.created',
      '5 customers.created',
    ]);
    expect((await project.database.events('customers.updated')).map(({ subject, cause }) => [subject, cause])).toEqual([
      ['1', undefined],
      ['3', 'repair'],
    ]);
    await expectSameRows(project);
  });

  test('rows that a trigger or a type of the database rewrites never differ, until somebody else changes them', async () => {
    const { project, system } = await aWorld(target, {
      config: ({ resources, ...config }) => ({
        ...config,
        resources: { customers: { ...resources.customers, table: 'people' } },
      }),
    });
    await system(
      target === 'sqlite'
        ? `CREATE TABLE people (id TEXT PRIMARY KEY, email TEXT, state TEXT, tags TEXT);
           CREATE TRIGGER loud AFTER INSERT ON people BEGIN UPDATE people SET state = upper(new.state) WHERE id = new.id; END`
        : `CREATE TABLE people (id varchar(20) PRIMARY KEY, email varchar(50), state char(10), tags jsonb);
           CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.state = upper(NEW.state); RETURN NEW; END $$;
           CREATE TRIGGER loud BEFORE INSERT ON people FOR EACH ROW EXECUTE FUNCTION loud()`,
    );
    await project.sync();
    expect(await verify(project)).toMatchObject({ exitCode: 0, resources: [{ compared: 12 }] });
    expect((await project.sync()).json().warnings).toEqual([]);
    expect((await project.sync(['run', '--json', '--full', '--verify'])).json()).toMatchObject({
      counts: { updated: 0 },
    });
    await system("UPDATE people SET state = 'silent' WHERE id = '2'");
    expect(rowsOf(await verify(project))).toEqual([{ key: '2', is: 'changed', fields: ['state'] }]);
  });

  test('run --full --verify compares every row while it passes, and writes again what somebody else has changed', async () => {
    const { project, system } = await aWorld(target);
    await project.sync();
    await system("UPDATE customers SET email = NULL WHERE id = '3'; DELETE FROM customers WHERE id = '4'");
    expect((await project.sync(['run', '--json', '--full'])).json()).toMatchObject({
      counts: { created: 0, updated: 0 },
    });
    const { counts } = (await project.sync(['run', '--json', '--full', '--verify'])).json();
    expect(counts).toEqual({ created: 1, updated: 1, deleted: 0 });
    expect((await repairs(project)).map(({ subject }) => subject)).toEqual(['3', '4']);
    expect(await driftOf(project)).toBeNull();
    await expectSameRows(project);
  });

  test('a table that was renamed in the config, or dropped, is filled again, though the third party has nothing new', async () => {
    const { project, system } = await aWorld(target);
    await project.sync();
    await project.reconfigure(({ resources, ...config }) => ({
      ...config,
      resources: { customers: { ...resources.customers, table: 'clients' } },
    }));
    expect((await project.sync(['run', '--dry-run', '--json'])).json()).toMatchObject({
      resources: [{ counts: { created: 12 } }],
    });
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 12 } });
    expect(await project.database.rows('clients')).toHaveLength(12);

    await system('DROP TABLE clients');
    expect((await project.sync()).json()).toMatchObject({ counts: { created: 12 } });
    expect(await project.database.rows('clients')).toHaveLength(12);
    expect(await repairs(project)).toHaveLength(24);
  });

  test('the sample goes over all rows pass by pass, and small damage is found within some passes', async () => {
    const { project, system } = await aWorld(target, { count: 250 });
    await project.sync();
    await system("UPDATE customers SET email = NULL WHERE id = '230'");
    const warnings: number[] = [];
    for (let pass = 0; pass < 3; pass += 1) warnings.push((await project.sync()).json().warnings.length);
    expect(warnings).toContain(1);
    expect(await driftOf(project)).toMatchObject({ changed: 1, rows: [{ key: '230', fields: ['email'] }] });
    await system("UPDATE customers SET email = 'person230@example.com' WHERE id = '230'");
    expect((await project.sync()).json().warnings).toEqual([]);
    expect(await driftOf(project)).toBeNull();
  });

  test('verify --sample compares so many rows, and continues where the last sample ended', async () => {
    const { project, system } = await aWorld(target, { count: 30 });
    await project.sync();
    await system('UPDATE customers SET email = NULL');
    const keys = async () => rowsOf(await verify(project, '--sample', '20')).map(({ key }) => key);
    expect(await keys()).toEqual(customers(20).map(({ id }) => id));
    expect(await keys()).toEqual(customers(10, 21).map(({ id }) => id));
    expect(await keys()).toHaveLength(20);
  });

  test('verify of what release 0.1.0 wrote needs no run before it', async () => {
    const name = 'crm-of-0.1.0';
    const records = customers(18).map((customer) => (customer.id === '6' ? { ...customer, status: 'new' } : customer));
    const { project, system } = await aWorld(target, { name });
    if (target === 'sqlite') await copyFile('test/fixtures/release-0.1.0/sqlite.db', project.file);
    else await system(await readFile('test/fixtures/release-0.1.0/postgres.sql', 'utf8'));
    project.serve(records);
    const [pass] = await project.database.query('SELECT checkpoint FROM _sync_passes');
    const shape = shapeOf(project.config, 'customers', { redact: (text) => text, dir: '/' });
    const checkpoint = String(pass?.checkpoint).replace(/"shape":"\w+"/, `"shape":"${shape}"`);
    await system(`UPDATE _sync_passes SET checkpoint = '${checkpoint}'`);
    expect(await verify(project)).toMatchObject({ exitCode: 0, resources: [{ compared: 18, unknown: 0 }] });
    await system("UPDATE customers SET email = NULL WHERE id = '3'");
    expect(await verify(project)).toMatchObject({ exitCode: 4 });
    expect((await project.sync(['status'])).exitCode).toBe(0);
    expect((await project.sync(['run', '--dry-run'])).exitCode).toBe(0);
    const [version] = await project.database.query('SELECT version FROM _sync_schema');
    expect(version?.version).toBe(1);

    await verify(project, '--repair');
    expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { updated: 1 } });
    expect(await verify(project)).toMatchObject({ exitCode: 0 });
  });
});

test('verify prints a line for each row, one for each resource, and the command that repairs', async () => {
  const { project, system } = await aWorld('sqlite');
  await project.sync();
  await system("UPDATE customers SET email = NULL WHERE id = '3'; DELETE FROM customers WHERE id = '4'");
  const { exitCode, stdout } = await project.sync(['verify']);
  expect(exitCode).toBe(4);
  expect(stdout).toBe(
    [
      '  changed (email) 3',
      '  missing 4',
      'customers  12 rows compared: 2 differ (1 missing, 1 changed)',
      '  "cronsync verify --resource customers --repair" makes the next pass write them again.',
      '',
    ].join('\n'),
  );
  expect((await project.sync(['status'])).stdout).toContain(
    '2 of 12 rows of customers that were looked up just now were changed by somebody else or are missing',
  );
});

test('verify before the first run finds nothing, and makes nothing', async () => {
  const { project } = await aWorld('sqlite');
  expect(await verify(project)).toMatchObject({ exitCode: 0, resources: [{ compared: 0 }] });
  expect(await project.database.contents().catch(() => ({}))).toEqual({});
});

test('--verify needs --full', async () => {
  const { project } = await aWorld('sqlite');
  const { exitCode, stderr } = await project.sync(['run', '--verify']);
  expect([exitCode, stderr]).toEqual([64, expect.stringContaining('--verify needs --full')]);
});

test('a repair waits for nobody: while a run holds the lock it ends with 75, and nothing is forgotten', async () => {
  const { project, system } = await aWorld('sqlite');
  await project.sync();
  await system('DELETE FROM customers');
  await redis.client.set(
    project.lockKey,
    JSON.stringify({ token: 'x', host: 'h', pid: 1, run: 'r', startedAt: new Date() }),
    'PX',
    60_000,
  );
  const { exitCode } = await project.sync(['verify', '--repair']);
  expect(exitCode).toBe(75);
  expect(await project.database.query("SELECT 1 FROM _sync_records WHERE hash = ''")).toEqual([]);
  await redis.client.del(project.lockKey);
});

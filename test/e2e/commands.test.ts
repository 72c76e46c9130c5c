import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, type SyncEvent } from '../helpers/sync.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

test('cronsync status prints how many records are in quarantine', async () => {
  const unfit = { ...aCustomer(3), status: ['of', 'what'] };
  await using project = await aProject({ redis, records: [...customers(2), unfit as never] });
  expect((await project.sync([])).exitCode).toBe(65);
  expect((await project.sync(['status'])).stdout).toContain('complete, 1 rejected');
  const { resources } = (await project.sync(['status', '--json'])).json<{ resources: unknown[] }>();
  expect(resources).toMatchObject([{ resource: 'customers', rejects: 1 }]);
});

describe('cronsync check', () => {
  test('finds nothing wrong, makes no hit and writes nothing', async () => {
    await using project = await aProject({ redis, records: customers(1) });
    const { exitCode, stdout } = await project.sync(['check']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain('table customers  does not exist yet; the first run creates it');
    const { findings } = (await project.sync(['check', '--json'])).json<Findings>();
    expect(findings.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['config', 'adapter', 'redis', 'target', 'table customers']),
    );
    expect(existsSync(project.file)).toBe(false);
    expect(project.party.arrivals).toHaveLength(0);
  });

  test('says which columns the next run adds, and what it cannot repair', async () => {
    await using project = await aProject({ redis, records: customers(1) });
    using database = new DatabaseSync(project.file);
    database.exec('CREATE TABLE customers (id TEXT PRIMARY KEY)');
    const fitting = await project.sync(['check']);
    expect(fitting).toMatchObject({ exitCode: 0 });
    expect(fitting.stdout).toContain('the next run adds email, state, tags, deleted_at');
    database.exec('DROP TABLE customers; CREATE TABLE customers (id TEXT, must TEXT NOT NULL)');
    const unfit = await project.sync(['check', '--json']);
    expect(unfit.exitCode).toBe(78);
    expect(unfit.json<Findings>().findings.filter(({ is }) => is === 'bad')).not.toEqual([]);
    expect((await project.sync([])).exitCode).toBe(78);
    expect(project.party.arrivals).toHaveLength(0);
  });

  test.each([
    ['export default 5;', 'does not export an adapter'],
    ["throw new Error('no luck');", 'does not load: no luck'],
    ["import 'a-missing-package';", 'does not load'],
    ["export default { create() { throw new Error('no key'); } };", 'cannot be made: no key'],
  ])('opens an adapter of your own, as a run would: %s', async (source, problem) => {
    await using project = await aProject({ redis });
    await project.write('own.mjs', source);
    await project.reconfigure((config) => ({ ...config, adapters: { acme: { type: './own.mjs' } } }));
    const { exitCode, stdout } = await project.sync(['check']);
    expect(exitCode).toBe(78);
    expect(stdout).toMatch(/^✗ adapter /m);
    expect(stdout).toContain(problem);
    expect((await project.sync([])).exitCode).toBe(78);
  });

  test('opens a module that signs', async () => {
    await using project = await aProject({ redis });
    await project.write('sign.mjs', 'export default "no function";');
    await project.reconfigure((config) => {
      return {
        ...config,
        adapters: { acme: { ...config.adapters.acme, auth: { type: 'module', module: './sign.mjs' } } },
      };
    });
    const { exitCode, stdout } = await project.sync(['check']);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 78,
      stdout: expect.stringContaining('does not export a function'),
    });
  });

  test('says that a run could not create its file, and prints nothing else with --quiet', async () => {
    await using project = await aProject({ redis });
    await project.reconfigure((config) => ({ ...config, target: { type: 'sqlite', file: './nowhere/sync.db' } }));
    const { exitCode, stdout } = await project.sync(['check', '--quiet']);
    expect(exitCode).toBe(78);
    expect(stdout).toMatch(/^✗ target {2}a run cannot create \S+: the folder \S+nowhere does not exist\. Create it\n$/);
  });
});

describe('cronsync events', () => {
  test('prints the events of the outbox, as many as are asked for', async () => {
    await using project = await aProject({ redis, records: customers(3) });
    await project.sync([]);
    project.serve([aCustomer(1, { status: 'gold' }), aCustomer(2)]);
    await project.sync([]);
    const print = async (...args: string[]) => {
      const { stdout } = await project.sync(['events', '--json', ...args]);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line): SyncEvent => JSON.parse(line));
    };

    expect(await print()).toEqual(project.events());
    expect((await print('--since', '3')).map(({ sequence }) => Number(sequence))).toEqual([4, 5]);
    expect((await print('--type', 'customers.deleted')).map(({ subject }) => subject)).toEqual(['3']);
    expect(await print('--type', 'customers.*')).toHaveLength(5);
    expect((await print('--key', '1')).map(({ type }) => type)).toEqual(['customers.created', 'customers.updated']);
    expect(await print('--since', '2999-01-01T00:00Z')).toEqual([]);
    const { stdout } = await project.sync(['events', '--since', '3']);
    expect(stdout.trim().split('\n')).toEqual([
      expect.stringMatching(/^4 \S+ customers\.updated 1 {2}state: "\w+" → "gold"$/),
      expect.stringMatching(/^5 \S+ customers\.deleted 3 {2}email="\S+" state=/),
    ]);
    expect(await print('--since', '1h')).toHaveLength(5);
    expect(await print('--since', '0s')).toEqual([]);
    expect((await project.sync(['events', '--since', 'lunch'])).exitCode).toBe(64);
  });

  test('prints the events of a large transaction, which SQL can read only if the config says so', async () => {
    await using project = await aProject({ redis, records: customers(9) });
    await project.sync([]);
    await project.reconfigure((config) => ({ ...config, events: { outbox: 'text' } }));
    project.serve(customers(9).map((customer) => ({ ...customer, status: 'gold' })));
    await project.sync([]);
    const kept = project.query('SELECT typeof(events) AS type, last_seq FROM _sync_outbox ORDER BY first_seq');
    expect(kept).toEqual([
      { type: 'blob', last_seq: 9 },
      { type: 'text', last_seq: 18 },
    ]);
    expect((await project.sync(['events', '--json'])).stdout.trim().split('\n')).toHaveLength(18);
  });

  test('where nothing has the wanted type, says which resources and kinds there are', async () => {
    await using project = await aProject({ redis, records: customers(3) });
    await project.sync([]);
    const asking = (...types: string[]) => project.sync(['events', ...types.flatMap((type) => ['--type', type])]);
    expect(await asking('custmers.created')).toMatchObject({
      exitCode: 0,
      stdout: '',
      stderr: 'hint: The config has no events of the type "custmers.created". Did you mean "customers.created"?\n',
    });
    expect((await asking('people.gone')).stderr).toContain('Write one such as "customers.deleted" or "customers.*".');
    expect(await asking('customers.deleted')).toMatchObject({ stdout: '', stderr: '' });
    expect(await asking('nobody.*', 'customers.*')).toMatchObject({ stderr: '' });
  });

  test('--follow goes on as new ones come, until it is stopped', async () => {
    await using project = await aProject({ redis, records: customers(2) });
    const following = project.start(['events', '--follow']);
    await project.sync([]);
    await eventually(() => following.stdout().includes('customers.created 2'));
    project.serve(customers(3));
    await project.sync([]);
    await eventually(() => following.stdout().includes('customers.created 3'));
    following.kill('SIGTERM');
    const { exitCode, stdout } = await following.finished;
    expect(exitCode).toBe(143);
    expect(stdout.trim().split('\n')).toHaveLength(3);
  });
});

describe('cronsync rejects', () => {
  test('lists what could not be taken in, and shows one as it came', async () => {
    const bad = { ...aCustomer(31), contact: { email: { of: 'whom' } } };
    await using project = await aProject({ redis, records: [...customers(30), bad] });
    expect((await project.sync(['rejects', 'list'])).stdout).toBe('no record is in quarantine\n');
    await project.sync([]);
    const list = await project.sync(['rejects', 'list', '--resource', 'customers']);
    expect(list.stdout).toMatch(/ customers 31: email is \{"of":"whom"\}, not a string\n$/);
    const { rejects } = (await project.sync(['rejects', 'list', '--json'])).json<{ rejects: { id: string }[] }>();
    const shown = await project.sync(['rejects', 'show', rejects[0]?.id ?? '']);
    expect(shown.exitCode).toBe(0);
    expect(JSON.parse(shown.stdout.trim().split('\n').at(-1) ?? '')).toEqual(bad);
    const json = (await project.sync(['rejects', 'show', rejects[0]?.id ?? '', '--json'])).json<{ key: string }>();
    expect(json).toMatchObject({ key: '31', resource: 'customers' });
    expect((await project.sync(['rejects', 'show', '999'])).exitCode).toBe(64);

    project.serve(customers(31));
    await project.sync([]);
    expect((await project.sync(['rejects', 'list'])).stdout).toBe('no record is in quarantine\n');
  });
});

describe('cronsync unlock', () => {
  test('removes a lock only after a confirmation, and names the holder before', async () => {
    await using project = await aProject({ redis });
    expect((await project.sync(['unlock', '--yes'])).stdout).toBe('the lock is free; nothing was done\n');
    await redis.client.set(project.lockKey, JSON.stringify(aHolder));
    const asked = await project.sync(['unlock']);
    expect(asked.exitCode).toBe(64);
    expect(asked.stderr).toContain('held by run abc on elsewhere (pid 77)');
    expect(await redis.client.exists(project.lockKey)).toBe(1);

    const { exitCode, json } = await project.sync(['unlock', '--yes', '--json']);
    expect(exitCode).toBe(0);
    expect(json<object>()).toMatchObject({ unlocked: true, holder: { run: 'abc', host: 'elsewhere' } });
    expect(await redis.client.exists(project.lockKey)).toBe(0);
  });
});

describe('cronsync init', () => {
  test('writes a config that cronsync check accepts, and never overwrites one', async () => {
    await using project = await aProject({ redis });
    await project.write('new/readme', '');
    const how = { cwd: join(project.dir, 'new'), env: { REDIS_URL: redis.url, ACME_TOKEN: 'a-token-of-acme' } };
    const { exitCode, stdout } = await project.sync(['init'], how);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('wrote sync.config.json')]);
    expect((await project.sync(['check'], how)).exitCode).toBe(0);

    const again = await project.sync(['init'], how);
    expect([again.exitCode, again.stderr]).toEqual([
      78,
      expect.stringContaining('exists already; nothing was written'),
    ]);
    expect((await project.sync(['init', '--force', '--json'], how)).json<object>()).toMatchObject({
      file: 'sync.config.json',
      resources: [],
      page: null,
    });
  });
});

test('cronsync schema prints the JSON Schema that the package ships', async () => {
  await using project = await aProject({ redis });
  const { exitCode, json } = await project.sync(['schema']);
  expect(exitCode).toBe(0);
  expect(json<object>()).toEqual(JSON.parse(readFileSync(`${root}sync.schema.json`, 'utf8')));
});

interface Findings {
  readonly findings: readonly { readonly what: string; readonly is: string }[];
}

const aHolder = { token: 'x', host: 'elsewhere', pid: 77, run: 'abc', startedAt: '2026-01-01T00:00:00.000Z' };

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { DryPlan } from '../../src/dry-run/dry-run.ts';
import type { ResourcePlan } from '../../src/dry-run/resource-plan.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, eventually, expectInStep, type Project, type Row } from '../helpers/sync.ts';

test('shows every create, update and delete, and writes nothing but the throttle', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve([aCustomer(1, { status: 'gold' }), ...customers(18, 2), aCustomer(99)]);
  const before = await everythingOf(project);
  const { exitCode, stdout, stderr } = await project.sync(['run', '--dry-run']);

  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain('customers  +1 ~1 -1  18 unchanged');
  expect(stdout).toMatch(/~ 1\n +state: "active" → "gold"/);
  expect(stdout).toMatch(/\+ 99 .*email="person99@example.com"/);
  expect(stdout).toMatch(/- 20 .*email="person20@example.com"/);
  expect(stdout).toContain('1 hit, nothing was written');
  expect(await everythingOf(project)).toEqual(before);

  const { counts } = (await project.sync()).json();
  expect(counts).toEqual({ created: 1, updated: 1, deleted: 1 });
});

test('on a target that does not exist shows the plan and makes no file', async () => {
  await using project = await aProject({ redis, records: customers(12) });
  const { exitCode, stdout } = await project.sync(['run', '--dry-run']);

  expect(exitCode).toBe(0);
  expect(stdout).toContain('customers  +12  0 unchanged');
  expect(stdout).toContain('the table customers will be created');
  expect(stdout).toContain('… and 2 more created; --json shows all');
  expect(readdirSync(project.dir)).toEqual(['sync.config.json']);
  expect(await redis.client.keys(`*${project.name}*`)).toEqual([]);
});

test('--detailed-exitcode is 2 where the plan has changes, and 0 where it has none', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  const detailed = ['run', '--dry-run', '--detailed-exitcode'];
  expect((await project.sync(detailed)).exitCode).toBe(2);
  await project.sync();
  const unchanged = await project.sync(detailed);
  expect(unchanged.exitCode).toBe(0);
  expect(unchanged.stdout).toContain('customers  no changes  3 unchanged');
});

test('--json holds the whole plan: every change, with what is before and after it', async () => {
  await using project = await aProject({ redis, records: customers(40), dialect: 'cursor', pageSize: 9 });
  await project.sync();
  const served = [...customers(12).map((customer) => ({ ...customer, status: 'gold' })), ...customers(40, 13)];
  project.serve(served);
  const { exitCode, json } = await project.sync(['run', '--dry-run', '--json']);
  const plan = json<JsonPlan>();

  expect(exitCode).toBe(0);
  expect(plan).toMatchObject({ name: project.name, adapter: 'acme', outcome: 'planned', hits: 6, errors: [] });
  const [resource] = plan.resources;
  expect(resource).toMatchObject({ resource: 'customers', isComplete: true, pages: 6, records: 52, unchanged: 28 });
  expect(resource?.counts).toEqual({ created: 12, updated: 12, deleted: 0 });
  expect(resource?.changes.filter(({ type }) => type === 'created').map(({ key }) => Number(key))).toEqual(
    Array.from({ length: 12 }, (_, at) => 41 + at),
  );
  expect(resource?.changes).toContainEqual({
    type: 'updated',
    key: '5',
    before: { id: '5', email: 'person5@example.com', state: 'active', tags: ['label2'] },
    after: { id: '5', email: 'person5@example.com', state: 'gold', tags: ['label2'] },
    changed: ['state'],
  });
  expect(resource?.changes).toHaveLength(24);
});

test('shows what the guard would hold back, and exits like the run would', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve(customers(10));
  const before = await everythingOf(project);
  const held = await project.sync(['run', '--dry-run']);
  expect(held.exitCode).toBe(3);
  expect(held.stdout).toContain('customers  -10  10 unchanged');
  expect(held.stdout).toContain('the guard would hold the deletions: 10 of 20 rows would be deleted');

  project.party.script({ body: [] });
  const empty = await project.sync(['run', '--dry-run', '--json']);
  expect(empty.exitCode).toBe(3);
  expect(empty.json<JsonPlan>().resources).toMatchObject([{ verdict: { delete: 'held' }, counts: { deleted: 20 } }]);
  expect(await everythingOf(project)).toEqual(before);
});

test('says which records are missing and not deleted yet', async () => {
  await using project = await aProject({ redis, records: customers(20), dialect: 'cursor', pageSize: 6 });
  await project.sync();
  project.serve(customers(19));
  const first = await project.sync(['run', '--dry-run']);
  expect(first.stdout).toContain('1 record missing, and deleted only if the next pass misses them too');
  await project.sync();
  const second = await project.sync(['run', '--dry-run']);
  expect(second.stdout).toContain('customers  -1  19 unchanged');
});

test('shows the records that would be rejected, and why', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  const { id, ...nameless } = aCustomer(8);
  project.serve([...customers(19, 2), { ...aCustomer(1), contact: { email: ['a'] } }, nameless]);
  const { stdout, exitCode } = await project.sync(['run', '--dry-run']);

  expect(exitCode).toBe(65);
  expect(stdout).toContain('2 records would be rejected');
  expect(stdout).toMatch(/1: email is \["a"\], not a string/);
  expect(stdout).toMatch(/\(no key\): id is missing, and it is the key/);
});

test('where slots do not come in time the plan is partial: deletes are unknown', async () => {
  const throttle = { per: '1h', wait: '0s' };
  await using project = await aProject({ redis, records: customers(6), dialect: 'cursor', pageSize: 2, throttle });
  const partial = await project.sync(['run', '--dry-run']);

  expect(partial.exitCode).toBe(0);
  expect(partial.stdout).toContain('customers  +2');
  expect(partial.stdout).toContain('only 1 page could be read: deletions are unknown');
  expect(partial.stdout).toMatch(/no slot was free in time; the next one frees in 1h/);
  const again = (await project.sync(['run', '--dry-run', '--json'])).json<JsonPlan>();
  expect(again).toMatchObject({ outcome: 'partial', hits: 0, resources: [{ isComplete: false, verdict: null }] });
  expect(again.nextSlotInMs).toBeGreaterThan(0);
  expect(project.party.arrivals).toHaveLength(1);
});

test('an answer that was saved gives the same plan again without a hit, and then the same run', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await project.sync();
  project.serve([aCustomer(1, { status: 'gold' }), ...customers(3, 2), aCustomer(9)]);
  const saved = await project.sync(['run', '--dry-run', '--json', '--save', 'answer']);
  expect(existsSync(join(project.dir, 'answer'))).toBe(true);
  const hits = project.party.arrivals.length;
  const replayed = await project.sync(['run', '--dry-run', '--json', '--from', 'answer']);

  expect(replayed.json<JsonPlan>().resources).toEqual(saved.json<JsonPlan>().resources);
  expect(replayed.json<JsonPlan>()).toMatchObject({ hits: 0 });
  expect((await project.sync(['run', '--json', '--from', 'answer'])).json()).toMatchObject({
    hits: 0,
    counts: { created: 1, updated: 1, deleted: 1 },
  });
  expect(project.party.arrivals).toHaveLength(hits);
  await expectInStep(project);
});

test('the pages of a pass are saved one beside the other, and read again in the same order', async () => {
  await using project = await aProject({ redis, records: customers(5), dialect: 'link', pageSize: 2 });
  const saved = await project.sync(['run', '--dry-run', '--json', '--save', 'page']);
  expect(readdirSync(project.dir).toSorted()).toEqual(['page', 'page.2', 'page.3', 'sync.config.json']);
  const replayed = await project.sync(['run', '--dry-run', '--json', '--from', 'page']);

  expect(replayed).toMatchObject({ exitCode: 0, stderr: '' });
  expect(replayed.json<JsonPlan>().resources).toEqual(saved.json<JsonPlan>().resources);
  expect(project.party.arrivals).toHaveLength(3);
});

test('holds no run back: one that starts meanwhile does its work', async () => {
  const throttle = { hits: 2, per: '1ms' };
  await using project = await aProject({ redis, records: customers(5), throttle });
  await project.sync();
  const answer = Promise.withResolvers<void>();
  project.party.script({ until: answer.promise, body: project.records });
  const planning = project.start(['run', '--dry-run', '--json']);
  await eventually(() => project.party.arrivals.length === 2);
  expect(await redis.client.exists(project.lockKey)).toBe(0);

  project.serve(customers(7));
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', counts: { created: 2 } });
  answer.resolve();
  expect(await planning.finished).toMatchObject({ exitCode: 0, stderr: '' });
  await expectInStep(project);
});

type JsonPlan = Omit<DryPlan, 'resources'> & {
  readonly resources: readonly (ResourcePlan & { readonly changes: readonly JsonChange[] })[];
};

interface JsonChange {
  readonly type: string;
  readonly key: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

/** Every row of every table and every key of Redis, but the throttle's. */
async function everythingOf(project: Project) {
  const tables = project
    .query("SELECT name, sql FROM sqlite_master WHERE name <> '_sync_throttle' ORDER BY name")
    .map(({ name, sql }) => ({ name, sql, rows: isTable(sql) ? project.query(`SELECT * FROM "${name}"`) : [] }));
  const keys = (await redis.client.keys('*')).filter((key) => !key.startsWith('{sync-throttle:')).toSorted();
  const values = await Promise.all(
    keys.map(async (key) => [key, (await redis.client.dumpBuffer(key))?.toString('hex')]),
  );
  return { tables, values };
}

function isTable(sql: unknown): boolean {
  return String(sql).startsWith('CREATE TABLE');
}

import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import {
  aCustomer,
  aProject,
  type BaseConfig,
  customers,
  eventually,
  expectInStep,
  type Project,
} from '../helpers/sync.ts';
import type { Arrival, Scripted } from '../helpers/third-party.ts';

/** Answers as a server that names the state of its collection. */
function tagged(project: Project, etag: string) {
  return ({ headers }: Arrival): Scripted =>
    headers['if-none-match'] === etag
      ? { status: 304, headers: { etag } }
      : { headers: { etag }, body: [...project.records] };
}

const conditions = (project: Project) => project.party.arrivals.map(({ headers }) => headers['if-none-match']);

test('304 costs a hit and nothing else: no row, no event, no delete, and the pass is complete', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  project.party.script(tagged(project, '"1"'), tagged(project, '"1"'), tagged(project, '"1"'));
  await project.sync();
  const before = project.query('SELECT * FROM _sync_records');

  const second = (await project.sync()).json();
  expect(second).toMatchObject({ outcome: 'done', exitCode: 0, hits: 1, pages: 1, records: 0 });
  expect(second).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 }, warnings: [] });
  expect(second.resources).toMatchObject([{ pass: 2, phase: 'done' }]);
  await project.sync();
  expect(conditions(project)).toEqual([undefined, '"1"', '"1"']);
  expect(project.query('SELECT * FROM _sync_records')).toEqual(before);
  expect(project.events()).toHaveLength(20);
  await expectInStep(project);
});

test('another answer is taken in whole, deletes too', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  project.party.script(tagged(project, '"1"'), tagged(project, '"2"'), tagged(project, '"2"'));
  await project.sync();
  project.serve([aCustomer(1, { status: 'gone' }), ...customers(18, 2)]);
  expect((await project.sync()).json()).toMatchObject({ counts: { created: 0, updated: 1, deleted: 1 } });
  expect((await project.sync()).json()).toMatchObject({ records: 0, counts: { deleted: 0 } });
  expect(conditions(project)).toEqual([undefined, '"1"', '"2"']);
  await expectInStep(project);
});

test('nothing is asked on condition after rejects, after held deletes, with --full, in a dry run, or in another shape', async () => {
  await using project = await aProject({ redis, records: [...customers(20), { id: '21', contact: { email: [1] } }] });
  const always = (etag: string) => Array.from({ length: 20 }, () => tagged(project, etag));
  project.party.script(...always('"1"'));
  await project.sync();
  await project.sync();
  project.serve(customers(20));
  await project.sync();
  await project.sync(['run', '--json', '--dry-run']);
  await project.sync(['run', '--json', '--full']);
  expect(conditions(project)).toEqual(Array(5).fill(undefined));

  await project.reconfigure(withLimit);
  expect((await project.sync()).json()).toMatchObject({ records: 20 });
  expect(conditions(project).at(-1)).toBeUndefined();
  expect((await project.sync()).json()).toMatchObject({ records: 0 });
  expect(conditions(project).at(-1)).toBe('"1"');
});

test('held deletes are asked for again until they are confirmed', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve(customers(5));
  project.party.script(tagged(project, '"2"'), tagged(project, '"2"'));
  expect((await project.sync()).exitCode).toBe(3);
  expect((await project.sync()).exitCode).toBe(3);
  expect(conditions(project)).toEqual([undefined, undefined, undefined]);
});

test('of several pages none is asked for on condition', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'link', pageSize: 3 });
  const withTag = (next: string | null): Scripted => ({
    headers: { etag: '"p"', ...(next !== null && { link: `<${next}>; rel="next"` }) },
    body: next === null ? customers(3, 4) : customers(3),
  });
  project.party.script(withTag('/customers?cursor=3'), withTag(null), withTag('/customers?cursor=3'), withTag(null));
  await project.sync();
  expect((await project.sync()).json()).toMatchObject({ pages: 2, records: 6 });
  expect(conditions(project)).toEqual(Array(4).fill(undefined));
});

test('a run that dies in the middle of a page forgets what it knew the last one by', async () => {
  await using project = await aProject({ redis, records: customers(3000), ttl: '2s' });
  project.party.script(tagged(project, '"1"'), tagged(project, '"2"'), tagged(project, '"1"'));
  await project.sync();
  project.serve(customers(3000).map((customer) => ({ ...customer, status: 'other' })));
  await project.sync(undefined, { env: { SYNC_CRASH_AT: 'committed' } });
  expect(project.events('customers.updated').length).toBeGreaterThan(0);

  project.serve(customers(3000));
  await eventually(async () => (await project.sync()).exitCode === 0);
  expect(conditions(project)).toEqual([undefined, '"1"', undefined]);
  await expectInStep(project);
});

function withLimit(config: BaseConfig): object {
  const { acme } = config.adapters;
  const resources = { customers: { ...acme.resources.customers, query: { limit: 500 } } };
  return { ...config, adapters: { acme: { ...acme, resources } } };
}

test('an answer that is to be kept is asked for without a condition, and can be read again', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  project.party.script(tagged(project, '"1"'), tagged(project, '"1"'));
  await project.sync();
  const saved = await project.sync(['run', '--json', '--save', 'recorded/page.http']);
  expect(saved.json()).toMatchObject({ exitCode: 0, hits: 1, records: 5 });
  const { exitCode, stdout } = await project.sync(['run', '--json', '--from', 'recorded/page.http']);
  expect(JSON.parse(stdout)).toMatchObject({ exitCode, hits: 0, records: 5, counts: { updated: 0, deleted: 0 } });
});

test('where no answer can be saved, no hit is made', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await project.write('a-file', '');
  const { exitCode, stderr } = await project.sync(['run', '--save', 'a-file/page.http']);
  expect({ exitCode, arrivals: project.party.arrivals }).toEqual({ exitCode: 64, arrivals: [] });
  expect(stderr).toContain(`answers cannot be saved in ${project.dir}/a-file`);
});

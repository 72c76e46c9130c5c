import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aCustomer, aProject, customers, type Project } from '../helpers/sync.ts';

let modules = 0;

/** Gives the resource a transform, in a module that this process has not loaded before. */
async function transformBy(project: Project, transform: string): Promise<string> {
  modules += 1;
  const name = `./fix-${modules}.ts`;
  await project.write(name, `export default ${transform}`);
  await project.reconfigure((config) => {
    const { acme } = config.adapters;
    const resources = { customers: { ...acme.resources.customers, transform: name } };
    return { ...config, adapters: { acme: { ...acme, resources } } };
  });
  return name;
}

const idsOf = async (project: Project) =>
  (await project.database.query('SELECT id FROM customers WHERE deleted_at IS NULL ORDER BY id')).map(({ id }) => id);

test('what a transform leaves out is neither made nor deleted, and what the third party drops is', async () => {
  await using project = await aProject({ redis, records: [...customers(5), aCustomer(9)] });
  await transformBy(project, "(r: { id: string }) => (r.id === '9' ? undefined : r)");
  expect((await project.sync()).json()).toMatchObject({ records: 6, counts: { created: 5 }, rejected: 0 });

  await transformBy(project, '(r: { id: string }) => (Number(r.id) > 4 ? undefined : r)');
  project.serve([...customers(5).slice(1), aCustomer(9)]);
  const plan = await project.sync(['run', '--dry-run', '--log-level', 'info']);
  expect(plan.stderr).toContain('the transform of customers left out 2 records of this page');
  const run = await project.sync(['run', '--json', '--log-level', 'info']);
  expect(run.stderr).toContain('the transform of customers left out 2 records of this page');
  expect(run.json()).toMatchObject({ counts: { created: 0, updated: 0, deleted: 1 }, rejected: 0 });
  expect(await idsOf(project)).toEqual(['2', '3', '4', '5']);
  expect((await project.sync(['rejects', 'list', '--json'])).json()).toMatchObject({ rejects: [] });
});

test('pages of which all is left out do not look like one page that repeats', async () => {
  await using project = await aProject({ redis, records: customers(6), dialect: 'page', pageSize: 2 });
  await transformBy(project, '() => undefined');
  expect((await project.sync()).json()).toMatchObject({ outcome: 'done', records: 6, rejected: 0 });
});

test('a record that is left out without a key might be any row, so nothing is deleted', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  await project.sync();
  await transformBy(project, '(r: { id?: string }) => (r.id ? r : undefined)');
  project.serve([...customers(5).slice(1), { status: 'new' }]);
  const run = await project.sync();
  expect(run.json()).toMatchObject({ counts: { deleted: 0 } });
  expect(await idsOf(project)).toHaveLength(5);
});

test('one that fails rejects its record, and one that is not a function is found by check and by a run', async () => {
  await using project = await aProject({ redis, records: customers(5) });
  const odd = "(r: { id: string }) => { if (r.id === '3') throw new Error('too odd'); return r; }";
  const name = await transformBy(project, odd);
  expect(await project.sync()).toMatchObject({ exitCode: 65 });
  expect((await project.sync(['rejects', 'list'])).stdout).toContain('the transform failed: too odd');
  expect((await project.sync(['check'])).stdout).toContain(`✓ transform customers  ${join(project.dir, name)}\n`);

  await transformBy(project, '42');
  const message = expect.stringMatching(/fix-\d+\.ts does not export a function; no hit was made/);
  expect(await project.sync(['check'])).toMatchObject({ exitCode: 78, stdout: message });
  const hits = project.party.arrivals.length;
  expect(await project.sync()).toMatchObject({ exitCode: 78, stdout: message });
  expect(project.party.arrivals).toHaveLength(hits);
});

import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, eventually, type Project } from '../helpers/sync.ts';

function expecting(expectations: object) {
  return ({ resources, ...config }: BaseConfig) => ({
    ...config,
    resources: { customers: { ...resources.customers, expect: expectations } },
  });
}

async function problemsOf(project: Project): Promise<string[]> {
  const { stdout } = await project.sync(['status', '--json']);
  const { verdict, problems } = JSON.parse(stdout);
  return [verdict.is, ...problems.map(({ id, resource }: Record<string, string>) => `${id} ${resource}`)];
}

async function warningsOf(project: Project): Promise<readonly string[]> {
  const { exitCode, json } = await project.sync();
  expect(exitCode).toBe(0);
  return json().warnings;
}

test('nothing that changes for too long is a warning of each pass, until something changes; the exit code is 0', async () => {
  const config = expecting({ changeWithin: '2s' });
  await using project = await aProject({ redis, records: customers(3), config });
  expect(await warningsOf(project)).toEqual([]);
  let warnings: readonly string[] = [];
  await eventually(async () => {
    warnings = await warningsOf(project);
    return warnings.length > 0;
  });
  expect(warnings).toEqual([
    expect.stringMatching(/^nothing of customers has changed for \ds; "expect.changeWithin" is 2s$/),
  ]);

  expect(await problemsOf(project)).toEqual(['doubtful', 'nothing-changes customers']);
  project.serve(customers(2));
  expect((await project.sync()).json()).toMatchObject({ counts: { deleted: 1 }, warnings: [] });
});

test('a snapshot with fewer or more records than expected is a warning, and its rows are written', async () => {
  const config = expecting({ records: { min: 3, max: 5 } });
  await using project = await aProject({ redis, records: customers(2), config });
  expect(await warningsOf(project)).toEqual([
    'the last snapshot of customers brought 2 records; "expect.records.min" is 3',
  ]);
  expect(await problemsOf(project)).toEqual(['doubtful', 'too-few-records customers']);
  project.serve(customers(6));
  const { counts, warnings } = (await project.sync()).json();
  expect(counts.created).toBe(4);
  expect(warnings).toEqual(['the last snapshot of customers brought 6 records; "expect.records.max" is 5']);
  project.serve(customers(5));
  expect(await warningsOf(project)).toEqual([]);
  expect(await problemsOf(project)).toEqual(['in-step']);
});

test('an expression that finds nothing any more is a problem until it finds something', async () => {
  await using project = await aProject({ redis, records: customers(8) });
  await project.sync();
  project.serve(customers(8).map(({ contact: _, ...rest }) => rest));
  await project.sync();
  await project.sync();
  expect(await problemsOf(project)).toContain('expression-finds-nothing customers');
  project.serve(customers(8));
  await project.sync();
  expect(await problemsOf(project)).not.toContain('expression-finds-nothing customers');
});

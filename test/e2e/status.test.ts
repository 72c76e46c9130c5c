import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Problem } from '../../src/verdict/problem.ts';
import { faultsOf } from '../docs/a-validator.ts';
import { freePort } from '../helpers/free-port.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type Project } from '../helpers/sync.ts';

interface Status {
  readonly verdict: { readonly is: string; readonly sentence: string };
  readonly problems: readonly Problem[];
  readonly [member: string]: unknown;
}

/** The document of `status --json`, which fits its schema whatever is away. */
async function statusOf(project: Project, exitCode = 0): Promise<Status> {
  const ended = await project.sync(['status', '--json']);
  expect([ended.exitCode, ended.stderr]).toEqual([exitCode, '']);
  const status = ended.json<Status>();
  expect(faultsOf('status', status)).toEqual([]);
  return status;
}

/** The project with stores that nobody serves. */
async function without(project: Project, ...stores: readonly ('redis' | 'database')[]): Promise<void> {
  const port = await freePort();
  await project.reconfigure((config) => ({
    ...config,
    ...(stores.includes('redis') && { redis: { url: `redis://127.0.0.1:${port}` } }),
    ...(stores.includes('database') && { target: { type: 'postgres', url: `postgres://127.0.0.1:${port}/none` } }),
  }));
}

const idsOf = ({ problems }: Status) => problems.map(({ id }) => id);

test('says that no run was ever, and makes no file', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  expect(await statusOf(project)).toMatchObject({ verdict: { is: 'never-ran' }, problems: [], runs: [], lease: null });
  const { stdout } = await project.sync(['status']);
  expect(stdout).toContain('NEVER RAN');
  expect(stdout).toContain('runs   none yet');
  expect(existsSync(project.file)).toBe(false);
});

describe.each(['sqlite', 'postgres'] as const)('on %s', (target) => {
  test('goes from a first load to in step, and shows what each rests on', async () => {
    await using project = await aProject({
      ...{ redis, target, records: customers(3), dialect: 'cursor', pageSize: 2 },
      config: (config) => ({ ...config, listeners: { show: { type: 'log', on: ['*'], from: 'beginning' } } }),
    });
    await project.sync(['run', '--max-pages', '1']);
    expect(await statusOf(project)).toMatchObject({
      adapter: 'acme',
      verdict: { is: 'catching-up' },
      problems: [],
      redis: { is: 'known', version: expect.stringMatching(/^(Redis|Valkey) \d/) },
      database: { is: 'known', version: expect.stringMatching(target === 'sqlite' ? /^SQLite 3/ : /^Postgres 1\d/) },
      lock: null,
      waiting: 0,
      resources: [{ resource: 'customers', live: 2, checkpoint: { pass: 1, phase: 'walking' }, pace: { pages: 1 } }],
      listeners: [{ listener: 'show', daemons: 0, lag: 2, oldest: expect.any(String) }],
      runs: [{ outcome: 'partial', exitCode: 0 }],
    });
    await project.sync(['run']);
    const { verdict } = await statusOf(project);
    expect(verdict).toMatchObject({ is: 'in-step', sentence: expect.stringMatching(/^In step\. Last complete pass/) });
    const { stdout } = await project.sync(['status']);
    expect(stdout).toMatch(/^crm-\S+ {2}IN STEP .* acme → /);
    expect(stdout).toMatch(/customers {5}1 {2}complete {5}3/);
  });
});

test('while Redis is away, says so and shows what the database knows', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await project.sync();
  await without(project, 'redis');
  const status = await statusOf(project, 69);
  expect(status).toMatchObject({
    verdict: { is: 'unknown', sentence: expect.stringMatching(/^Redis does not answer\. Your rows are as of/) },
    problems: [{ id: 'redis-away', severity: 'act', next: 'cronsync check' }],
    redis: { is: 'unknown', because: expect.stringContaining('ECONNREFUSED') },
    resources: [{ live: 3 }],
    stream: null,
    waiting: null,
    runs: [{ outcome: 'done' }],
  });
  const { stdout } = await project.sync(['status']);
  expect(stdout).toMatch(/^slot {3}\? Redis at/m);
  expect(stdout).toMatch(/customers .* complete .* 3 /);
});

test('while the database is away, says so and shows what Redis knows', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await project.sync();
  await without(project, 'database');
  const status = await statusOf(project, 69);
  expect(status).toMatchObject({
    verdict: { is: 'unknown', sentence: 'The database does not answer. Rows and runs are unknown.' },
    problems: [{ id: 'database-away', next: 'cronsync check' }],
    redis: { is: 'known' },
    stream: { length: 3 },
    resources: [],
  });
  expect((await project.sync(['status'])).stdout).toMatch(/^runs {3}\? the target/m);
});

test('while both are away, says so in one problem', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  await without(project, 'redis', 'database');
  const status = await statusOf(project, 69);
  expect(status.verdict.sentence).toBe(
    'Neither Redis nor the database answers. Rows, runs and deliveries are unknown.',
  );
  expect(idsOf(status)).toEqual(['stores-away']);
  const { stdout } = await project.sync(['status']);
  expect(stdout).toMatch(/^slot {3}\? .*\nruns {3}\? /m);
});

test('--max-age exits with 4 when the data is older, or its age is not known', async () => {
  await using project = await aProject({ redis, records: customers(3) });
  const codeOf = async (age: string) => (await project.sync(['status', '--quiet', '--max-age', age])).exitCode;
  expect(await codeOf('1d')).toBe(4);
  await project.sync();
  expect(await codeOf('1d')).toBe(0);
  expect(await codeOf('1ms')).toBe(4);
  await without(project, 'redis');
  expect(await codeOf('1d')).toBe(0);
  await without(project, 'database');
  expect(await codeOf('1d')).toBe(4);
});

import { afterAll, beforeAll, expect, test } from 'vitest';
import { documents } from '../../scripts/json-page/documents.ts';
import { faultsOf } from '../docs/a-validator.ts';
import { aRedis, type RedisServer } from '../helpers/redis.ts';
import { aCustomer, aProject, customers, type Project } from '../helpers/sync.ts';

let redis: RedisServer;
beforeAll(async () => {
  redis = await aRedis();
});
afterAll(() => redis.stop());

/** Runs a command with `--json`; expects its exit code, and that every line of its output fits the schema. */
async function documentsOf<T>(project: Project, schema: string, args: readonly string[], exitCode = 0): Promise<T[]> {
  const ended = await project.sync([...args, '--json']);
  expect([ended.exitCode, args, ended.stderr]).toEqual([exitCode, args, expect.any(String)]);
  const lines = ended.stdout.split('\n').filter(Boolean);
  const printed: T[] = schema === 'event' ? lines.map((line) => JSON.parse(line)) : [ended.json<T>()];
  expect(printed.length).toBeGreaterThan(0);
  expect([args, printed.flatMap((document) => faultsOf(schema, document))]).toEqual([args, []]);
  return printed;
}

async function documentOf<T = object>(
  project: Project,
  schema: string,
  args: readonly string[],
  exitCode = 0,
): Promise<T> {
  const [document] = await documentsOf<T>(project, schema, args, exitCode);
  if (document === undefined) throw new Error('expected a document');
  return document;
}

const unfit = { ...aCustomer(9), status: ['of', 'what'] };
const toLab = ['swap', '--to', 'lab', '--dry-run'];

/** With a second adapter at the same third party, and a listener whose program refuses every event. */
async function aWholeProject(records: readonly object[]): Promise<Project> {
  return aProject({
    redis,
    records,
    config: (config) => ({
      ...config,
      adapters: { ...config.adapters, lab: config.adapters.acme },
      resources: { customers: { ...config.resources.customers, rejects: '50%', guard: { maxDeletes: 1 } } },
      listeners: {
        audit: { on: ['*'], from: 'beginning', type: 'exec', command: [process.execPath, '-e', 'process.exit(65)'] },
        show: { on: ['*'], from: 'beginning', type: 'log' },
      },
    }),
  });
}

test.each(['sqlite', 'postgres'] as const)('runs, plans and the status fit their schemas, on %s', async (target) => {
  await using project = await aProject({ redis, target, records: customers(3) });
  await documentOf(project, 'status', ['status']);
  await documentOf(project, 'check', ['check']);
  await documentOf(project, 'dry-run', ['run', '--dry-run']);
  await documentOf(project, 'run', ['run']);
  await documentOf(project, 'run', ['run', '--max-pages', '1']);
  await documentOf(project, 'status', ['status']);
  project.serve([aCustomer(1, { status: 'gold' }), ...customers(2, 2), aCustomer(4)]);
  await documentOf(project, 'dry-run', ['run', '--dry-run']);
  await documentOf(project, 'run', ['run']);
  await documentsOf(project, 'event', ['events']);
});

test('plans of a swap, rejects and what is held fit their schemas', async () => {
  await using project = await aWholeProject([...customers(5), unfit]);
  await documentOf(project, 'swap', toLab);
  await documentOf(project, 'run', ['run']);
  const { rejects } = await documentOf<{ rejects: { id: string }[] }>(project, 'rejects-list', ['rejects', 'list']);
  await documentOf(project, 'rejects-show', ['rejects', 'show', rejects[0]?.id ?? '']);
  await documentOf(project, 'swap', toLab);

  project.serve(customers(2));
  await documentOf(project, 'dry-run', ['run', '--dry-run'], 3);
  await documentOf(project, 'run', ['run'], 3);
  await documentOf(project, 'status', ['status']);
  await documentOf(project, 'swap', toLab, 3);
  await documentOf(project, 'approve', ['approve', '--deletes', '3']);
});

test('what the throttle, the third party and a wrong config stop fits the schemas', async () => {
  await using project = await aProject({ redis, records: customers(2), throttle: { per: '60s', wait: '0s' } });
  project.party.script({ status: 500 });
  await documentOf(project, 'run', ['run'], 69);
  await documentOf(project, 'status', ['status']);
  await documentOf(project, 'dry-run', ['run', '--dry-run']);
  await documentOf(project, 'run', ['run'], 69);
  await project.reconfigure((config) => ({ ...config, adapter: 'nobody' }));
  await documentOf(project, 'failure', ['run'], 78);
  await documentOf(project, 'failure', ['check'], 78);
});

test('a daemon, its dead letters and what repairs the stores fit their schemas', async () => {
  await using project = await aWholeProject(customers(2));
  await documentOf(project, 'run', ['run']);
  const drained = await project.sync(['listen', '--drain', '--json']);
  const lines = drained.stdout
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines.slice(0, 2).flatMap((line) => faultsOf('event', line))).toEqual([]);
  expect(faultsOf('listen', lines.at(-1))).toEqual([]);

  await documentOf(project, 'status', ['status']);
  const listed = await documentOf<{ deadLetters: { id: string }[] }>(project, 'dead-list', ['dead', 'list']);
  const [first, second] = listed.deadLetters.map(({ id }) => id);
  await documentOf(project, 'dead-show', ['dead', 'show', first ?? '']);
  await documentOf(project, 'dead-replay', ['dead', 'replay', first ?? ''], 69);
  await documentOf(project, 'dead-drop', ['dead', 'drop', first ?? '', second ?? '']);
  const rewind = ['listener', 'rewind', 'audit', '--to', '0', '--yes'];
  await documentOf(project, 'listener-rewind', rewind);
  await documentOf(project, 'outbox-rebase', ['outbox', 'rebase', '--yes']);
  await documentOf(project, 'listener-drop', ['listener', 'drop', 'audit', '--yes']);
  await documentOf(project, 'activity', ['activity']);
  await documentOf(project, 'pause', ['pause', '--for', '1h']);
  await documentOf(project, 'run', ['run']);
  await documentOf(project, 'resume', ['resume']);
  await documentOf(project, 'rename', ['rename', project.name, 'sales', '--yes']);
  await documentOf(project, 'forget', ['forget', 'sales', '--yes']);
});

test('a lock that is held, and its removal, fit their schemas', async () => {
  await using project = await aProject({ redis });
  await documentOf(project, 'unlock', ['unlock', '--yes']);
  const holder = { token: 'x', host: 'elsewhere', pid: 77, run: 'abc', startedAt: '2026-01-01T00:00:00.000Z' };
  await redis.client.set(project.lockKey, JSON.stringify(holder), 'PX', 60_000);
  await documentOf(project, 'failure', ['run'], 75);
  await documentOf(project, 'status', ['status']);
  await documentOf(project, 'unlock', ['unlock', '--yes']);
  await redis.client.set(project.lockKey, 'by hand');
  await documentOf(project, 'status', ['status']);
  await documentOf(project, 'unlock', ['unlock', '--yes']);
  await documentOf(project, 'init', ['init', '--force']);
});

test('every command has a document', async () => {
  await using project = await aProject({ redis });
  const commandsOf = async (words: readonly string[]): Promise<string[]> => {
    const { stdout } = await project.sync([...words, '--help']);
    const [, list = ''] = /^Commands:\n((?: {2}.*\n)*)/m.exec(stdout) ?? [];
    const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = '']) => [...words, name]);
    if (names.length === 0) return [words.join(' ')];
    return (await Promise.all(names.map(commandsOf))).flat();
  };
  const documented = documents.map(({ command }) => command.replace(/^cronsync /, '').replace(/ (--|[A-Z]).*$/, ''));
  // `schema` prints the config's own JSON Schema, and `web` answers browsers.
  const others = ['completion', 'schema', 'web'];
  const expected = (await commandsOf([])).filter((name) => !others.includes(name) && !name.endsWith(' help'));
  expect([...new Set(documented)].filter((command) => command !== 'any command with').toSorted()).toEqual(
    expected.toSorted(),
  );
});

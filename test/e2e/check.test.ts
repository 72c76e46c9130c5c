import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { widthOf } from '../../src/cli/output/width.ts';
import { freePort } from '../helpers/free-port.ts';
import { onPseudoTerminal } from '../helpers/pseudo-terminal.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, customers, type Project } from '../helpers/sync.ts';

interface Finding {
  readonly what: string;
  readonly is: string;
  readonly detail: string;
}

async function findingsOf(project: Project, exitCode: number): Promise<readonly Finding[]> {
  const ended = await project.sync(['check', '--json']);
  expect([ended.exitCode, ended.stderr]).toEqual([exitCode, '']);
  return ended.json<{ findings: Finding[] }>().findings;
}

const about = (findings: readonly Finding[], what: string) => findings.find((finding) => finding.what === what);

test('looks at each store on its own: one that is away hides nothing of the other', async () => {
  await using project = await aProject({ redis, records: customers(1) });
  const port = await freePort();
  const awayRedis = { redis: { url: `redis://127.0.0.1:${port}` } };
  const awayDatabase = { target: { type: 'postgres', url: `postgres://127.0.0.1:${port}/none` } } as const;

  await project.reconfigure((config) => ({ ...config, ...awayRedis }));
  const withoutRedis = await findingsOf(project, 69);
  expect(about(withoutRedis, 'redis')).toMatchObject({ is: 'bad', detail: expect.stringContaining('ECONNREFUSED') });
  expect(about(withoutRedis, 'target')).toMatchObject({
    is: 'good',
    detail: expect.stringMatching(/\(SQLite 3\S+\)$/),
  });
  expect(about(withoutRedis, 'table customers')).toMatchObject({ is: 'note' });

  await project.reconfigure((config) => ({ ...config, ...awayDatabase }));
  const withoutDatabase = await findingsOf(project, 69);
  expect(about(withoutDatabase, 'redis')).toMatchObject({
    is: 'good',
    detail: expect.stringMatching(/\((Redis|Valkey) /),
  });
  expect(about(withoutDatabase, 'target')).toMatchObject({ is: 'bad' });

  await project.reconfigure((config) => ({ ...config, ...awayRedis, ...awayDatabase }));
  const withoutBoth = await findingsOf(project, 69);
  expect(withoutBoth.filter(({ is }) => is === 'bad').map(({ what }) => what)).toEqual(['redis', 'target']);
  expect(about(withoutBoth, 'adapter')).toMatchObject({ is: 'good' });
});

test('breaks its lines between words on a terminal', async () => {
  await using project = await aProject({ redis, records: customers(1), ttl: '30s' });
  const url = `redis://127.0.0.1:${await freePort()}`;
  await project.reconfigure((config) => ({ ...config, redis: { url } }));
  const { written } = await onPseudoTerminal(project.dir, ['check'], []);
  const lines = stripVTControlCharacters(written).trimEnd().split(/\r?\n/);
  const at = lines.findIndex((line) => line.startsWith('✗ redis  '));
  expect(lines[at + 1]).toMatch(/^ {2}\S/);
  expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(80);
});

test('names each expression that does not compile, with its path', async () => {
  await using project = await aProject({
    redis,
    config: (config) => ({
      ...config,
      adapters: {
        acme: {
          ...config.adapters.acme,
          resources: {
            customers: {
              ...config.adapters.acme.resources.customers,
              records: 'data[',
              map: { id: 'id', email: 'a..b', state: 'c' },
            },
          },
        },
      },
    }),
  });
  const findings = await findingsOf(project, 78);
  const at = 'adapters.acme.resources.customers';
  expect(findings.filter(({ what }) => what.startsWith('expression '))).toMatchObject([
    { what: `expression ${at}.map.email`, is: 'bad', detail: expect.stringContaining('a..b') },
    { what: `expression ${at}.records`, is: 'bad', detail: expect.stringContaining('data[') },
  ]);
});

test('opens each listener as the daemon would', async () => {
  await using project = await aProject({
    redis,
    config: (config) => ({
      ...config,
      listeners: {
        good: { type: 'exec', on: ['*'], from: 'now', command: [process.execPath] },
        gone: { type: 'exec', on: ['*'], from: 'now', command: ['./no-such-program'] },
        broken: { type: 'module', on: ['*'], from: 'now', module: './broken.mjs' },
        inside: { type: 'webhook', on: ['*'], from: 'now', url: 'http://127.0.0.1:1/hook' },
        local: { type: 'webhook', on: ['*'], from: 'now', url: 'http://localhost:1/hook' },
        open: { type: 'webhook', on: ['*'], from: 'now', url: 'http://localhost:1/hook', allowPrivate: true },
        nowhere: { type: 'webhook', on: ['*'], from: 'now', url: 'https://hooks.invalid/hook' },
      },
    }),
  });
  await project.write('broken.mjs', "throw new Error('no luck');");
  const findings = await findingsOf(project, 78);
  const found = Object.fromEntries(findings.map(({ what, is, detail }) => [what, [is, detail]]));
  expect(found).toMatchObject({
    'listener good': ['good', expect.stringContaining(process.execPath)],
    'listener gone': ['bad', expect.stringContaining('no-such-program')],
    'listener broken': ['bad', expect.stringContaining('no luck')],
    'listener inside': ['bad', expect.stringContaining('private, loopback')],
    'listener local': ['bad', expect.stringContaining('allowPrivate')],
    'listener open': ['good', 'posts to localhost'],
    'listener nowhere': ['bad', expect.stringMatching(/^hooks\.invalid does not resolve/)],
  });
});

test('lists the standing problems as notes: the config is right all the same', async () => {
  await using project = await aProject({ redis, records: customers(20) });
  await project.sync();
  project.serve(customers(5));
  expect((await project.sync()).exitCode).toBe(3);
  expect(about(await findingsOf(project, 0), 'deletions-held')).toMatchObject({
    is: 'note',
    detail: expect.stringMatching(
      /^15 deletions of customers have been held back.*"cronsync run --allow-mass-delete=15@[0-9a-f]{4}"$/,
    ),
  });
});

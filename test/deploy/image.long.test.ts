import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempDisposableSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, root } from '../helpers/child.ts';
import { type Image, replay } from '../helpers/dockerfile.ts';
import { freePort } from '../helpers/free-port.ts';
import { redis } from '../helpers/suite-redis.ts';
import { packTarball, quietNpm } from '../helpers/tarball.ts';

// The image, made instruction by instruction from `deploy/Dockerfile` in trees of Debian, and what a container would run in it: as
// its user, with a read-only root.

const data = '/var/lib/cronsync';
const open = new AsyncDisposableStack();
let image: Image;

beforeAll(async () => {
  using tarball = packTarball();
  using project = mkdtempDisposableSync(join(tmpdir(), 'cronsync-image-'));
  await using registry = await aRegistry(tarball.path);
  const write = (name: string, content: object) => writeFileSync(join(project.path, name), JSON.stringify(content));
  write('package.json', { private: true, dependencies: { cronsync: registry.url } });
  write('sync.config.json', config);
  writeFileSync(join(project.path, '.env'), 'ACME_TOKEN=must-not-be-in-the-image\n');
  await promisify(execFile)('npm', ['install', '--package-lock-only'], {
    cwd: project.path,
    env: { ...process.env, ...quietNpm },
  });
  copyFileSync(join(root, 'deploy/.dockerignore'), join(project.path, '.dockerignore'));
  image = open.use(await replay(readFileSync(join(root, 'deploy/Dockerfile'), 'utf8'), project.path));
}, 600_000);

afterAll(() => open.disposeAsync());

const config = {
  name: 'crm',
  adapter: 'export',
  redis: { url: `\${REDIS_URL}` },
  target: { type: 'sqlite', file: `${data}/sync.db` },
  resources: {
    cities: { key: 'id', schema: { type: 'object', properties: { id: { type: 'string' }, name: { type: 'string' } } } },
  },
  adapters: {
    export: { type: 'file', resources: { cities: { path: `${data}/cities.csv`, map: { id: 'ID', name: 'Name' } } } },
  },
  listeners: { audit: { on: ['*'], from: 'beginning', type: 'log' } },
};

/** Serves one tarball, as a registry of npm does. */
async function aRegistry(path: string): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((_request, response) => response.end(readFileSync(path))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise<void>((done) => server.close(() => done()));
  return { url: `http://127.0.0.1:${port}/cronsync.tgz`, [Symbol.asyncDispose]: close };
}

/** As a container of it. */
function setting() {
  const env = { ...image.env, REDIS_URL: redis.url, SYNC_WEB_TOKEN: 'a-token-of-the-operator' };
  return { cwd: image.cwd, env, user: image.user, readOnlyBut: [data] };
}

function run(...words: readonly string[]) {
  return image.tree.run([...image.entrypoint, ...(words.length === 0 ? image.command : words)], setting());
}

function exec(...words: readonly string[]) {
  return image.tree.run(words, setting());
}

test('the image says its version', async () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(await run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
});

test('the image runs as a user without rights, who can write its data and nothing else', async () => {
  expect((await exec('id', '-u')).stdout).toBe('1000\n');
  expect((await exec('touch', `${data}/mine`)).status).toBe(0);
  for (const path of ['/srv/sync/mine', '/mine', '/usr/bin/mine', '/home/mine']) {
    expect((await exec('touch', path)).stderr).toMatch(/Read-only file system|Permission denied/);
  }
  const asRoot = await image.tree.run(['find', '/srv/sync', '/usr/local', '-perm', '/o+w', '-not', '-type', 'l']);
  expect(asRoot).toMatchObject({ status: 0, stdout: '' });
});

test('the image has the project, and neither npm nor secrets', async () => {
  expect(readdirSync(join(image.tree.path, 'srv/sync')).sort()).toEqual([
    'node_modules',
    'package-lock.json',
    'package.json',
    'sync.config.json',
  ]);
  for (const name of ['npm', 'npx', 'corepack'])
    expect((await exec('sh', '-c', `command -v ${name}`)).status).toBe(127);
  expect(existsSync(join(image.tree.path, 'srv/sync/.env'))).toBe(false);
});

test('the image has the Node.js that the tests run on', async () => {
  expect((await exec('node', '--version')).stdout).toBe(`${process.version}\n`);
});

test('a container makes a run, and a container that runs each minute stops in order', async () => {
  writeFileSync(join(image.tree.path, data, 'cities.csv'), 'ID,Name\n1,Oslo\n2,Bergen\n');
  const done = await run('run', '--json');
  expect(JSON.parse(done.stdout)).toMatchObject({ outcome: 'done', counts: { created: 2 } });

  const { entrypoint, command } = service('sync');
  const minutely = image.tree.start([...entrypoint, ...command], setting());
  await eventually(async () => (await runsOf()).length >= 2, 60_000);
  minutely.kill('SIGTERM');
  expect(await minutely.ended).toMatchObject({ status: 0 });
  expect((await runsOf()).every(({ outcome }) => outcome === 'done')).toBe(true);
});

async function runsOf(): Promise<readonly { readonly outcome: string | null }[]> {
  return JSON.parse((await run('status', '--json')).stdout).runs;
}

interface Service {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: { readonly test: readonly string[] };
}

function service(name: string): Service {
  const { services } = load(readFileSync(join(root, 'deploy/compose.yaml'), 'utf8')) as {
    readonly services: Readonly<Record<string, Service>>;
  };
  const found = services[name];
  if (found === undefined) throw new Error(`deploy/compose.yaml has no service ${name}`);
  return found;
}

/** What Compose asks a container, on another port. */
function health(name: string, from = '', to = '') {
  const [kind, ...words] = service(name).healthcheck.test;
  expect(kind).toBe('CMD');
  return exec(...words.map((word) => word.replace(from, to)));
}

test('the health check of the runs is good after a pass, and bad where none is complete', async () => {
  await run();
  expect(await health('sync')).toMatchObject({ status: 0, stderr: '' });
  expect((await health('sync', '15m', '1ms')).status).toBe(4);
});

test.each([
  ['listen', '9090'],
  ['web', '9091'],
])('the health check of %s is good while it serves, and bad before', async (name, port) => {
  const own = `${await freePort()}`;
  expect((await health(name, port, own)).status).toBe(1);
  const words = service(name).command.map((word) => word.replace(port, own));
  const daemon = image.tree.start([...image.entrypoint, ...words], setting());
  await eventually(async () => (await health(name, port, own)).status === 0, 60_000);
  daemon.kill('SIGTERM');
  expect(await daemon.ended).toMatchObject({ status: 0 });
});

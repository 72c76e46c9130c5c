import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually, startSync } from '../helpers/child.ts';
import { redis } from '../helpers/suite-redis.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let dir: string;

/** The example in a folder of its own, beside a package `cronsync` that is this one. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'cronsync-listeners-'));
  await cp(join(root, 'examples/listeners'), dir, { recursive: true });
  await mkdir(join(dir, 'node_modules/cronsync'), { recursive: true });
  await symlink(join(root, 'node_modules/standardwebhooks'), join(dir, 'node_modules/standardwebhooks'));
  await writeFile(
    join(dir, 'node_modules/cronsync/package.json'),
    JSON.stringify({ name: 'cronsync', type: 'module', exports: './index.js' }),
  );
  await build({
    entryPoints: [join(root, 'src/index.ts')],
    outfile: join(dir, 'node_modules/cronsync/index.js'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    define: { SYNC_TEST_BUILD: 'false' },
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** The receiver of the example: where it listens, and what it has done. */
async function aReceiver() {
  const child = spawn(process.execPath, ['receiver.ts'], { cwd: dir, env: { PATH: process.env.PATH, PORT: '0' } });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  const lines = () => output.trimEnd().split('\n');
  await eventually(() => output.includes('\n'));
  return { url: lines()[0] ?? '', done: () => lines().slice(1), [Symbol.dispose]: () => void child.kill() };
}

test('the listeners of the example hear what they should, once and in order', async () => {
  using receiver = await aReceiver();
  const sync = (...args: string[]) =>
    startSync(args, { cwd: dir, env: { REDIS_URL: redis.url, HOOK_URL: receiver.url } }).finished;
  const index = async () => JSON.parse(await readFile(join(dir, 'index.json'), 'utf8'));
  const audited = async () =>
    (await readFile(join(dir, 'audit.log'), 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ').slice(2).join(' '));

  expect((await sync('run')).exitCode).toBe(0);
  expect(await sync('listen', '--drain')).toMatchObject({ exitCode: 0 });
  expect(await index()).toEqual({
    1: 'ada@example.com active',
    2: 'grace@example.com active',
    3: 'alan@example.com paused',
  });
  expect((await audited()).toSorted()).toEqual(['customers.created 1', 'customers.created 2', 'customers.created 3']);
  expect(receiver.done()).toEqual([]);

  const customers: { id: string }[] = JSON.parse(await readFile(join(dir, 'customers.json'), 'utf8'));
  await writeFile(join(dir, 'customers.json'), JSON.stringify(customers.filter(({ id }) => id !== '2')));
  expect((await sync('run')).exitCode).toBe(0);
  expect(await sync('listen', '--drain')).toMatchObject({ exitCode: 0 });
  expect(Object.keys(await index())).toEqual(['1', '3']);
  expect((await audited()).at(-1)).toBe('customers.deleted 2');
  await eventually(() => receiver.done().length > 0);
  expect(receiver.done()).toEqual(['customers.deleted 2']);
});

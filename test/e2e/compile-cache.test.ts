import { chmod, chown, lstat, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startSync } from '../helpers/child.ts';

let place: string;
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'cronsync-cache-'));
  await mkdir(join(place, 'home'));
  await mkdir(join(place, 'tmp'));
});
afterEach(() => rm(place, { recursive: true }));

/** Starts the published program as a user with this home, and this folder for temporary files. */
async function start(more: Readonly<Record<string, string>> = {}): Promise<void> {
  const env = { HOME: join(place, 'home'), TMPDIR: join(place, 'tmp'), NODE_COMPILE_CACHE: '', ...more };
  const { exitCode, stderr } = await startSync(['--version'], { cwd: place, bundle: 'published', env }).finished;
  expect(exitCode, stderr).toBe(0);
}

const inHome = () => join(place, 'home/.cache/cronsync');
const inTmp = () => join(place, 'tmp', `cronsync-${process.geteuid?.()}`);

/** How many files are in a folder, at any depth. */
async function filesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).length;
}

test('compiled code is kept in a folder of the user that nobody else can enter, and not in the shared one', async () => {
  await start();
  expect(await filesIn(inHome())).toBeGreaterThan(0);
  expect((await lstat(inHome())).mode & 0o777).toBe(0o700);
  expect(await readdir(join(place, 'tmp'))).toEqual([]);
});

test('without a home that can be written it is kept in a private folder of the temporary one', async () => {
  await start({ HOME: join(place, 'no-such-home') });
  expect(await filesIn(inTmp())).toBeGreaterThan(0);
  expect((await lstat(inTmp())).mode & 0o777).toBe(0o700);
  expect(await readdir(join(place, 'tmp'))).toHaveLength(1);
});

test('XDG_CACHE_HOME is respected', async () => {
  await start({ XDG_CACHE_HOME: join(place, 'home/elsewhere') });
  expect(await filesIn(join(place, 'home/elsewhere/cronsync'))).toBeGreaterThan(0);
  expect(await filesIn(inHome())).toBe(0);
});

test.for<[string, () => Promise<void>]>([
  ['others can write', () => chmod(inHome(), 0o770)],
  ['others can read', () => chmod(inHome(), 0o750)],
  ['is reached through a folder that others can write', () => chmod(join(place, 'home'), 0o777)],
  [
    'is a link',
    async () => {
      await rm(inHome(), { recursive: true });
      await mkdir(join(place, 'home/planted'), { mode: 0o700 });
      await symlink(join(place, 'home/planted'), inHome());
    },
  ],
  ...(process.geteuid?.() === 0
    ? ([['belongs to somebody else', () => chown(inHome(), 65_534, 65_534)]] as [string, () => Promise<void>][])
    : []),
])('a folder that %s is not used', async ([, spoil]) => {
  await mkdir(inHome(), { recursive: true, mode: 0o700 });
  await mkdir(inTmp(), { mode: 0o777 });
  await chmod(inTmp(), 0o777);
  await spoil();
  await start();
  expect(await filesIn(join(place, 'home'))).toBe(0);
  expect(await filesIn(join(place, 'tmp'))).toBe(0);
});

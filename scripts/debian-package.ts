// Unpacks Debian's packages for the tests and the demo, with no root and no service.
import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));

export const execute = promisify(execFile);

export interface DebianPackage {
  readonly name: string;
  /** Where it is unpacked, under `node_modules/.cache`: its files are in `root`. */
  readonly folder: string;
  /** Prepares and tries it, before other processes can see it. */
  readonly prepare?: (folder: string) => Promise<void>;
}

/**
 * The folder of a package and of the libraries that it needs. Unpacks them if they are not there yet. Safe to call from several
 * processes at the same time: each unpacks into its own folder, and the first to rename it wins.
 */
export async function unpackedPackage(wanted: DebianPackage): Promise<string> {
  const home = join(cache, wanted.folder);
  if (await isThere(home)) return home;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, `${wanted.folder}-`));
  try {
    await download(wanted.name, work);
    for (const file of await readdir(work)) await execute('dpkg', ['-x', join(work, file), join(work, 'root')]);
    await wanted.prepare?.(work);
    await rename(work, home).catch(async (error) => {
      if (!(await isThere(home))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return home;
}

/** The first of `PATH`'s folders that has this program. */
export async function onPath(program: string): Promise<string | undefined> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const found = await Promise.all(places.map((place) => isThere(place, constants.X_OK)));
  return places[found.indexOf(true)];
}

async function isThere(path: string, mode = constants.F_OK): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}

async function download(name: string, folder: string): Promise<void> {
  try {
    await downloadMissing(name, folder);
  } catch {
    await execute('apt-get', ['update']);
    await downloadMissing(name, folder);
  }
}

/** The packages that an installation would add, libraries included. A dry run needs no root and leaves out what is there. */
async function downloadMissing(name: string, folder: string): Promise<void> {
  const { stdout } = await execute('apt-get', ['install', '--simulate', '--no-install-recommends', name]);
  const packages = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, found]) => found ?? '');
  await execute('apt-get', ['download', ...packages], { cwd: folder });
}

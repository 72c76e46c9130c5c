// Unpacks Debian's packages for the tests and the demo, with no root and no service.
import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));

export const execute = promisify(execFile);

export interface DebianPackage {
  readonly name: string;
  /** Where it is unpacked, under `node_modules/.cache`: its files are in `root`. */
  readonly folder: string;
  /**
   * A suite of Debian, `trixie`, whatever this system is: the package comes with all that it needs, and runs by the dynamic
   * linker of its own C library. By default it is a package of this system.
   */
  readonly suite?: string;
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
    if (wanted.suite === undefined) await download(wanted.name, work);
    else await downloadFrom(wanted.suite, wanted.name, work);
    const files = (await readdir(work)).filter((file) => file.endsWith('.deb'));
    for (const file of files) await execute('dpkg', ['-x', join(work, file), join(work, 'root')]);
    for (const file of files) await rm(join(work, file));
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

/** An apt with a memory of its own, in which nothing is installed. Debian's keys prove what it gets. */
async function downloadFrom(suite: string, name: string, folder: string): Promise<void> {
  const apt = join(folder, 'apt');
  for (const place of ['lists/partial', 'cache/archives/partial']) await mkdir(join(apt, place), { recursive: true });
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(join(apt, 'sources.list'), `deb [signed-by=${keys}] http://deb.debian.org/debian ${suite} main\n`);
  await writeFile(join(apt, 'status'), '');
  const settings = [
    ...[`Dir::Etc::SourceList=${apt}/sources.list`, 'Dir::Etc::SourceParts=/dev/null'],
    ...[`Dir::State::Lists=${apt}/lists`, `Dir::State::Status=${apt}/status`, `Dir::Cache=${apt}/cache`],
    ...['Acquire::Languages=none', 'APT::Sandbox::User='],
  ].flatMap((setting) => ['-o', setting]);
  await execute('apt-get', [...settings, 'update']);
  const { stdout } = await execute('apt-get', [
    ...[...settings, 'install', '--simulate', '--no-install-recommends', name],
  ]);
  const packages = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, found]) => found ?? '');
  // The rest is for an installed service: users, scripts, documents.
  const wanted = packages.filter((found) => found.startsWith('lib') || /-(server|tools)$/.test(found));
  await execute('apt-get', [...settings, 'download', ...wanted], { cwd: folder });
  await rm(apt, { recursive: true });
}

/** The packages that an installation would add, libraries included. A dry run needs no root and leaves out what is there. */
async function downloadMissing(name: string, folder: string): Promise<void> {
  const { stdout } = await execute('apt-get', ['install', '--simulate', '--no-install-recommends', name]);
  const packages = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, found]) => found ?? '');
  await execute('apt-get', ['download', ...packages], { cwd: folder });
}

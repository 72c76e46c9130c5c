// Finds a redis-server for the tests and the demo; run by itself, prints its path.
import { execFile } from 'node:child_process';
import { access, chmod, constants, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
const home = join(cache, 'redis');
const launcher = join(home, 'redis-server');

/**
 * The path of a program that starts Redis: from `PATH`, or from Debian's packages unpacked under `node_modules/.cache`,
 * with no root and no service. Safe to call from several processes at once.
 */
export async function findRedisServer(): Promise<string> {
  const installed = (await onPath('redis-server')) ?? (await onPath('valkey-server'));
  if (installed !== undefined) return installed;
  if (await isExecutable(launcher)) return launcher;
  if ((await onPath('apt-get')) === undefined) throw new Error(instruction());
  try {
    await unpackDebian();
  } catch (error) {
    throw new Error(`${instruction()} (Debian's package could not be fetched.)`, { cause: error });
  }
  return launcher;
}

async function onPath(program: string): Promise<string | undefined> {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  const found = await Promise.all(places.map(isExecutable));
  return places[found.indexOf(true)];
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function instruction(): string {
  const command = {
    darwin: 'brew install redis',
    linux: 'apt-get install redis-server, dnf install redis, or apk add redis',
  };
  const known = process.platform === 'darwin' || process.platform === 'linux' ? command[process.platform] : undefined;
  return `No redis-server was found on PATH: ${known ?? 'install Redis 7 or newer (on Windows: in WSL)'}.`;
}

/** Several may do this at once: each unpacks into a folder of its own, and the first to rename it wins. */
async function unpackDebian(): Promise<void> {
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'redis-'));
  try {
    await download(work);
    for (const file of await readdir(work)) await execute('dpkg', ['-x', join(work, file), join(work, 'root')]);
    await writeFile(join(work, 'redis-server'), launcherScript);
    await chmod(join(work, 'redis-server'), 0o755);
    await execute(join(work, 'redis-server'), ['--version']);
    await rename(work, home).catch(async (error) => {
      if (!(await isExecutable(launcher))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const launcherScript = `#!/bin/sh
# \`exec\`: the process that is started is Redis itself, so that it can be stopped by its pid.
root="$(dirname "$0")/root"
LD_LIBRARY_PATH="$(find "$root/usr/lib" "$root/lib" -type d -name '*-linux-gnu*' 2>/dev/null | tr '\\n' ':')$LD_LIBRARY_PATH"
export LD_LIBRARY_PATH
exec "$root/usr/bin/redis-server" "$@"
`;

async function download(folder: string): Promise<void> {
  try {
    await downloadMissing(folder);
  } catch {
    await execute('apt-get', ['update']);
    await downloadMissing(folder);
  }
}

/** What installing Redis would bring in, libraries too: a dry run needs no root and leaves out what is there. */
async function downloadMissing(folder: string): Promise<void> {
  const { stdout } = await execute('apt-get', ['install', '--simulate', '--no-install-recommends', 'redis-server']);
  const packages = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? '');
  await execute('apt-get', ['download', ...packages], { cwd: folder });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await findRedisServer()}\n`);

// Finds a redis-server for the tests and the demo; run by itself, prints its path.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, onPath, unpackedPackage } from './debian-package.ts';

/**
 * The path of a program that starts Redis: from `PATH`, or from Debian's packages unpacked under `node_modules/.cache`,
 * with no root and no service. Safe to call from several processes at once.
 */
export async function findRedisServer(): Promise<string> {
  const installed = (await onPath('redis-server')) ?? (await onPath('valkey-server'));
  if (installed !== undefined) return installed;
  if ((await onPath('apt-get')) === undefined) throw new Error(instruction());
  try {
    return launcherIn(await unpackedPackage({ name: 'redis-server', folder: 'redis', prepare: makeLauncher }));
  } catch (error) {
    throw new Error(`${instruction()} (Debian's package could not be fetched.)`, { cause: error });
  }
}

function launcherIn(folder: string): string {
  return join(folder, 'redis-server');
}

async function makeLauncher(folder: string): Promise<void> {
  await writeFile(launcherIn(folder), launcherScript);
  await chmod(launcherIn(folder), 0o755);
  await execute(launcherIn(folder), ['--version']);
}

function instruction(): string {
  const command = {
    darwin: 'brew install redis',
    linux: 'apt-get install redis-server, dnf install redis, or apk add redis',
  };
  const known = process.platform === 'darwin' || process.platform === 'linux' ? command[process.platform] : undefined;
  return `No redis-server was found on PATH: ${known ?? 'install Redis 7 or newer (on Windows: in WSL)'}.`;
}

const launcherScript = `#!/bin/sh
# \`exec\`: the process that is started is Redis itself, so that it can be stopped by its pid.
root="$(dirname "$0")/root"
LD_LIBRARY_PATH="$(find "$root/usr/lib" "$root/lib" -type d -name '*-linux-gnu*' 2>/dev/null | tr '\\n' ':')$LD_LIBRARY_PATH"
export LD_LIBRARY_PATH
exec "$root/usr/bin/redis-server" "$@"
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await findRedisServer()}\n`);

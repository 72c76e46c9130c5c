// Finds a redis-server for the tests and the demo; run by itself, prints its path.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, onPath, unpackedPackage } from './debian-package.ts';

/** Servers that the tests can run on, by the name that `SYNC_REDIS_SERVER` has. Debian's suites have them. */
const servers = {
  'redis-7': { name: 'redis-server', suite: 'bookworm' },
  'redis-8': { name: 'redis-server', suite: 'trixie' },
  'valkey-8': { name: 'valkey-server', suite: 'trixie' },
  'valkey-9': { name: 'valkey-server', suite: 'sid' },
} as const;

export const redisServers = Object.keys(servers) as readonly (keyof typeof servers)[];

/**
 * The path of a program that starts Redis: the one that `SYNC_REDIS_SERVER` names, or from `PATH`, or from Debian's packages unpacked under `node_modules/.cache`,
 * with no root and no service. Safe to call from several processes at once.
 */
export async function findRedisServer(): Promise<string> {
  const named = process.env.SYNC_REDIS_SERVER;
  if (named !== undefined) return namedServer(named);
  const installed = (await onPath('redis-server')) ?? (await onPath('valkey-server'));
  if (installed !== undefined) return installed;
  if ((await onPath('apt-get')) === undefined) throw new Error(instruction());
  try {
    const prepare = (folder: string) => makeLauncher(folder, launcherScript);
    return launcherIn(await unpackedPackage({ name: 'redis-server', folder: 'redis', prepare }));
  } catch (error) {
    throw new Error(`${instruction()} (Debian's package could not be fetched.)`, { cause: error });
  }
}

async function namedServer(named: string): Promise<string> {
  const server = Object.entries(servers).find(([known]) => known === named)?.[1];
  if (!server) throw new Error(`SYNC_REDIS_SERVER is "${named}": it is one of ${redisServers.join(', ')}`);
  if ((await onPath('apt-get')) === undefined) throw new Error(`SYNC_REDIS_SERVER=${named} needs Debian's apt-get`);
  const prepare = (folder: string) => makeLauncher(folder, ownLinkerScript(server.name));
  return launcherIn(await unpackedPackage({ ...server, folder: named, prepare }));
}

function launcherIn(folder: string): string {
  return join(folder, 'redis-server');
}

async function makeLauncher(folder: string, script: string): Promise<void> {
  await writeFile(launcherIn(folder), script);
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

/** A server of another release needs the C library of that release, and its linker. */
function ownLinkerScript(server: string): string {
  return `#!/bin/sh
root="$(dirname "$0")/root"
libraries="$(find "$root/usr/lib" "$root/lib" -type d -name '*-linux-gnu*' 2>/dev/null | tr '\\n' ':')"
linker="$(find "$root" -name 'ld-linux*.so.*' -type f | head -n 1)"
exec "$linker" --library-path "$libraries" "$root/usr/bin/${server}" "$@"
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(`${await findRedisServer()}\n`);

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { findRedisServer } from '../../scripts/redis-server.ts';
import { listenForPostgres } from './postgres.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs once before the suites that need servers: Redis is there, Postgres starts when it is asked for and ends with the
 * run, and there is, for end-to-end ones, the bundle with crash points.
 */
export async function setup({ name, provide }: TestProject): Promise<() => Promise<void>> {
  await findRedisServer();
  const postgres = await listenForPostgres();
  provide('postgresStarter', postgres.path);
  if (name !== 'real' && existsSync(`${root}src/cli/main.ts`))
    execFileSync(process.execPath, ['scripts/build.js', '--test'], { cwd: root, stdio: 'inherit' });
  return () => postgres.stop();
}

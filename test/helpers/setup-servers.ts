import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { findRedisServer } from '../../scripts/redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Whether this run of the tests has built the bundle with crash points. */
    readonly isBundleBuilt: boolean;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs before the test files of a project that needs servers: finds a Redis, and builds the bundle that the end-to-end tests run. */
export async function setup({ name, vitest }: TestProject): Promise<void> {
  await findRedisServer();
  if (name === 'real' || vitest.getRootProject().getProvidedContext().isBundleBuilt) return;
  execFileSync(process.execPath, ['scripts/build.js', '--test'], { cwd: root, stdio: 'inherit' });
  vitest.provide('isBundleBuilt', true);
}

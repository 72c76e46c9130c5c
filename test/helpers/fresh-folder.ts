import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finished } from './child.ts';
import { runInProcess } from './in-process.ts';

/** An empty folder, in which somebody types `cronsync init`. */
export interface FreshFolder extends AsyncDisposable {
  readonly dir: string;
  /** Runs a command in this process, with a few variables. */
  sync(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Finished>;
}

let folders = 0;

export async function aFreshFolder(redisUrl: string): Promise<FreshFolder> {
  folders += 1;
  const dir = await mkdtemp(join(tmpdir(), `cronsync-init-${folders}-`));
  return {
    dir,
    sync: (args, env = {}) => runInProcess(args, { cwd: dir, env: { REDIS_URL: redisUrl, ...env } }),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

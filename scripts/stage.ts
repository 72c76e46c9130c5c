// What the demo needs: a private Redis, two third parties, and a folder with the example config. All of it is removed at the end.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPrivateRedis } from './private-redis.ts';
import { almanac, atlas, openThirdParty, type ThirdParty } from './third-parties.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'bin/sync.js');

export interface Stage extends AsyncDisposable {
  readonly folder: string;
  readonly redisUrl: string;
  readonly atlas: ThirdParty;
  readonly almanac: ThirdParty;
  /** Runs the built command in the folder. Its output is kept, or shown as it arrives. */
  sync(args: readonly string[], output: 'keep' | 'show'): Promise<Ran>;
  /** Starts the command and does not wait for it. Its output is shown. `stop` ends it as a supervisor would, and returns its exit code. */
  start(args: readonly string[]): { stop(): Promise<number> };
}

export interface Ran {
  readonly exitCode: number;
  /** Stdout and stderr together, as a terminal would show them; empty if the output was shown. */
  readonly output: string;
}

/** Opens the stage. When the signal fires, the command that runs is stopped, and `sync` throws. */
export async function openStage(everyMs: number, signal: AbortSignal): Promise<Stage> {
  if (!existsSync(join(root, 'dist/cli.cjs'))) throw new Error('dist/ is not built: run "npm run build" first');
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-demo-'));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', clear);
  copyFileSync(join(root, 'sync.config.example.json'), join(folder, 'sync.config.json'));
  const redis = await startPrivateRedis(folder);
  const parties = { atlas: await openThirdParty(atlas, everyMs), almanac: await openThirdParty(almanac, everyMs) };
  const env = {
    ...process.env,
    REDIS_URL: redis.url,
    ATLAS_URL: parties.atlas.url,
    ALMANAC_URL: parties.almanac.url,
    HIT_EVERY: `${everyMs}ms`,
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
  };
  return {
    folder,
    redisUrl: redis.url,
    ...parties,
    sync: (args, output) => runSync(args, { cwd: folder, env, output, signal }),
    start(args) {
      const child = startCommand(args, { cwd: folder, env, output: 'show', signal });
      const ended = once(child, 'close');
      const stop = async () => {
        child.kill('SIGTERM');
        return Number((await ended)[0]);
      };
      signal.addEventListener('abort', stop, { once: true });
      return { stop };
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([parties.atlas.close(), parties.almanac.close(), redis.stop()]);
      clear();
      process.off('exit', clear);
    },
  };
}

interface Running {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly output: 'keep' | 'show';
  readonly signal: AbortSignal;
}

function startCommand(args: readonly string[], { cwd, env, output }: Running): ChildProcess {
  return spawn(process.execPath, [bin, ...args], {
    cwd,
    env,
    stdio: output === 'show' ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

/** It runs in its own process group, as Redis does. Ctrl-C reaches only us, and we stop what we started in order. */
async function runSync(args: readonly string[], { cwd, env, output, signal }: Running): Promise<Ran> {
  signal.throwIfAborted();
  const child = startCommand(args, { cwd, env, output, signal });
  const stop = () => child.kill('SIGINT');
  signal.addEventListener('abort', stop);
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  return { exitCode: Number(code), output: Buffer.concat(chunks).toString() };
}

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { Summary } from '../../src/run/summary.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which program: the bundle with crash points and scaled timings, or the one that is published. */
export const bundles = {
  test: `${root}node_modules/.cache/cronsync/cli.cjs`,
  published: `${root}bin/sync.js`,
} as const;

export interface SyncOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly bundle?: keyof typeof bundles;
  /** What stdin says; without it, stdin is empty. */
  readonly stdin?: string;
  /** Never in the test's own process. */
  readonly ownProcess?: true;
}

/** How one `sync` ended. */
export interface Finished {
  /** Null if a signal ended it that it could not catch. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed. */
  json<T = Summary>(): T;
}

/** One `sync` on its way. */
export interface Child {
  readonly pid: number;
  readonly finished: Promise<Finished>;
  stdout(): string;
  stderr(): string;
  kill(signal: NodeJS.Signals): void;
  /** SIGSTOP and SIGCONT. */
  stop(): void;
  cont(): void;
  /** Resolves when it is stopped: a crash point may stop it, with `SYNC_CRASH_AT=<name>:<n>:SIGSTOP`. */
  stopped(): Promise<void>;
  /** Resolves when it is stopped or over, whichever comes first; whether it is stopped. */
  isHalted(): Promise<boolean>;
  /** Closes our end of its stdout and stderr: what it writes from now on is an EPIPE. */
  hangUp(): void;
}

const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
/** Our environment without anything that a test runner has put there. */
export const inherited = { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE: `${root}node_modules/.cache/cronsync/compiled` };

/** Starts the command. */
export function startSync(args: readonly string[], options: SyncOptions & { readonly cwd: string }): Child {
  const child = spawn(process.execPath, [bundles[options.bundle ?? 'test'], ...args], {
    cwd: options.cwd,
    env: { ...inherited, ...options.env },
    stdio: 'pipe',
  });
  const { pid } = child;
  if (pid === undefined) throw new Error('cronsync could not be started');
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    output.stderr += text;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.stdin ?? '');
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  return {
    pid,
    finished: finishedOf(child, output),
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    kill,
    stop: () => kill('SIGSTOP'),
    cont: () => kill('SIGCONT'),
    stopped: () => eventually(() => stateOf(pid).startsWith('T')),
    async isHalted() {
      const isOver = () => child.exitCode !== null || child.signalCode !== null;
      await eventually(() => isOver() || stateOf(pid).startsWith('T'));
      return !isOver();
    },
    hangUp() {
      child.stdout.destroy();
      child.stderr.destroy();
    },
  };
}

/** Waits until a condition holds; what it throws counts as "not yet", and is thrown in the end. */
export async function eventually(condition: () => unknown | Promise<unknown>, timeoutMs = 30_000): Promise<void> {
  const check = async () => {
    if (!(await condition())) throw new Error(`this did not come true: ${condition}`);
  };
  await vi.waitFor(check, { timeout: timeoutMs, interval: 15 });
}

async function finishedOf(child: ChildProcess, output: { stdout: string; stderr: string }): Promise<Finished> {
  const [exitCode, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return finished({ exitCode, signal, ...output });
}

export function finished(end: Omit<Finished, 'json'>): Finished {
  const { exitCode, stdout, stderr } = end;
  return {
    ...end,
    json<T>(): T {
      try {
        return JSON.parse(stdout);
      } catch (cause) {
        throw new Error(`no JSON on stdout, exit ${exitCode}: ${stdout}${stderr}`, { cause });
      }
    },
  };
}

/** The state letter of a process: `T` is stopped. */
function stateOf(pid: number): string {
  if (process.platform !== 'linux') return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** A command line, and where it starts. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string;
  /** An exit code other than 0 that counts as success. */
  readonly mayEndWith?: number;
}

/** What one start of a tool took. */
export interface Took {
  readonly exitCode: number;
  readonly wallMs: number;
  /** Of the tool and of all that it started. */
  readonly clientMs: number;
  /** Of the database, and of Redis. */
  readonly serverMs: number;
  /** Of the largest process. */
  readonly peakMb: number;
}

/** Runs a command from start to exit. Throws with its last words if it fails. */
export async function start(command: Command, folder: string, serverMs: () => number): Promise<Took> {
  const report = join(folder, 'took');
  rmSync(report, { force: true });
  const before = serverMs();
  const startedAt = performance.now();
  const child = spawn('/usr/bin/time', ['-o', report, '-f', '%U %S %M', ...command.argv], {
    cwd: folder,
    env: { ...process.env, ...command.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}).end(command.input);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000);
    });
  }
  const [code] = await once(child, 'close');
  const wallMs = performance.now() - startedAt;
  if (code !== 0 && code !== command.mayEndWith)
    throw new Error(`${command.argv.join(' ')} ended with ${code}: ${said}`);
  const [user = 0, system = 0, peakKb = 0] = (readFileSync(report, 'utf8').trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  const clientMs = (user + system) * 1000;
  return { exitCode: Number(code), wallMs, clientMs, serverMs: serverMs() - before, peakMb: Math.round(peakKb / 1024) };
}

const tickMs = 10;

/** The CPU time that this process, its children that have ended, and its children have used; Linux only. */
export function treeMs(pid: number): number {
  const [own, ...rest] = [statOf(pid), ...childrenOf(pid).map(statOf)];
  return ((own?.own ?? 0) + (own?.ended ?? 0) + rest.reduce((sum, each) => sum + (each?.own ?? 0), 0)) * tickMs;
}

function statOf(pid: number): { own: number; ended: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15)
      .map(Number);
    return { own: user + system, ended: childUser + childSystem };
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

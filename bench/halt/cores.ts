import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { again, writers } from './watch.ts';

/** All cores, as taskset lists them. */
export const allCores = `0-${availableParallelism() - 1}`;

/** One core for the writer. */
export const oneCore = String(availableParallelism() - 1);

const everyMs = 50;

/** Limits this process, and what it starts from now on, to some cores. */
export function keepTo(cores: string): void {
  setCores(process.pid, cores);
}

/** Limits the sessions of the writer to some cores as soon as they exist. The server's process starts them. */
export function keepSessionsTo(cores: string, url: string): Promise<{ end(): Promise<void> }> {
  const kept = new Set<number>();
  return again(url, everyMs, async (client) => {
    const { rows } = await client.query(`SELECT b.pid FROM pg_stat_activity b WHERE ${writers}`);
    for (const { pid } of rows) {
      if (!kept.has(pid)) setCores(pid, cores);
      kept.add(pid);
    }
  });
}

/** Sets the cores of all threads of a process. A thread that has just ended is skipped. */
function setCores(pid: number, cores: string): void {
  try {
    execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)], { stdio: 'ignore' });
  } catch (error) {
    if (pid === process.pid) throw error;
  }
}

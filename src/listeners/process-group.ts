import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 20;

/** Ends a command and its children, asking first: whoever of its process group is left after `graceMs` is killed. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  signalGroup(leader, 'SIGTERM');
  while (performance.now() < deadline) {
    if (!signalGroup(leader, 0)) return;
    await pause(lookEveryMs);
  }
  signalGroup(leader, 'SIGKILL');
}

/** Sends a signal to all of a process group; 0 only looks. False: nobody of it is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left of it runs as another user, and is out of our reach.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

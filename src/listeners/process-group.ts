import { setTimeout as pause } from 'node:timers/promises';

const lookEveryMs = 20;

/** Ends a command and its children: sends SIGTERM to its process group, and SIGKILL to what is left of it after `graceMs`. */
export async function endGroup(leader: number, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs;
  signalGroup(leader, 'SIGTERM');
  while (performance.now() < deadline) {
    if (!signalGroup(leader, 0)) return;
    await pause(lookEveryMs);
  }
  signalGroup(leader, 'SIGKILL');
}

/** Sends a signal to all processes of a group; 0 sends none. False if no process of the group is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left of the group runs as another user, and we cannot signal it.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

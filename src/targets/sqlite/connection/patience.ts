import { setTimeout as pause } from 'node:timers/promises';
import { busyError, isBusy, translate } from './errors.ts';

/** How long to wait for a lock that somebody else holds, and how long a step of this wait is, about. */
export interface Patience {
  readonly busyMs: number;
  readonly stepMs: number;
}

/** Repeats while the database is busy, with the event loop free in between, until patience ends or the signal fires. */
export async function patiently<T>(
  label: string,
  { busyMs, stepMs }: Patience,
  attempt: () => T,
  signal?: AbortSignal,
): Promise<T> {
  const deadline = performance.now() + busyMs;
  for (;;) {
    signal?.throwIfAborted();
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error)) throw translate(error, label);
      if (performance.now() >= deadline) throw busyError(label, error);
    }
    await waitAStep(stepMs, signal);
  }
}

async function waitAStep(stepMs: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(stepMs * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

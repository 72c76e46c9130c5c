import { setTimeout as sleep } from 'node:timers/promises';
import type { Committed, Removal } from '../batch.ts';
import { UnreachableError } from '../errors.ts';
import type { Target } from '../target.ts';

export interface RemoveDeps {
  readonly target: Target;
  readonly signal: AbortSignal;
  /** How long rows that the system holds locked are tried again. */
  readonly busyMs: number;
  /** Fails when the run may not write any more. */
  readonly assertTrusted: () => void;
}

/** Removes until the system holds none of the rows any more: what is gone by then is passed over, nothing is counted twice. */
export async function* removeUntilFree(removal: () => Removal, deps: RemoveDeps): AsyncGenerator<Committed> {
  const until = performance.now() + deps.busyMs;
  for (;;) {
    deps.assertTrusted();
    const committed = await deps.target.remove(removal(), deps.signal);
    yield committed;
    const held = committed.busy.length;
    if (held === 0) return;
    if (performance.now() > until) {
      throw new UnreachableError(
        `the system has kept ${held} rows locked that are to be deleted; what was deleted stays so, and the next run goes on`,
      );
    }
    await sleep(100, undefined, { signal: deps.signal });
  }
}

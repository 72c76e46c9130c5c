import type { Lock } from '../lock.ts';
import type { Target } from '../target.ts';
import { type Noting, note } from './note.ts';

export interface Unlocking extends Noting {
  readonly lock: Lock;
  readonly target: Pick<Target, 'recordActivity' | 'fenceOut'>;
}

/** Fences out whoever holds the lock, and then removes it: the holder can no longer write when the next run starts. */
export async function unlock({ lock, target, ...noting }: Unlocking): Promise<void> {
  const held = await lock.inspect();
  await target.fenceOut();
  await lock.remove();
  const { run = null, host = null, pid = null } = held?.holder ?? {};
  await note({ ...noting, target }, 'unlock', { run, host, pid });
}

import { formatDuration } from '../duration.ts';
import { LockHeldError } from '../errors.ts';
import type { Held, Holder, Lease, Lock } from '../lock.ts';

/** Takes the lock. Throws `LockHeldError`, which names the holder; then nothing else was touched. */
export async function takeLock(lock: Lock, holder: Holder, now: number): Promise<Lease> {
  const acquired = await lock.acquire(holder);
  if (!acquired.granted) throw heldError(acquired.held, now);
  return acquired.lease;
}

function heldError({ holder, expiresInMs }: Held, now: number): LockHeldError {
  const hint =
    expiresInMs === null || holder === null
      ? {
          hint: 'A run never leaves the lock like this. Look at it with "cronsync status", and remove it with "cronsync unlock".',
        }
      : {};
  const until =
    expiresInMs === null ? 'it never expires by itself' : `it expires in ${formatDuration(expiresInMs)} unless renewed`;
  if (holder === null) {
    return new LockHeldError(
      `the lock is held by something that is not a run of cronsync; ${until}; nothing was touched`,
      hint,
    );
  }
  const age = formatDuration(Math.max(0, now - Date.parse(holder.startedAt)));
  return new LockHeldError(
    `the lock is held by run ${holder.run} on ${holder.host} (pid ${holder.pid}), since ${holder.startedAt} (${age}); ` +
      `${until}; nothing was touched`,
    hint,
  );
}

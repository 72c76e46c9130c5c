import { setTimeout as pause } from 'node:timers/promises';
import { UnreachableError } from '../../../errors.ts';
import { isLockTimeout, isMadeAlready } from '../connection/errors.ts';
import type { Session } from '../connection/session.ts';
import type { Transact } from '../schema.ts';

/** While we wait for a table lock, everybody else waits behind us. So one wait is short, and there are many of them. */
const tableLockMs = 100;
const tableLockTries = 40;
const betweenTriesMs = 200;

/** Runs work that locks a table of the system, in a transaction of its own. Throws `UnreachableError` if the table is never free. */
export async function withTableLock(
  transact: Transact,
  work: (session: Session) => Promise<void>,
  inUse: string,
  hint = 'End the long transaction that holds the table.',
): Promise<void> {
  for (let nth = 1; ; nth += 1) {
    try {
      return await transact(async (session) => {
        await session.query(`SET LOCAL lock_timeout = ${tableLockMs}`);
        await work(session);
      });
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      if (!isLockTimeout(cause) && !isMadeAlready(cause)) throw error;
      if (nth === tableLockTries) throw new UnreachableError(`${inUse}; nothing was written`, { hint, cause: error });
    }
    await pause(betweenTriesMs * (0.5 + Math.random()));
  }
}

import { dependsOnOthers, isLockTimeout, isOverTime, refusalOf, tooSlow } from './connection/errors.ts';
import type { Session } from './connection/session.ts';

export interface Refused {
  readonly reason: string;
  /** Another row's being there, or not being there, is the reason. */
  readonly depends: boolean;
}

/** What became of rows that were to be written together. Those named nowhere were written. */
export interface Outcome<Row> {
  readonly refused: Map<Row, Refused>;
  /** The system holds what they need: a row of theirs that refers to another, or a key that it has just taken. */
  readonly busy: Set<Row>;
  /** Time was up before their turn. */
  readonly left: Set<Row>;
}

export interface BisectLimits {
  /** How long telling apart may take: the locks of what is written already are held meanwhile. */
  readonly tellApartMs: number;
  /** Called with the first error: throws where rows are not to be told apart. */
  readonly onRefusal?: ((error: unknown) => void) | undefined;
}

/** A row was left out in silence: a trigger of the system returned NULL. */
export class LeftOutError extends Error {}

/** A lock of the system's is waited for so long, once in a transaction. */
export const rowLockMs = 100;

/** After that a lock is had at once or not at all; Postgres knows no shorter wait. */
const atOnceMs = 1;

/**
 * Writes rows together and, where the database refuses them, by halves under savepoints, until each that it refuses stands
 * alone with its reason and all the others are written. Constraints that are deferred to the commit are asked here.
 */
export function bisector<Row>(session: Session, { tellApartMs, onRefusal }: BisectLimits) {
  const outcome: Outcome<Row> = { refused: new Map(), busy: new Set(), left: new Set() };
  let until = performance.now() + tellApartMs;
  let hasWaited = false;
  let isStuck = true;

  /** What there is no time for is left to the next transaction, which must not find everything as it was. */
  const tooLate = (): Set<Row> | undefined => {
    if (performance.now() <= until) return undefined;
    if (!isStuck) return outcome.left;
    return hasWaited ? outcome.busy : undefined;
  };

  const put = async (rows: readonly Row[], write: (rows: readonly Row[]) => Promise<void>): Promise<void> => {
    const [only] = rows;
    if (only === undefined) return;
    const late = tooLate();
    if (late) return addAll(late, rows);
    const [waitsLess, waitsAgain] = hasWaited ? [lockTimeout(atOnceMs), lockTimeout(rowLockMs)] : ['', ''];
    await session.query(`SAVEPOINT sync_rows${waitsLess}`);
    try {
      await write(rows);
      await session.query(`SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT sync_rows${waitsAgain}`);
      isStuck = false;
      return;
    } catch (error) {
      const reason = reasonOf(error, rows.length);
      if (reason === undefined && !isLockTimeout(error)) throw error;
      onRefusal?.(error);
      await session.query('ROLLBACK TO SAVEPOINT sync_rows; RELEASE SAVEPOINT sync_rows');
      // The one wait has used up the time: half of it again, so that the rows that need not wait are found.
      if (isLockTimeout(error) && !hasWaited) until = Math.max(until, performance.now() + tellApartMs / 2);
      hasWaited ||= isLockTimeout(error);
      if (rows.length === 1) {
        if (reason === undefined) return addAll(outcome.busy, rows);
        outcome.refused.set(only, { reason, depends: dependsOnOthers(error) });
        isStuck = false;
        return;
      }
    }
    const half = rows.length >> 1;
    await put(rows.slice(0, half), write);
    await put(rows.slice(half), write);
  };
  return { put, outcome };
}

function lockTimeout(ms: number): string {
  return `; SET LOCAL lock_timeout = ${ms}`;
}

/** A statement for one row cannot be made any smaller: if that takes too long, the row is refused. */
function reasonOf(error: unknown, rows: number): string | undefined {
  if (error instanceof LeftOutError) return error.message;
  return refusalOf(error) ?? (rows === 1 && isOverTime(error) ? tooSlow(error) : undefined);
}

function addAll<Row>(to: Set<Row>, rows: readonly Row[]): void {
  for (const row of rows) to.add(row);
}

import { dependsOnOthers, isLockTimeout, refusalOf } from './errors.ts';
import type { Session } from './session.ts';

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
  /** When to leave what is still to be told apart: the locks of the others should not be held for so long. */
  readonly until: number;
  /** Called with the first error: throws where rows are not to be told apart. */
  readonly onRefusal?: ((error: unknown) => void) | undefined;
}

/** A row was left out in silence: a trigger of the system returned NULL. */
export class LeftOutError extends Error {}

/** Once a lock was waited for in vain, others are waited for so long only, and so often. */
const laterLockMs = 20;
const mostLockWaits = 5;

/**
 * Writes rows together and, where the database refuses them, by halves under savepoints, until each that it refuses stands
 * alone with its reason and all the others are written. Constraints that are deferred to the commit are asked here.
 */
export function bisector<Row>(session: Session, { until, onRefusal }: BisectLimits) {
  const outcome: Outcome<Row> = { refused: new Map(), busy: new Set(), left: new Set() };
  let waits = 0;
  let isFirst = true;

  const put = async (rows: readonly Row[], write: (rows: readonly Row[]) => Promise<void>): Promise<void> => {
    const [only] = rows;
    if (only === undefined) return;
    if (!isFirst && performance.now() > until) return addAll(outcome.left, rows);
    await session.query('SAVEPOINT sync_rows');
    try {
      await write(rows);
      await session.query('SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT sync_rows');
      isFirst = false;
      return;
    } catch (error) {
      const reason = reasonOf(error);
      if (reason === undefined && !isLockTimeout(error)) throw error;
      onRefusal?.(error);
      await session.query('ROLLBACK TO SAVEPOINT sync_rows; RELEASE SAVEPOINT sync_rows');
      if (isLockTimeout(error)) waits += 1;
      if (isLockTimeout(error) && waits === 1) await session.query(`SET LOCAL lock_timeout = ${laterLockMs}`);
      if (isLockTimeout(error) && (rows.length === 1 || waits > mostLockWaits)) return addAll(outcome.busy, rows);
      if (rows.length === 1) {
        outcome.refused.set(only, { reason: reason ?? '', depends: dependsOnOthers(error) });
        isFirst = false;
        return;
      }
    }
    const half = rows.length >> 1;
    await put(rows.slice(0, half), write);
    await put(rows.slice(half), write);
  };
  return { put, outcome };
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof LeftOutError ? error.message : refusalOf(error);
}

function addAll<Row>(to: Set<Row>, rows: readonly Row[]): void {
  for (const row of rows) to.add(row);
}

import { dependsOnOthers, isLockTimeout, isOverTime, refusalOf, tooSlow } from './connection/errors.ts';
import type { Session } from './connection/session.ts';

export interface Refused {
  readonly reason: string;
  /** The reason is that another row is there, or is not there. */
  readonly depends: boolean;
}

/** What became of rows that were to be written together. Those that are named nowhere were written. */
export interface Outcome<Row> {
  readonly refused: Map<Row, Refused>;
  /** The system holds a lock that they need: of a row that one of them refers to, or of a key that it has just taken. */
  readonly busy: Set<Row>;
  /** There was no time for them. */
  readonly left: Set<Row>;
}

export interface BisectLimits {
  /** How long telling rows apart may take. The locks of what is already written are held meanwhile. */
  readonly tellApartMs: number;
  /** Called with each error. It throws if the rows cannot be told apart. */
  readonly onRefusal?: ((error: unknown) => void) | undefined;
}

/** A row was left out silently, because a trigger of the system returned NULL; or it is there under another key. */
export class LeftOutError extends Error {}

/** How long a transaction waits, once, for a lock that the system holds. */
export const rowLockMs = 100;

/** After that a lock must be free at once. Postgres has no shorter wait. */
const atOnceMs = 1;

/** Why rows could not be written together. */
interface Failure {
  readonly error: unknown;
  /** Undefined: a lock was not free. */
  readonly reason: string | undefined;
}

/**
 * Writes rows together. Where the database refuses them, it writes them by halves under savepoints, until each row that is
 * refused stands alone with its reason and all others are written. Constraints that are deferred to the commit are checked
 * here.
 */
export class Bisector<Row> {
  readonly outcome: Outcome<Row> = { refused: new Map(), busy: new Set(), left: new Set() };
  readonly #session: Session;
  readonly #limits: BisectLimits;
  #until: number;
  #hasWaited = false;
  /** Nothing has been written or refused yet. */
  #isStuck = true;

  constructor(session: Session, limits: BisectLimits) {
    this.#session = session;
    this.#limits = limits;
    this.#until = performance.now() + limits.tellApartMs;
  }

  async put(rows: readonly Row[], write: (rows: readonly Row[]) => Promise<void>): Promise<void> {
    const [only] = rows;
    if (only === undefined) return;
    const tooLate = this.#tooLate();
    if (tooLate) return addAll(tooLate, rows);
    const failure = await this.#attempt(rows, write);
    if (!failure) return;
    if (rows.length === 1) return this.#settle(only, failure);
    const half = rows.length >> 1;
    await this.put(rows.slice(0, half), write);
    await this.put(rows.slice(half), write);
  }

  /**
   * The set for rows that there is no time for. The next transaction gets what is left, but it must not find everything as it
   * was. So while nothing is written or refused, rows count as busy instead, and only after a lock was waited for.
   */
  #tooLate(): Set<Row> | undefined {
    if (performance.now() <= this.#until) return undefined;
    if (!this.#isStuck) return this.outcome.left;
    return this.#hasWaited ? this.outcome.busy : undefined;
  }

  /** Writes rows under a savepoint. Undefined: they are written. */
  async #attempt(rows: readonly Row[], write: (rows: readonly Row[]) => Promise<void>): Promise<Failure | undefined> {
    const [waitsLess, waitsAgain] = this.#hasWaited ? [lockTimeout(atOnceMs), lockTimeout(rowLockMs)] : ['', ''];
    await this.#session.query(`SAVEPOINT sync_rows${waitsLess}`);
    try {
      await write(rows);
      await this.#session.query(`SET CONSTRAINTS ALL IMMEDIATE; RELEASE SAVEPOINT sync_rows${waitsAgain}`);
    } catch (error) {
      const reason = reasonOf(error, rows.length);
      if (reason === undefined && !isLockTimeout(error)) throw error;
      this.#limits.onRefusal?.(error);
      await this.#session.query('ROLLBACK TO SAVEPOINT sync_rows; RELEASE SAVEPOINT sync_rows');
      if (isLockTimeout(error)) this.#noteWait();
      return { error, reason };
    }
    this.#isStuck = false;
    return undefined;
  }

  /** The one wait has used up the time. Half of it is given again, so that the rows that need not wait are found. */
  #noteWait(): void {
    if (!this.#hasWaited) this.#until = Math.max(this.#until, performance.now() + this.#limits.tellApartMs / 2);
    this.#hasWaited = true;
  }

  #settle(row: Row, { error, reason }: Failure): void {
    if (reason === undefined) {
      this.outcome.busy.add(row);
      return;
    }
    this.outcome.refused.set(row, { reason, depends: dependsOnOthers(error) });
    this.#isStuck = false;
  }
}

function lockTimeout(ms: number): string {
  return `; SET LOCAL lock_timeout = ${ms}`;
}

/** A statement for one row cannot be made smaller. If it takes too long, the row is refused. */
function reasonOf(error: unknown, rows: number): string | undefined {
  if (error instanceof LeftOutError) return error.message;
  return refusalOf(error) ?? (rows === 1 && isOverTime(error) ? tooSlow(error) : undefined);
}

function addAll<Row>(to: Set<Row>, rows: readonly Row[]): void {
  for (const row of rows) to.add(row);
}

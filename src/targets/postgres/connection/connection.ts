import { setTimeout as pause } from 'node:timers/promises';
import { crashPoint } from '../../../crash.ts';
import type { Address } from './address.ts';
import { isLost, isPassing } from './errors.ts';
import { Link } from './link.ts';
import type { Patience } from './patience.ts';
import { createClient, type Session, sessionOn } from './session.ts';
import { beginStatement, type TransactionMode } from './settings.ts';
import { rolledBackError, translate, unknownEndError } from './translate.ts';

/** How often a transaction that deadlocks is tried. */
const mostAttempts = 8;

export interface TransactionOptions {
  /** Instead of the connection's own. */
  readonly mode?: TransactionMode | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked on a new connection when the answer to COMMIT was lost: did it happen? Without it the transaction is repeated, so
   * its work must be safe to do twice.
   */
  readonly isCommitted?: ((session: Session) => Promise<boolean>) | undefined;
}

/** One connection to a server. Its transactions take turns. */
export interface Connection extends AsyncDisposable {
  readonly label: string;
  /** A transaction is under way, or waits for its turn. */
  readonly isBusy: boolean;
  /** Runs work in one transaction, whole or not at all. The work may run several times until it is committed. */
  transaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

export function createConnection(
  address: Address,
  applicationName: string,
  patience: Patience,
  mode: TransactionMode,
): Connection {
  const link = new Link(() => createClient(address, applicationName, patience), patience.closeMs);
  return new RepeatingConnection(link, { label: address.label, patience, mode });
}

interface ConnectionOptions {
  readonly label: string;
  readonly patience: Patience;
  readonly mode: TransactionMode;
}

/** Repeats a transaction whose connection is lost, or that deadlocks, for as long as its patience lasts. */
class RepeatingConnection implements Connection {
  readonly label: string;
  readonly #link: Link;
  readonly #patience: Patience;
  readonly #mode: TransactionMode;
  #unended = 0;
  #turn: Promise<unknown> = Promise.resolve();
  /** The end of the last transaction that only read. Nobody needs the answer, but a pooler may give the next one another session. */
  #ended: Promise<unknown> = Promise.resolve();

  constructor(link: Link, { label, patience, mode }: ConnectionOptions) {
    this.label = label;
    this.#link = link;
    this.#patience = patience;
    this.#mode = mode;
  }

  get isBusy(): boolean {
    return this.#unended > 0;
  }

  transaction<T>(work: (session: Session) => Promise<T>, options: TransactionOptions = {}): Promise<T> {
    this.#unended += 1;
    const mine = this.#turn
      .then(() => this.#repeat(work, options))
      .finally(() => {
        this.#unended -= 1;
      });
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#link.end();
  }

  async #repeat<T>(work: (session: Session) => Promise<T>, options: TransactionOptions): Promise<T> {
    const until = performance.now() + this.#patience.busyMs;
    let hasBeenLate = false;
    for (let nth = 1; ; nth += 1) {
      options.signal?.throwIfAborted();
      try {
        return await this.#attempt(work, options);
      } catch (error) {
        const isAgain = isLost(error) || (isPassing(error) && nth < mostAttempts);
        const isLate = performance.now() > until;
        // One silent connection may use up all the time alone. Another connection is tried in any case.
        if (!isAgain || (isLate && (hasBeenLate || !isLost(error)))) throw translate(error, this.label);
        hasBeenLate = isLate;
      }
      await waitAStep(this.#patience.stepMs * nth, options.signal);
    }
  }

  async #attempt<T>(work: (session: Session) => Promise<T>, options: TransactionOptions): Promise<T> {
    await this.#ended;
    const client = await this.#link.client();
    const session = sessionOn(client);
    const { mode = this.#mode } = options;
    const isWriting = mode === 'write';
    try {
      session.send(beginStatement(mode, this.#patience));
      if (isWriting) crashPoint('transaction-begun');
      const result = await work(session);
      options.signal?.throwIfAborted();
      if (isWriting) crashPoint('before-commit');
      if (isWriting) await this.#commit(session, options);
      else this.#ended = client.query('COMMIT').catch(() => {});
      if (isWriting) crashPoint('after-commit');
      return result;
    } catch (error) {
      if (isLost(error)) this.#link.drop();
      else await client.query('ROLLBACK').catch(() => this.#link.drop());
      throw error;
    }
  }

  /** The lost session holds the fence row until it has ended. So whoever locks the fence row next finds out how it ended. */
  async #commit(session: Session, { isCommitted }: TransactionOptions): Promise<void> {
    try {
      const committing = session.query('COMMIT');
      // It leaves at the end of this turn.
      process.nextTick(() => crashPoint('commit-sent'));
      // A transaction in which a statement has failed is rolled back by COMMIT, without an error.
      if ((await committing).command !== 'COMMIT') throw rolledBackError(this.label);
    } catch (error) {
      if (!isLost(error) || !isCommitted) throw error;
      this.#link.drop();
      const happened = await this.#repeat(isCommitted, {}).catch((cause: unknown) => {
        throw unknownEndError(this.label, cause);
      });
      if (!happened) throw error;
    }
  }
}

async function waitAStep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(ms * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

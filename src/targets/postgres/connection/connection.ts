import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { crashPoint } from '../../../crash.ts';
import type { Timings } from '../../../timings.ts';
import type { Address } from './address.ts';
import { isLost, isPassing, translate, unknownEndError } from './errors.ts';
import { createClient, letGo, type Session, sessionOn } from './session.ts';

/** How often a transaction is tried that deadlocks. */
const mostAttempts = 8;

/** How long to wait for a lock, and, in steps of about what, between two attempts. */
export interface Patience {
  readonly busyMs: number;
  readonly stepMs: number;
  readonly connectMs: number;
  /** A server that does not close its connection for so long is not waited for. */
  readonly closeMs: number;
  /** The server ends a transaction of ours in which nothing happens for so long. */
  readonly idleMs: number;
  /** The server gives up a statement after so long. */
  readonly statementMs: number;
  /** A server that says nothing for so long is given up. */
  readonly silenceMs: number;
}

export type PostgresTimings = Pick<
  Timings,
  'targetBusyMs' | 'targetBusyStepMs' | 'targetConnectMs' | 'targetCloseMs' | 'targetIdleMs'
>;

export function patienceOf(timings: PostgresTimings): Patience {
  const { targetBusyMs: busyMs, targetBusyStepMs: stepMs, targetIdleMs: idleMs } = timings;
  const { targetConnectMs: connectMs, targetCloseMs: closeMs } = timings;
  return { busyMs, stepMs, connectMs, closeMs, idleMs, statementMs: 2 * idleMs, silenceMs: 3 * idleMs };
}

export interface TransactionOptions {
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked on a new connection when the answer to COMMIT was lost: whether it happened. Without it the work is such that
   * doing it twice is doing it once.
   */
  readonly isCommitted?: ((session: Session) => Promise<boolean>) | undefined;
}

/** One connection, made when it is needed and made again when it is lost. Its transactions take turns. */
export interface Connection extends AsyncDisposable {
  readonly label: string;
  /** Runs work in one transaction, whole or not at all; it may run several times until it is committed. */
  transaction<T>(work: (session: Session) => Promise<T>, options?: TransactionOptions): Promise<T>;
}

/** Writers are serial by the fence row's lock, which read committed serves best, whatever the database's default is. */
const modes = {
  write: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
} as const;

export function createConnection(
  address: Address,
  applicationName: string,
  patience: Patience,
  mode: keyof typeof modes,
): Connection {
  // Every setting is local to its transaction: behind a pooler the next one may have another server's session.
  const begin = `${modes[mode]}; ${settingsOf(patience)}`;
  const { label } = address;
  const link = keepConnected(() => createClient(address, applicationName, patience), patience.closeMs);
  let turn: Promise<unknown> = Promise.resolve();

  const attempt = async <T>(work: (session: Session) => Promise<T>, options: TransactionOptions): Promise<T> => {
    const session = sessionOn(await link.client());
    try {
      await session.query(begin);
      if (mode === 'write') crashPoint('transaction-begun');
      const result = await work(session);
      options.signal?.throwIfAborted();
      if (mode === 'write') crashPoint('before-commit');
      await commit(session, options);
      if (mode === 'write') crashPoint('after-commit');
      return result;
    } catch (error) {
      if (isLost(error)) link.drop();
      else await session.query('ROLLBACK').catch(link.drop);
      throw error;
    }
  };

  /** Whoever locks what the lost session held finds out how it ended: it holds the fence row until it has. */
  const commit = async (session: Session, { isCommitted }: TransactionOptions): Promise<void> => {
    try {
      const committing = session.query('COMMIT');
      if (mode === 'write') crashPoint('commit-sent');
      await committing;
    } catch (error) {
      if (!isLost(error) || !isCommitted) throw error;
      link.drop();
      const happened = await repeated(isCommitted, {}).catch((cause: unknown) => {
        throw unknownEndError(label, cause);
      });
      if (!happened) throw error;
    }
  };

  const repeated = async <T>(work: (session: Session) => Promise<T>, options: TransactionOptions): Promise<T> => {
    const until = performance.now() + patience.busyMs;
    let hasBeenLate = false;
    for (let nth = 1; ; nth += 1) {
      options.signal?.throwIfAborted();
      try {
        return await attempt(work, options);
      } catch (error) {
        const isAgain = isLost(error) || (isPassing(error) && nth < mostAttempts);
        const isLate = performance.now() > until;
        // One silent connection uses up all the time alone: another one is tried in any case.
        if (!isAgain || (isLate && (hasBeenLate || !isLost(error)))) throw translate(error, label);
        hasBeenLate = isLate;
      }
      await waitAStep(patience.stepMs * nth, options.signal);
    }
  };

  return {
    label,
    transaction(work, options = {}) {
      const mine = turn.then(() => repeated(work, options));
      turn = mine.catch(() => {});
      return mine;
    },
    async [Symbol.asyncDispose]() {
      await turn;
      await link.end();
    },
  };
}

/** Values are compared as texts, so every session has to write them alike, whatever the role or the database was told. */
const style = `SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1;
    SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex'`;

/**
 * What a transaction runs under. A server that waits for the rest of a COPY heeds no other limit than its keep-alives: they
 * end a session whose client is out of reach before the client makes another one, which would wait for its locks.
 */
function settingsOf({ busyMs, statementMs, idleMs }: Patience): string {
  return `SET LOCAL lock_timeout = ${busyMs}; SET LOCAL statement_timeout = ${statementMs};
    SET LOCAL idle_in_transaction_session_timeout = ${idleMs}; SET LOCAL jit = off;
    SET LOCAL tcp_keepalives_idle = ${Math.ceil(idleMs / 1000)}; SET LOCAL tcp_keepalives_interval = ${Math.ceil(idleMs / 2000)};
    SET LOCAL tcp_keepalives_count = 2; ${style}`;
}

/** The one client there is: a new one where the last has failed. */
function keepConnected(create: () => Client, closeMs: number) {
  let client: Client | undefined;
  const drop = (): void => {
    if (client) letGo(client);
    client = undefined;
  };
  return {
    drop,
    async client(): Promise<Client> {
      if (client) return client;
      const made = create();
      made.on('error', () => {
        if (client === made) drop();
      });
      client = made;
      try {
        await made.connect();
      } catch (error) {
        if (client === made) drop();
        throw error;
      }
      return made;
    },
    async end(): Promise<void> {
      const last = client;
      client = undefined;
      if (last) await close(last, closeMs);
    },
  };
}

/** Whoever does not answer even to this must not keep a run that is done, and with it the lock. */
async function close(client: Client, closeMs: number): Promise<void> {
  const tearDown = setTimeout(() => letGo(client), closeMs);
  await client.end().catch(() => {});
  clearTimeout(tearDown);
}

async function waitAStep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(ms * (0.5 + Math.random()), undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}

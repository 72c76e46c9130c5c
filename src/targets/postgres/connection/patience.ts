import type { Timings } from '../../../timings.ts';

/** How long to wait for what. */
export interface Patience {
  /** For a lock, and for a lost server to come back. */
  readonly busyMs: number;
  /** Between two attempts, about. */
  readonly stepMs: number;
  readonly connectMs: number;
  /** For the server to close its connection. */
  readonly closeMs: number;
  /** The server ends a transaction of ours in which nothing happens for this long. */
  readonly idleMs: number;
  /** The server gives up a statement after this long. */
  readonly statementMs: number;
  /** We give up a server that says nothing for this long. */
  readonly silenceMs: number;
}

export type PostgresTimings = Pick<
  Timings,
  'targetBusyMs' | 'targetBusyStepMs' | 'targetConnectMs' | 'targetCloseMs' | 'targetIdleMs' | 'targetStatementMs'
>;

export function patienceOf(timings: PostgresTimings): Patience {
  const { targetBusyMs: busyMs, targetBusyStepMs: stepMs, targetIdleMs: idleMs } = timings;
  const { targetConnectMs: connectMs, targetCloseMs: closeMs, targetStatementMs: statementMs = 2 * idleMs } = timings;
  return { busyMs, stepMs, connectMs, closeMs, idleMs, statementMs, silenceMs: 3 * idleMs };
}

import type { Patience } from './patience.ts';

/** The fence row's lock makes writers serial. Read committed serves that best, whatever the database's default is. */
const modes = {
  write: 'BEGIN ISOLATION LEVEL READ COMMITTED',
  read: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
} as const;

export type TransactionMode = keyof typeof modes;

/**
 * The statements that begin a transaction. Every setting is local to the transaction: behind a pooler the next one may have
 * another server's session.
 */
export function beginStatement(mode: TransactionMode, patience: Patience): string {
  return `${modes[mode]}; ${settingsOf(patience)}`;
}

/** Values are compared as texts, so every session has to write them alike, however the role or the database is configured. */
const style = `SET LOCAL datestyle = 'ISO'; SET LOCAL timezone = 'UTC'; SET LOCAL extra_float_digits = 1;
    SET LOCAL intervalstyle = 'postgres'; SET LOCAL bytea_output = 'hex'`;

/**
 * What a transaction runs under. A server that waits for the rest of a COPY obeys no limit but its keep-alives. They end a
 * session whose client is out of reach before the client makes another session, which would wait for its locks.
 */
function settingsOf({ busyMs, statementMs, idleMs }: Patience): string {
  return `SET LOCAL lock_timeout = ${busyMs}; SET LOCAL statement_timeout = ${statementMs};
    SET LOCAL idle_in_transaction_session_timeout = ${idleMs}; SET LOCAL jit = off;
    SET LOCAL tcp_keepalives_idle = ${Math.ceil(idleMs / 1000)}; SET LOCAL tcp_keepalives_interval = ${Math.ceil(idleMs / 2000)};
    SET LOCAL tcp_keepalives_count = 2; ${style}`;
}

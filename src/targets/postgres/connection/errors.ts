import { messageOf } from '../../../errors.ts';
import { UnstorableError } from '../../sql/stored-values.ts';

// SQLSTATEs: PostgreSQL documentation, appendix A.

/** Classes of errors about one row: data, constraints, triggers, what functions of the system raise, limits. */
const rowClasses: ReadonlySet<string> = new Set(['09', '21', '22', '23', '27', '38', '39', '44', '54', 'P0']);
const retried: ReadonlySet<string> = new Set(['40001', '40P01']);
const lockTimeout = '55P03';
const queryCanceled = '57014';

/** The server or the network went away: admin shutdown, crash, starting up, idle session ended, and class 08. */
const lost: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04']);
const lostSocket =
  /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTCONN|EAI_AGAIN|ERR_STREAM_[A-Z_]+|ERR_SOCKET_C[A-Z_]+)$/;

/** Messages of the driver that come without a code: pg 8, lib/client.js. */
const lostWords =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|Client was closed)/;

/** The SQLSTATE, or the code of Node; empty if there is neither. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The connection cannot be used any more. It is not known whether its last statement happened. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  return (
    lost.has(code) || /^08/.test(code) || lostSocket.test(code) || (code === '' && lostWords.test(messageOf(error)))
  );
}

/** The whole transaction may succeed if it is tried again. */
export function isPassing(error: unknown): boolean {
  return retried.has(codeOf(error));
}

/** A lock was not free in time. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === lockTimeout;
}

/** The server gave up a statement, which took too long or was cancelled. With fewer rows it may succeed. */
export function isOverTime(error: unknown): boolean {
  return [error, error instanceof Error ? error.cause : undefined].some((each) => codeOf(each) === queryCanceled);
}

/** Another first start has just made what we wanted to make. */
export function isMadeAlready(error: unknown): boolean {
  return /^(42P06|42P07|42701|42710|23505)$/.test(codeOf(error));
}

/** Why the database does not let one row in; undefined if the error is of another kind. */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof UnstorableError) return error.message;
  const code = codeOf(error);
  if (code === '' || retried.has(code) || code === lockTimeout) return undefined;
  return rowClasses.has(code.slice(0, 2)) || isRaised(error) ? `the database refuses it: ${wordsOf(error)}` : undefined;
}

/** Why a row is refused that takes longer, all alone, than a statement may. */
export function tooSlow(error: unknown): string {
  return `the database takes too long over it: ${wordsOf(error)}`;
}

/** A foreign key, a unique or an exclusion constraint. Once other rows are written it may let this one in. */
export function dependsOnOthers(error: unknown): boolean {
  return /^(23503|23505|23P01)$/.test(codeOf(error));
}

/** A trigger of the system may raise any code. A policy of row security raises the code of a missing right. */
function isRaised(error: unknown): boolean {
  const routine = error instanceof Error && 'routine' in error ? error.routine : '';
  return routine === 'exec_stmt_raise' || routine === 'ExecWithCheckOptions';
}

function wordsOf(error: unknown): string {
  const detail = error instanceof Error && 'detail' in error && typeof error.detail === 'string' ? error.detail : '';
  return detail === '' ? messageOf(error) : `${messageOf(error)} (${detail})`;
}

import { ConfigError, messageOf, SyncError, UnreachableError } from '../../../errors.ts';
import { UnstorableError } from '../../sql/values.ts';

// SQLSTATEs: PostgreSQL documentation, appendix A.

/** Classes that say something about one row: data, constraints, triggers, what functions of the system raise, limits. */
const rowClasses: ReadonlySet<string> = new Set(['09', '21', '22', '23', '27', '38', '39', '44', '54', 'P0']);
const retried: ReadonlySet<string> = new Set(['40001', '40P01']);
const lockTimeout = '55P03';
const queryCanceled = '57014';

/** The server, or the way to it, went away: admin shutdown, crash, starting up, idle session ended, and class 08. */
const lost: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '57P05', '25P03', '25P04']);
const lostSocket =
  /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENETDOWN|ENOTCONN|EAI_AGAIN|ERR_STREAM_[A-Z_]+|ERR_SOCKET_C[A-Z_]+)$/;

/** What the driver says without a code: pg 8, lib/client.js. */
const lostWords =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout expired|Client was closed)/;

/** Node's codes of TLS, and OpenSSL's of a certificate that is not believed (Node.js documentation, "X509 certificate error codes"). */
const tlsCodes = /CERT|CRL|SSL|TLS|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$|^HOSTNAME_MISMATCH$/;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The connection is of no use any more; what it did last is not known. */
export function isLost(error: unknown): boolean {
  const code = codeOf(error);
  return (
    lost.has(code) || /^08/.test(code) || lostSocket.test(code) || (code === '' && lostWords.test(messageOf(error)))
  );
}

/** The whole transaction may do better if it is tried again. */
export function isPassing(error: unknown): boolean {
  return retried.has(codeOf(error));
}

export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === lockTimeout;
}

/** The server gave up a statement, by itself or because it was told to: fewer rows may do. */
export function isOverTime(error: unknown): boolean {
  return [error, error instanceof Error ? error.cause : undefined].some((each) => codeOf(each) === queryCanceled);
}

/** Two first starts at once: the other one has just made what we wanted to make. */
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

/** The reason of a row that takes longer, all alone, than a statement may. */
export function tooSlow(error: unknown): string {
  return `the database takes too long over it: ${wordsOf(error)}`;
}

/** A foreign key, a unique or an exclusion constraint: when other rows are written it may let this one in. */
export function dependsOnOthers(error: unknown): boolean {
  return /^(23503|23505|23P01)$/.test(codeOf(error));
}

/** What a trigger of the system raises may bear any code; a policy of row security bears that of a missing right. */
function isRaised(error: unknown): boolean {
  const routine = error instanceof Error && 'routine' in error ? error.routine : '';
  return routine === 'exec_stmt_raise' || routine === 'ExecWithCheckOptions';
}

function wordsOf(error: unknown): string {
  const detail = error instanceof Error && 'detail' in error && typeof error.detail === 'string' ? error.detail : '';
  return detail === '' ? messageOf(error) : `${messageOf(error)} (${detail})`;
}

export function busyError(label: string, cause: unknown): UnreachableError {
  return new UnreachableError(
    `the target ${label} is busy: another transaction holds what this one needs; nothing was written`,
    {
      hint: 'Find the session that keeps a transaction open (pg_stat_activity), or let the next run try again.',
      cause,
    },
  );
}

export function unknownEndError(label: string, cause: unknown): UnreachableError {
  return new UnreachableError(
    `the target ${label} went away during a commit: it happened whole, or not at all, and cannot be asked which`,
    { hint: 'The next run finds out and goes on from there.', cause },
  );
}

/** Says an error of Postgres in the user's words. An error that is ours, or not Postgres's, is given back as it is. */
export function translate(error: unknown, label: string): unknown {
  if (error instanceof SyncError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (code === lockTimeout || retried.has(code)) return busyError(label, error);
  const known = sayingOf(error, code);
  if (!known) return error;
  const message = `the target ${label} ${known.says}: ${messageOf(error) || code}; nothing was written`;
  const Known = known.isConfig ? ConfigError : UnreachableError;
  return new Known(message, { hint: known.hint, cause: error });
}

interface Saying {
  readonly says: string;
  readonly hint: string;
  readonly isConfig: boolean;
}

function sayingOf(error: unknown, code: string): Saying | undefined {
  const exact = sayings[code] ?? sayings[code.slice(0, 2)];
  if (exact) return exact;
  if (code === '' && /^SASL:/.test(messageOf(error))) return credentials;
  if (tlsCodes.test(code) || /\bSSL\b/.test(messageOf(error))) return sayings.tls;
  if (isLost(error) || /^(E|EAI_)[A-Z]+$/.test(code)) return sayings.away;
  return /^[0-9A-Z]{5}$/.test(code) ? sayings.other : undefined;
}

const credentials: Saying = {
  says: 'does not let this user in',
  hint: 'Look at the user and the password in `target.url`.',
  isConfig: true,
};

const misfit: Saying = {
  says: 'does not fit',
  hint: 'A table was changed while cronsync ran, or does not fit: `cronsync check` compares them.',
  isConfig: true,
};

const full: Saying = { says: 'has no room', hint: 'Make room; the next run goes on from there.', isConfig: false };

const sayings: Readonly<Record<string, Saying>> = {
  '28': credentials,
  '3D': { says: 'is not there', hint: 'Make the database, or mend its name in `target.url`.', isConfig: true },
  '3F': { says: 'has no such schema', hint: 'Make the schema that `target.schema` names.', isConfig: true },
  '42': misfit,
  '0A': misfit,
  '23': {
    says: 'refuses a transaction as a whole',
    hint: 'A constraint or a trigger of the system does not let these rows in.',
    isConfig: true,
  },
  '42501': {
    says: 'does not allow this user enough',
    hint: 'docs/postgres.md has the rights that cronsync needs, as GRANT statements.',
    isConfig: true,
  },
  '25006': {
    says: 'is read-only',
    hint: 'It is a standby, or was made one: let `target.url` name the primary.',
    isConfig: false,
  },
  '53300': {
    says: 'has no connection left',
    hint: 'cronsync needs two; raise max_connections or the limit of the role, or let the next run try again.',
    isConfig: false,
  },
  '53': full,
  '57014': {
    says: 'took too long over a statement',
    hint: 'Look for a lock or a slow trigger; the next run goes on from the last commit.',
    isConfig: false,
  },
  tls: {
    says: 'and cronsync do not agree on TLS',
    hint: 'Look at `target.tls` (`ca`, `verify`), and at `sslmode` in `target.url`.',
    isConfig: true,
  },
  away: {
    says: 'cannot be reached',
    hint: 'Make sure that the server runs and that `target.url` is right; the next run goes on from the last commit.',
    isConfig: false,
  },
  other: { says: 'failed', hint: 'The next run tries again.', isConfig: false },
};

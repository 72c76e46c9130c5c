import { ConfigError, IntegrityError, messageOf, SyncError, UnreachableError } from '../../../errors.ts';
import { isOfTls } from '../../../tls.ts';
import { codeOf, isLockTimeout, isLost, isPassing } from './errors.ts';

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
    { hint: 'The next run finds out and continues from there.', cause },
  );
}

/** A statement has failed, and what went on in spite of it was not written. */
export function rolledBackError(label: string): IntegrityError {
  return new IntegrityError(
    `the target ${label} rolled a transaction back at its end, because a statement had failed; nothing was written`,
  );
}

/** Turns an error of Postgres into one that a user understands. Any other error is returned as it is. */
export function translate(error: unknown, label: string): unknown {
  if (error instanceof SyncError || !(error instanceof Error)) return error;
  const code = codeOf(error);
  if (isLockTimeout(error) || isPassing(error)) return busyError(label, error);
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
  if (isOfTls(error) || /\bSSL\b/.test(messageOf(error))) return sayings.tls;
  if (isLost(error) || /^(E|EAI_)[A-Z]+$/.test(code)) return sayings.away;
  return /^[0-9A-Z]{5}$/.test(code) ? sayings.other : undefined;
}

const credentials: Saying = {
  says: 'does not let this user in',
  hint: 'Look at the user and the password in `target.url`, or at what the module of `target.auth` returns.',
  isConfig: true,
};

const misfit: Saying = {
  says: 'does not fit',
  hint: 'A table was changed while cronsync ran, or does not fit: `cronsync check` compares them.',
  isConfig: true,
};

const full: Saying = { says: 'has no room', hint: 'Make room; the next run continues from there.', isConfig: false };

const sayings: Readonly<Record<string, Saying>> = {
  '28': credentials,
  '3D': { says: 'is not there', hint: 'Make the database, or correct its name in `target.url`.', isConfig: true },
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
    hint: 'cronsync needs two. Raise max_connections or the limit of the role, or let the next run try again.',
    isConfig: false,
  },
  '53': full,
  '57014': {
    says: 'took too long over a statement',
    hint: 'Look for a lock or a slow trigger; the next run continues from the last commit.',
    isConfig: false,
  },
  tls: {
    says: 'and cronsync do not agree on TLS',
    hint: 'Look at `target.tls` (`ca`, `verify`), and at `sslmode` in `target.url`.',
    isConfig: true,
  },
  away: {
    says: 'cannot be reached',
    hint: 'Make sure that the server runs and that `target.url` is right; the next run continues from the last commit.',
    isConfig: false,
  },
  other: { says: 'failed', hint: 'The next run tries again.', isConfig: false },
};

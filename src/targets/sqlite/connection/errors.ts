import { ConfigError, messageOf, SyncError, UnreachableError } from '../../../errors.ts';
import { UnstorableError } from '../../sql/stored-values.ts';

// Primary result codes: https://www.sqlite.org/rescode.html
const busy = 5;
const locked = 6;
const ioError = 10;
const full = 13;
const cannotOpen = 14;
const tooBig = 18;
const constraint = 19;
const mismatch = 20;

function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined;
  return error.errcode & 0xff;
}

export function isBusy(error: unknown): boolean {
  const code = codeOf(error);
  return code === busy || code === locked;
}

/** The disk is full, or fails. */
export function isDiskError(error: unknown): boolean {
  const code = codeOf(error);
  return code === ioError || code === full || code === cannotOpen;
}

/** Why the database does not let one row in; undefined if the error is of another kind. */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof UnstorableError) return error.message;
  const code = codeOf(error);
  return code === constraint || code === mismatch || code === tooBig
    ? `the database refuses it: ${messageOf(error)}`
    : undefined;
}

export function busyError(label: string, cause: unknown): UnreachableError {
  return new UnreachableError(`the target ${label} is busy: another program holds it locked; nothing was written`, {
    hint: 'Find the program that keeps a transaction open, or let the next run try again.',
    cause,
  });
}

/** Turns an error of SQLite into one that a user understands. Any other error is returned as it is. */
export function translate(error: unknown, label: string): unknown {
  if (error instanceof SyncError) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  if (code === busy || code === locked) return busyError(label, error);
  const known = sayings[code] ?? sayings.other;
  const message = `${known?.says(label) ?? label}: ${messageOf(error)}; nothing was written`;
  const options = { hint: known?.hint ?? '', cause: error };
  return known?.isConfig ? new ConfigError(message, options) : new UnreachableError(message, options);
}

interface Saying {
  readonly says: (label: string) => string;
  readonly hint: string;
  readonly isConfig: boolean;
}

const forbidden: Saying = {
  says: (label) => `the target ${label} cannot be written by this user`,
  hint: 'Give the user that runs cronsync the right to write the file and its directory.',
  isConfig: true,
};

const sayings: Record<number | 'other', Saying | undefined> = {
  1: {
    says: (label) => `the target ${label} does not fit`,
    hint: 'A table was changed while cronsync ran, or does not fit: `cronsync check` compares them.',
    isConfig: true,
  },
  3: forbidden,
  8: forbidden,
  11: {
    says: (label) => `the target ${label} is damaged`,
    hint: 'Check it with `PRAGMA integrity_check`, and restore it from a backup.',
    isConfig: false,
  },
  13: {
    says: (label) => `the disk of the target ${label} is full`,
    hint: 'Make room; the next run continues from there.',
    isConfig: false,
  },
  14: {
    says: (label) => `the target ${label} cannot be opened`,
    hint: 'Make sure that its directory exists and that this user may write there.',
    isConfig: true,
  },
  19: {
    says: (label) => `the target ${label} refuses a transaction as a whole`,
    hint: 'A deferred constraint or a trigger of the system does not let these rows in.',
    isConfig: true,
  },
  23: forbidden,
  26: {
    says: (label) => `the target ${label} is not a SQLite database`,
    hint: 'Look at `target.file` in the config: the file is something else.',
    isConfig: true,
  },
  other: {
    says: (label) => `the target ${label} failed`,
    hint: 'The next run tries again.',
    isConfig: false,
  },
};

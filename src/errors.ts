/** Exit codes of the command, after BSD's sysexits(3) where one fits. */
export const ExitCode = {
  ok: 0,
  changes: 2,
  held: 3,
  /** A check found what it looks for. */
  found: 4,
  usage: 64,
  rejects: 65,
  unreachable: 69,
  bug: 70,
  locked: 75,
  protocol: 76,
  credentials: 77,
  config: 78,
  sigint: 130,
  sigterm: 143,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** If several exit codes apply, the first of these is used. */
const precedence: readonly ExitCode[] = [130, 143, 70, 78, 77, 76, 75, 69, 65, 64, 3, 4, 2, 0];

/** The exit code of a run in which all of these occurred: signals win, then bugs, then config errors, down to success. */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const met = new Set(codes);
  return precedence.find((code) => met.has(code)) ?? ExitCode.ok;
}

export interface SyncErrorOptions {
  /** What the operator should do next, as one sentence. */
  readonly hint?: string;
  /** The original error. */
  readonly cause?: unknown;
  /** The HTTP status, if that is the reason. */
  readonly status?: number;
}

/** An error that is reported to the user. The message says what happened and what is guaranteed, `hint` says what to do. */
export abstract class SyncError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  /** The HTTP status, if that is the reason. */
  readonly status: number | undefined;

  constructor(message: string, options: SyncErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.hint = options.hint;
    this.status = options.status;
  }
}

/** The command line is wrong. Nothing was done. */
export class UsageError extends SyncError {
  override readonly exitCode = ExitCode.usage;
}

/** The config is wrong, missing, or does not fit the target. Nothing was fetched. */
export class ConfigError extends SyncError {
  override readonly exitCode = ExitCode.config;
}

/** A newer release has made the tables: this one does not touch them. */
export class NewerTablesError extends ConfigError {}

/** The third party, Redis or the target cannot be reached, or does not answer in time. */
export class UnreachableError extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/**
 * The third party cannot be reached, does not answer in time, or answers 429 or 5xx. Nothing of this page was written.
 * `backsOff` says what makes no hit for a while: this resource (the run does that), or all that share the throttle key (this
 * was done before the error was thrown).
 */
export class ThirdPartyError extends UnreachableError {
  readonly backsOff: 'resource' | 'key';

  constructor(message: string, options: SyncErrorOptions & { readonly backsOff: 'resource' | 'key' }) {
    super(message, options);
    this.backsOff = options.backsOff;
  }
}

/** The stream and the database contradict each other, or cronsync contradicts itself. It stops and skips nothing. */
export class IntegrityError extends SyncError {
  override readonly exitCode = ExitCode.bug;
}

/** Another run holds the lock. This one touched nothing. */
export class LockHeldError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** This run held the lock and cannot trust it any more. What it had not committed was rolled back. */
export class LeaseLostError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** A newer run has taken over the target. The transaction that noticed it was rolled back. */
export class FencedError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** The third party answered, but not with a page. Nothing of this page was written. */
export class ProtocolError extends SyncError {
  override readonly exitCode = ExitCode.protocol;
}

/** A permanent redirect on the third party's own origin (RFC 9110, 301 and 308): the next hit goes to `to`. */
export class MovedError extends ProtocolError {
  /** URLs without their query. */
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string) {
    super(`the third party says that ${from} has moved permanently to ${to}; the next hit goes there`);
    this.from = from;
    this.to = to;
  }
}

/** The third party does not accept the cursor any more. The pass starts over, and deletes nothing. */
export class CursorExpiredError extends ProtocolError {
  /** True if the bookmark is too old. Then everything is read again, wherever the pass stands. */
  readonly isBookmark: boolean;

  constructor(message: string, options: SyncErrorOptions & { readonly isBookmark?: boolean } = {}) {
    super(message, options);
    this.isBookmark = options.isBookmark === true;
  }
}

/** The third party refused our credentials (401, 403). */
export class CredentialsError extends SyncError {
  override readonly exitCode = ExitCode.credentials;
}

/** More records of a pass were rejected than the config allows. */
export class RejectsError extends SyncError {
  override readonly exitCode = ExitCode.rejects;
}

/** A complete pass brought fewer records than the third party says that it has. They were written, and nothing was deleted. */
export class IncompleteError extends SyncError {
  override readonly exitCode = ExitCode.rejects;
}

/** The reason of the edge's AbortSignal: SIGINT, SIGTERM, or a closed output. Each batch is committed as a whole or not at all. */
export class StopError extends SyncError {
  override readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super('stopped by a signal');
    this.exitCode = exitCode;
  }
}

/** The reason of the edge's AbortSignal after an error that nothing caught. The command stops as after SIGTERM, with 70. */
export class UncaughtError extends StopError {
  override readonly hint = 'Please report it, with this text.';

  constructor(cause: unknown) {
    super(ExitCode.bug);
    this.message = `a bug in cronsync, or in a module of yours: ${stackOf(cause)}. What is committed stays`;
    this.cause = cause;
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** What started a back-off. Every run that the back-off stops reports it again, with its exit code. */
export interface BackOffCause {
  readonly exitCode: ExitCode;
  readonly message: string;
  /** A digest of the credentials that were refused, after a 401 or 403. Other credentials end the back-off. */
  readonly credentials?: string;
}

/** No slot was free within `wait`, and no hit was made. If there is a cause, a back-off is the reason. */
export class ThrottledError extends SyncError {
  override readonly exitCode: ExitCode;
  /** The time until a slot frees, as far as it is known. */
  readonly waitMs: number;

  /** Why the limit of the config does not count, as one sentence; null if it does. */
  readonly because: string | null;

  constructor(waitMs: number, cause?: BackOffCause, because: string | null = null) {
    const slot = 'no slot is free within the time to wait; no hit was made';
    super(cause ? cause.message : because === null ? slot : `${slot}; ${because}`);
    this.waitMs = waitMs;
    this.because = because;
    this.exitCode = cause?.exitCode ?? ExitCode.ok;
  }
}

const published: Readonly<Record<string, new (message: string, options: never) => SyncError>> = {
  ConfigError,
  CredentialsError,
  CursorExpiredError,
  ProtocolError,
  ThirdPartyError,
};

/**
 * What was thrown, if it is one of our errors. An adapter module throws errors of the package's public API, whose classes are
 * a different copy from those in the command. Such an error is recognised by the name of its class or of a parent class, and
 * created again.
 */
export function syncErrorOf(thrown: unknown): SyncError | undefined {
  if (thrown instanceof SyncError) return thrown;
  if (!(thrown instanceof Error) || !('exitCode' in thrown)) return undefined;
  for (let kind = Object.getPrototypeOf(thrown); kind !== null; kind = Object.getPrototypeOf(kind)) {
    const Known = published[kind.constructor.name];
    if (Known) return new Known(thrown.message, thrown as never);
  }
  return undefined;
}

/** The message of an error, or the text of any other value: for what other people's code throws. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

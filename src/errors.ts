/** Exit codes of the command, after BSD's sysexits(3) where one fits. */
export const ExitCode = {
  ok: 0,
  changes: 2,
  held: 3,
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

/** Which exit code counts when several apply: the first of these that occurred. */
const precedence: readonly ExitCode[] = [130, 143, 70, 78, 77, 76, 75, 69, 65, 64, 3, 2, 0];

/** The one exit code for everything that a run met: signals win, then bugs, then config, down to success. */
export function worstExitCode(codes: Iterable<ExitCode>): ExitCode {
  const met = new Set(codes);
  return precedence.find((code) => met.has(code)) ?? ExitCode.ok;
}

export interface SyncErrorOptions {
  /** What the operator should do next, as one sentence. */
  readonly hint?: string;
  /** The original error. */
  readonly cause?: unknown;
}

/** An error that the user is told about: the message says what happened and what is guaranteed, `hint` what to do. */
export abstract class SyncError extends Error {
  abstract readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, options: SyncErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.hint = options.hint;
  }
}

/** The command line makes no sense. Nothing was done. */
export class UsageError extends SyncError {
  override readonly exitCode = ExitCode.usage;
}

/** The config is wrong, missing, or does not fit the target. Nothing was fetched. */
export class ConfigError extends SyncError {
  override readonly exitCode = ExitCode.config;
}

/** Third party, Redis or target cannot be reached, or do not answer in time. */
export class UnreachableError extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/**
 * The third party cannot be reached, does not answer in time, or answers 429 or 5xx. Nothing of this page was written.
 * `backsOff` says who stays away for a while: this resource (the run sees to it), or all that share the throttle key (done).
 */
export class ThirdPartyError extends UnreachableError {
  readonly backsOff: 'resource' | 'key';

  constructor(message: string, options: SyncErrorOptions & { readonly backsOff: 'resource' | 'key' }) {
    super(message, options);
    this.backsOff = options.backsOff;
  }
}

/** Two stores contradict each other (stream, database), or cronsync contradicts itself. Nothing is skipped: it stops. */
export class IntegrityError extends SyncError {
  override readonly exitCode = ExitCode.bug;
}

/** Another run holds the lock. This one touched nothing. */
export class LockHeldError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** This run held the lock and cannot trust that any more. What it had not committed was rolled back. */
export class LeaseLostError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** A newer run has taken over the target. The transaction that found out was rolled back. */
export class FencedError extends SyncError {
  override readonly exitCode = ExitCode.locked;
}

/** The third party answered, but not with a page. Nothing of this page was written. */
export class ProtocolError extends SyncError {
  override readonly exitCode = ExitCode.protocol;
  /** The HTTP status, where that is what made it no page. */
  readonly status: number | undefined;

  constructor(message: string, options: SyncErrorOptions & { readonly status?: number } = {}) {
    super(message, options);
    this.status = options.status;
  }
}

/** A permanent redirect on the third party's own origin (RFC 9110, 301 and 308): the next hit goes to `to`. */
export class MovedError extends ProtocolError {
  /** URLs without their query. */
  readonly from: string;
  readonly to: string;

  constructor(from: string, to: string) {
    super(`the third party says that ${from} has moved to ${to} for good; the next hit goes there`);
    this.from = from;
    this.to = to;
  }
}

/** The third party says that the cursor is no longer good: the pass starts over, and deletes nothing. */
export class CursorExpiredError extends ProtocolError {
  /** It is the bookmark that is too old, wherever the pass stands: everything is read again. */
  readonly isBookmark: boolean;

  constructor(
    message: string,
    options: SyncErrorOptions & { readonly status?: number; readonly isBookmark?: boolean } = {},
  ) {
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

/** SIGINT, SIGTERM, or nobody left to talk to: why the edge's AbortSignal fired. What was in hand is whole, or was not begun. */
export class StopError extends SyncError {
  override readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super('stopped by a signal');
    this.exitCode = exitCode;
  }
}

/** What started a back-off: repeated, with its exit code, by every run that the back-off stops. */
export interface BackOffCause {
  readonly exitCode: ExitCode;
  readonly message: string;
  /** Digest of the credentials that were refused: others end the back-off. Only with a 401 or 403. */
  readonly credentials?: string;
}

/** No slot within `wait`: no hit was made. With a cause, the third party told us to stay away. */
export class ThrottledError extends SyncError {
  override readonly exitCode: ExitCode;
  /** How long from now until a slot frees, as far as is known. */
  readonly waitMs: number;

  constructor(waitMs: number, cause?: BackOffCause) {
    super(cause ? cause.message : 'no slot is free within the time to wait; no hit was made');
    this.waitMs = waitMs;
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
 * What was thrown, if it is one of ours. An adapter module throws errors of the package's public API, whose classes are
 * another copy than the command's: such an error is made anew, known by the name of its class or of one above it.
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

/** An error's message, or the thing itself as text: for what other people's code throws. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

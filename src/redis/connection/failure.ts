import { IntegrityError, messageOf, SyncError, UnreachableError } from '../../errors.ts';

/** Replies that say "not now": the same script may succeed a moment later, on this server or on the one that takes over. */
const passing = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY)\b/;

/** Replies of a Redis that is reachable and refuses to write. */
const refusing = /^(OOM|MISCONF|NOREPLICAS|READONLY)\b/;

const refusingCredentials = /^(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|invalid username-password/i;

/** Whether the same script may be sent again: the connection failed (it may have run), or the server says "not now". */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError || error instanceof SyncError) return false;
  return !isReply(error) || passing.test(error.message);
}

/** Whether Redis no longer knows the script: it was restarted, or its scripts were flushed. */
export function isUnknownScript(error: unknown): boolean {
  return isReply(error) && error.message.startsWith('NOSCRIPT');
}

/** What is known of the server that failed. */
export interface Failing {
  /** Where it is, without credentials. */
  readonly address: string;
  /** What is guaranteed in spite of the failure, as a clause. */
  readonly guarantee: string;
  /** The cause of a failed connect, which a command's own error does not contain. */
  readonly connectError?: Error | undefined;
}

/** Redis cannot be reached, or does not answer in time. */
export function unreachable(error: unknown, { address, guarantee, connectError }: Failing): UnreachableError {
  const cause = connectError ?? error;
  if (refusingCredentials.test(messageOf(cause))) return refusedCredentials(cause, address, guarantee);
  return new UnreachableError(`Redis at ${address} cannot be used (${describe(cause)}); ${guarantee}`, {
    hint: 'Is Redis running there, and reachable from here? Start it, or change redis.url in the config.',
    cause,
  });
}

/** Translates the error of a script that failed for good. `keys` are the script's keys. */
export function scriptFailure(error: unknown, failing: Failing, keys: readonly string[]): unknown {
  if (!isReply(error)) return isPassing(error) ? unreachable(error, failing) : error;
  if (error.message.includes('WRONGTYPE')) return wrongType(error, failing, keys);
  if (refusing.test(error.message)) return refusedWrite(error, failing);
  if (passing.test(error.message) || refusingCredentials.test(error.message)) {
    return unreachable(error, { ...failing, connectError: undefined });
  }
  return error;
}

function refusedCredentials(cause: unknown, address: string, guarantee: string): UnreachableError {
  return new UnreachableError(`Redis at ${address} refused the credentials (${describe(cause)}); ${guarantee}`, {
    hint: 'Put the right user and password into redis.url: redis://user:password@host:6379.',
    cause,
  });
}

function refusedWrite(error: Error, { address, guarantee }: Failing): UnreachableError {
  return new UnreachableError(`Redis at ${address} refuses to write (${error.message}); ${guarantee}`, {
    hint: 'Give Redis more memory (OOM), look at its log (MISCONF), or point redis.url at the master (READONLY, NOREPLICAS).',
    cause: error,
  });
}

function wrongType(error: Error, { address, guarantee }: Failing, keys: readonly string[]): IntegrityError {
  return new IntegrityError(
    `a key in Redis at ${address} holds something that cronsync did not write: one of ${keys.join(', ')}; ${guarantee}`,
    { hint: `See what it is with "redis-cli type ${keys[0]}", then rename or delete it.`, cause: error },
  );
}

function isReply(error: unknown): error is Error {
  return error instanceof Error && error.name === 'ReplyError';
}

/** A host with several addresses fails with one error for all of them, without a message. */
function describe(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(messageOf).join(', ');
  const message = messageOf(cause);
  return message.startsWith('Unknown RESP type') ? 'what answers there is not Redis' : message;
}

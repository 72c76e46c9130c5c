import { ConfigError, IntegrityError, messageOf, SyncError, UnreachableError } from '../../errors.ts';
import { isOfTls } from '../../tls.ts';
import type { Whereabouts } from './place.ts';

/** Replies that say "not now": the same script may succeed a moment later, on this server or on the one that takes over. */
const passing = /^(LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|READONLY)\b/;

/** Replies of a Redis that is reachable and refuses to write. */
const refusing = /^(OOM|MISCONF|NOREPLICAS|READONLY)\b/;

const refusingCredentials = /^(NOAUTH|WRONGPASS|NOPERM)\b|invalid password|invalid username-password/i;

/** Whether the same script may be sent again: the connection failed (it may have run), or the server says "not now". */
export function isPassing(error: unknown): boolean {
  return isOfConnection(error) || (isReply(error) && passing.test(error.message));
}

/** Whether there was no answer: the connection failed, or it took too long. */
export function isOfConnection(error: unknown): boolean {
  return error instanceof Error && !(error instanceof TypeError || error instanceof SyncError) && !isReply(error);
}

/** Whether Redis no longer knows the script: it was restarted, or its scripts were flushed. */
export function isUnknownScript(error: unknown): boolean {
  return isReply(error) && error.message.startsWith('NOSCRIPT');
}

/** Whether the server does not accept who we are. The command was not executed. */
export function isLoginRefused(error: unknown): boolean {
  return isReply(error) && /^(NOAUTH|WRONGPASS)\b/.test(error.message);
}

/** Whether the user may not send `INFO`, by itself or in a script. */
export function isForbidden(error: unknown): boolean {
  return isReply(error) && /^NOPERM|ACL failure|can't run this command/.test(error.message);
}

/** What is known of the server that failed. */
export interface Failing extends Whereabouts {
  /** What is guaranteed in spite of the failure, as a clause. */
  readonly guarantee: string;
  /** The cause of a failed connect, which a command's own error does not contain. */
  readonly connectError?: Error | undefined;
}

const settings: Readonly<Record<Whereabouts['setting'], string>> = {
  'redis.url': 'redis.url',
  'redis.sentinels': 'redis.sentinels and redis.name',
  'redis.cluster': 'redis.cluster',
};

/** Redis cannot be reached, or does not answer in time. */
export function unreachable(error: unknown, failing: Failing): UnreachableError {
  const { address, setting, guarantee, connectError } = failing;
  const cause = connectError ?? error;
  if (refusingCredentials.test(messageOf(cause))) return refusedCredentials(cause, failing);
  return new UnreachableError(`Redis at ${address} cannot be used (${describe(cause)}); ${guarantee}`, {
    hint: hintFor(cause, setting),
    cause,
  });
}

function hintFor(cause: unknown, setting: Whereabouts['setting']): string {
  if (isOfTls(cause)) return 'Look at redis.tls in the config: `ca`, `cert`, `key` and `servername`.';
  if (messageOf(cause).includes('cluster support disabled'))
    return 'Replace redis.cluster by redis.url: what answers there is one server.';
  return `Is Redis running there, and reachable from here? Start it, or change ${settings[setting]} in the config.`;
}

/** Translates the error of a script that failed for good. `keys` are the script's keys. */
export function scriptFailure(error: unknown, failing: Failing, keys: readonly string[]): unknown {
  if (!isReply(error)) return isPassing(error) ? unreachable(error, failing) : error;
  if (error.message.includes('WRONGTYPE')) return wrongType(error, failing, keys);
  if (error.message.startsWith('MOVED')) return nodeOfCluster(error, failing);
  if (refusing.test(error.message)) return refusedWrite(error, failing);
  if (passing.test(error.message) || refusingCredentials.test(error.message)) {
    return unreachable(error, { ...failing, connectError: undefined });
  }
  return error;
}

const hintsOfCredentials: Readonly<Record<Whereabouts['setting'], string>> = {
  'redis.url': 'Put the right user and password into redis.url: redis://user:password@host:6379.',
  'redis.sentinels':
    'Put the right values into redis.username and redis.password, and those of the sentinels into redis.sentinelUsername and redis.sentinelPassword.',
  'redis.cluster': 'Put the right values into redis.username and redis.password.',
};

function refusedCredentials(cause: unknown, { address, setting, guarantee, isByModule }: Failing): UnreachableError {
  return new UnreachableError(`Redis at ${address} refused the credentials (${describe(cause)}); ${guarantee}`, {
    hint: isByModule ? 'Look at what the module of redis.auth returns.' : hintsOfCredentials[setting],
    cause,
  });
}

function refusedWrite(error: Error, { address, setting, guarantee }: Failing): UnreachableError {
  return new UnreachableError(`Redis at ${address} refuses to write (${error.message}); ${guarantee}`, {
    hint: `Give Redis more memory (OOM), look at its log (MISCONF), or point ${setting} at the master (READONLY, NOREPLICAS).`,
    cause: error,
  });
}

function nodeOfCluster(error: Error, { address, guarantee }: Failing): ConfigError {
  return new ConfigError(`Redis at ${address} is a node of a cluster, and others keep our keys; ${guarantee}`, {
    hint: 'Replace redis.url by redis.cluster: ["host:port", …] with some of the nodes.',
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
  const message = messageOf(cause).trim();
  return message.startsWith('Unknown RESP type') ? 'what answers there is not Redis' : message;
}

import { messageOf, SyncError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { AskLogin } from '../../login.ts';
import type { Timings } from '../../timings.ts';
import type { NodeOptions, RedisArgument } from './client.ts';
import { createClient } from './create-client.ts';
import { isForbidden, unreachable } from './failure.ts';
import { infoOfOwner } from './info.ts';
import { type RedisPlace, whereaboutsOf } from './place.ts';
import { textIn } from './reply.ts';
import { createScriptRunner, type RunScript, type Script } from './script.ts';
import { checkServer, versionIn } from './start-check.ts';

export interface RedisConfig {
  /** `redis` of the config. */
  readonly place: RedisPlace;
  /** A key of the sync. In a cluster, the server that keeps it is checked. */
  readonly key: string;
  /** Accept a Redis that evicts keys. */
  readonly allowEviction: boolean;
  /** Shown by `CLIENT LIST`. */
  readonly connectionName: string;
  /** Whether the process lives for long. */
  readonly isDaemon?: boolean;
  readonly timings: Pick<Timings, 'redisConnectMs' | 'redisCommandMs' | 'redisAskMs' | 'redisScriptBudgetMs'>;
  /** Asked before each connect, if `redis.auth` of the config names a module. */
  readonly login?: AskLogin | undefined;
  readonly log: Log;
}

/** A connection for commands, which reconnects by itself. The caller closes it. */
export interface RedisConnection {
  /** The address, without credentials. */
  readonly address: string;
  /** `Redis 7.4.1`; null if the server does not say. */
  readonly version: string | null;
  readonly run: RunScript;
  /**
   * Judges the server that keeps this key as the one of the sync is judged: in a cluster it may be another one. Resolves to its
   * version. Throws `UnreachableError` or `ConfigError`.
   */
  checkServerOf(key: string): Promise<string | null>;
  close(): void;
}

const infoScript: Script = { guarantee: 'nothing was written', lua: infoOfOwner };

const guarantee = 'no lock was taken, no hit was made and nothing was written';
const firstReconnectMs = 50;
const longestReconnectMs = 2000;

/**
 * Connects once, and checks that this Redis is suitable. Throws `UnreachableError` or `ConfigError`; nothing was written.
 *
 * The client never repeats a command whose reply was lost (`maxRetriesPerRequest: 0`). Only `run` repeats, and only scripts,
 * which are safe to repeat.
 */
export async function openRedis(config: RedisConfig): Promise<RedisConnection> {
  const { place, key, allowEviction, connectionName, isDaemon = false, timings, login, log } = config;
  const whereabouts = { ...whereaboutsOf(place), isByModule: login !== undefined };
  const { address } = whereabouts;
  let connectError: Error | undefined;
  let isClosed = false;
  const client = await createClient(place, {
    options: clientOptions(connectionName, timings),
    askMs: timings.redisAskMs,
    isDaemon,
    login,
    key,
    log,
    onError(error) {
      connectError = error;
      log.debug(`Redis at ${address}: ${messageOf(error)}`);
    },
    onReady() {
      connectError = undefined;
    },
  });
  const close = () => {
    isClosed = true;
    client.close();
  };

  let version: string | null = null;
  try {
    const info = await unlessForbidden(client.connect(key), log);
    checkServer(info, { ...whereabouts, allowEviction });
    version = versionIn(info);
  } catch (error) {
    const isSilent = /Connection is closed/.test(messageOf(connectError ?? error));
    if (isSilent) connectError = (await client.explain()) ?? connectError;
    close();
    throw error instanceof SyncError ? error : unreachable(error, { ...whereabouts, guarantee, connectError });
  }
  const server = {
    ...whereabouts,
    call: (command: string, args: readonly RedisArgument[]) => client.call(command, args),
    connectError: () => connectError,
    isClosed: () => isClosed,
  };
  const run = createScriptRunner(server, timings.redisScriptBudgetMs);
  return {
    address,
    version,
    run,
    async checkServerOf(other) {
      const info = await unlessForbidden(run(infoScript, [other], []).then(textIn), log);
      checkServer(info, { ...whereabouts, allowEviction });
      return versionIn(info);
    },
    close,
  };
}

/** The options of every client. */
export function clientOptions(connectionName: string, timings: RedisConfig['timings']): NodeOptions {
  return {
    protocol: 2,
    connectionName,
    lazyConnect: true,
    disableClientInfo: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    connectTimeout: timings.redisConnectMs,
    commandTimeout: timings.redisCommandMs,
    socketTimeout: timings.redisCommandMs + timings.redisConnectMs,
    retryStrategy: (times) =>
      Math.min(firstReconnectMs * 2 ** (times - 1), longestReconnectMs) * (0.5 + Math.random() / 2),
    reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
  };
}

/** What `INFO` answers; nothing for a user who may not ask. */
async function unlessForbidden(asked: Promise<string>, log: Log): Promise<string> {
  try {
    return await asked;
  } catch (error) {
    const reply = error instanceof SyncError ? error.cause : error;
    if (!isForbidden(reply)) throw error;
    log.warn('Redis forbids INFO to this user: its version, role and eviction policy were not checked');
    return '';
  }
}

import { Redis, type RedisOptions } from 'ioredis';
import { messageOf, SyncError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Timings } from '../../timings.ts';
import { unreachable } from './failure.ts';
import { parseRedisUrl } from './redis-url.ts';
import { textIn } from './reply.ts';
import { createScriptRunner, type RunScript } from './script.ts';
import { checkServer, versionIn } from './start-check.ts';

export interface RedisConfig {
  /** `redis.url` of the config. */
  readonly url: string;
  /** Accept a Redis that evicts keys. */
  readonly allowEviction: boolean;
  /** Shown by `CLIENT LIST`. */
  readonly connectionName: string;
  readonly timings: Pick<Timings, 'redisConnectMs' | 'redisCommandMs' | 'redisScriptBudgetMs'>;
  readonly log: Log;
}

/** A connection for commands, which reconnects by itself. The caller closes it. */
export interface RedisConnection {
  /** The address, without credentials. */
  readonly address: string;
  /** `Redis 7.4.1`; null if the server does not say. */
  readonly version: string | null;
  readonly run: RunScript;
  close(): void;
}

const guarantee = 'no lock was taken, no hit was made and nothing was written';
const firstReconnectMs = 50;
const longestReconnectMs = 2000;

/**
 * Connects once, and checks that this Redis is suitable. Throws `UnreachableError` or `ConfigError`; nothing was written.
 *
 * The client never repeats a command whose reply was lost (`maxRetriesPerRequest: 0`). Only `run` repeats, and only scripts,
 * which are safe to repeat.
 */
export async function openRedis({
  url,
  allowEviction,
  connectionName,
  timings,
  log,
}: RedisConfig): Promise<RedisConnection> {
  const { target, shown: address } = parseRedisUrl(url);
  const client = new Redis(target, clientOptions(connectionName, timings));
  let connectError: Error | undefined;
  let isClosed = false;
  client.on('error', (error: Error) => {
    connectError = error;
    log.debug(`Redis at ${address}: ${messageOf(error)}`);
  });
  client.on('ready', () => {
    connectError = undefined;
  });
  const close = () => {
    isClosed = true;
    client.disconnect();
  };

  let version: string | null = null;
  try {
    const info = await connect(client, log);
    checkServer(info, { address, allowEviction });
    version = versionIn(info);
  } catch (error) {
    close();
    throw error instanceof SyncError ? error : unreachable(error, { address, guarantee, connectError });
  }
  const call = (command: string, args: readonly (string | number)[]) => client.call(command, ...args);
  const server = { address, call, connectError: () => connectError, isClosed: () => isClosed };
  return { address, version, run: createScriptRunner(server, timings.redisScriptBudgetMs), close };
}

/** The options of every client. */
export function clientOptions(
  connectionName: string,
  timings: RedisConfig['timings'],
): Omit<RedisOptions, 'replyMapping'> {
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

/** Connects and sends `INFO` with the handshake: one round trip for both. Resolves to the reply. */
async function connect(client: Redis, log: Log): Promise<string> {
  const info = new Promise<unknown>((resolve, reject) => {
    client.once('connect', () => client.info().then(resolve, reject));
  });
  info.catch(() => {});
  await client.connect();
  try {
    return textIn(await info);
  } catch (error) {
    if (!messageOf(error).startsWith('NOPERM')) throw error;
    log.warn('Redis forbids INFO to this user: its version, role and eviction policy were not checked');
    return '';
  }
}

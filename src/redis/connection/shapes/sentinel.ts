import { Redis } from 'ioredis';
import type { ClientConfig, RedisClient } from '../client.ts';
import { whyUnreachable } from '../explain.ts';
import { connectForInfo } from '../info.ts';
import { accessOf, hostAndPort, type SentinelPlace } from '../place.ts';
import { Renewed } from '../renewed.ts';

const sentinelPort = 26_379;
const rounds = 2;
const betweenRoundsMs = 100;
/** How soon a daemon listens again to a sentinel that was away. */
const listenAgainMs = 5000;

/**
 * A client of the master that the sentinels name. It asks them at each connect, each once in two rounds, and then gives up:
 * a minutely run ends by itself. The role is checked at each connect, because a sentinel may not know yet who is the master
 * (`enableReadyCheck`).
 */
export function createSentinelClient(place: SentinelPlace, config: ClientConfig): RedisClient {
  const clients = new Renewed(() => open(place, config));
  return {
    connect: () => connectForInfo(clients.current),
    call: (command, args) => clients.current.call(command, ...args),
    isOver: () => clients.isOver(),
    async explain() {
      const { sentinelUsername: username, sentinelPassword: password, tls } = place;
      const [first] = endpoints(place);
      const cause =
        first && (await whyUnreachable(first, { ...config.options, ...accessOf({ username, password, tls }) }));
      return cause && Object.assign(cause, { message: noSentinel(`${first.host}:${first.port}`, cause.message) });
    },
    close: () => clients.close(),
  };
}

function open(place: SentinelPlace, { options, askMs, isDaemon, onError, onReady }: ClientConfig): Redis {
  const { name, sentinelUsername, sentinelPassword, tls, db } = place;
  const client = new Redis({
    ...options,
    name,
    sentinels: endpoints(place),
    ...accessOf(place),
    ...(db !== undefined && { db }),
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
    ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: askMs,
    sentinelRetryStrategy: (round) => (round < rounds ? betweenRoundsMs : null),
    sentinelReconnectStrategy: () => listenAgainMs,
    // What the config lists is asked, and nothing else: the sentinels may know each other by addresses of another network.
    updateSentinels: false,
    enableReadyCheck: true,
    failoverDetector: isDaemon,
  });
  let reason: Error | undefined;
  client.on('sentinelError', (error: Error) => {
    reason = reasonOf(error, name);
  });
  client.on('error', (error: Error) => {
    onError(reason ?? error);
    reason = undefined;
  });
  client.on('connect', () => {
    reason = undefined;
  });
  client.on('ready', onReady);
  return client;
}

function endpoints({ sentinels }: SentinelPlace) {
  return sentinels.map((sentinel) => hostAndPort(sentinel, sentinelPort));
}

/** ioredis says "failed to connect to sentinel HOST:PORT because REASON", or that one answered with something else. */
function reasonOf(error: Error, name: string): Error {
  const [, sentinel, reason] = /^failed to connect to sentinel (\S+) because (.*)$/s.exec(error.message) ?? [];
  if (reason === undefined) return new Error(`the sentinels do not know a master "${name}"`, { cause: error });
  // What a sentinel itself answers begins with a code: NOAUTH, WRONGPASS.
  const isReply = /^[A-Z]+ /.test(reason);
  return new Error(isReply ? `${reason} (sentinel ${sentinel})` : noSentinel(sentinel, reason), { cause: error });
}

function noSentinel(example: string | undefined, reason: string): string {
  return `no sentinel can be asked, such as ${example}: ${reason}`;
}

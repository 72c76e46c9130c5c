import { Cluster, Command } from 'ioredis';
import { IntegrityError } from '../../../errors.ts';
import type { ClientConfig, RedisArgument, RedisClient } from '../client.ts';
import { whyUnreachable } from '../explain.ts';
import { isPassing } from '../failure.ts';
import { infoOfOwner } from '../info.ts';
import { accessOf, type ClusterPlace, hostAndPort } from '../place.ts';
import { Renewed } from '../renewed.ts';
import { textIn } from '../reply.ts';

const nodePort = 6379;

/**
 * A client of a cluster. It follows the slots where they move, and never sends a command again whose connection closed:
 * only `run` repeats, and only scripts, which are safe to repeat.
 */
export function createClusterClient(place: ClusterPlace, config: ClientConfig): RedisClient {
  const clients = new Renewed(() => open(place, config));
  const { commandTimeout } = config.options;
  const call = async (name: string, args: readonly RedisArgument[]): Promise<unknown> => {
    const command = commandWithKey(name, args);
    // Where no node is known yet, ioredis has no time limit of its own.
    if (commandTimeout !== undefined) command.setTimeout(commandTimeout);
    const cluster = clients.current;
    try {
      return await cluster.sendCommand(command);
    } catch (error) {
      if (isPassing(error) && cluster.status === 'ready') cluster.refreshSlotsCache();
      throw error;
    }
  };
  return {
    async connect(key) {
      await clients.current.connect();
      return textIn(await call('EVAL', [infoOfOwner, 1, key]));
    },
    call,
    isOver: () => clients.isOver(),
    async explain() {
      const [first] = endpoints(place);
      return first && whyUnreachable(first, { ...config.options, ...accessOf(place) });
    },
    close: () => clients.close(),
  };
}

/** A command without a key that ioredis can find would go to a random node. */
function commandWithKey(name: string, args: readonly RedisArgument[]): Command {
  const command = new Command(name, [...args], { replyEncoding: 'utf8' });
  if (command.getKeys()[0] !== undefined) return command;
  throw new IntegrityError(`${name} names no key, so the node of a cluster that it is for is unknown; it was not sent`);
}

function open(place: ClusterPlace, { options, askMs, onError, onReady }: ClientConfig): Cluster {
  const { retryStrategy: _, ...redisOptions } = options;
  const cluster = new Cluster(endpoints(place), {
    redisOptions: { ...redisOptions, ...accessOf(place) },
    lazyConnect: true,
    // A cluster that is down says so to the first command, with its reason.
    enableReadyCheck: false,
    slotsRefreshTimeout: askMs,
    clusterRetryStrategy: () => null,
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    // The name, not its address, is what the certificate is for.
    dnsLookup: (host, callback) => callback(null, host),
  });
  cluster.on('error', () => {});
  cluster.on('node error', onError);
  cluster.on('ready', onReady);
  return cluster;
}

function endpoints({ cluster }: ClusterPlace) {
  return cluster.map((node) => hostAndPort(node, nodePort));
}

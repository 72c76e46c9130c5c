import { Redis } from 'ioredis';
import type { ClientConfig, RedisClient } from '../client.ts';
import { connectForInfo } from '../info.ts';
import { accessOf, type SinglePlace } from '../place.ts';
import { parseRedisUrl } from '../redis-url.ts';

/** A client of one server. It reconnects by itself, unless its options say otherwise. */
export function createSingleClient(place: SinglePlace, { options, onError, onReady }: ClientConfig): RedisClient {
  const client = new Redis(parseRedisUrl(place.url).target, { ...options, ...accessOf(place) });
  client.on('error', onError);
  client.on('ready', onReady);
  return {
    connect: () => connectForInfo(client),
    call: (command, args) => client.call(command, ...args),
    isOver: () => client.status === 'end',
    explain: async () => undefined,
    close: () => client.disconnect(),
  };
}

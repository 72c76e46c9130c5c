import type { Tls } from '../../tls.ts';
import { parseRedisUrl } from './redis-url.ts';

/** Where Redis is, as `redis` of the config says: one server, a master that sentinels know, or a cluster. */
export type RedisPlace = SinglePlace | SentinelPlace | ClusterPlace;

export interface SinglePlace {
  readonly url: string;
  readonly tls?: Tls | undefined;
}

interface Access {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly tls?: Tls | undefined;
}

export interface SentinelPlace extends Access {
  /** `host` or `host:port` of each sentinel. */
  readonly sentinels: readonly string[];
  /** What the sentinels call the master. */
  readonly name: string;
  readonly sentinelUsername?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly db?: number | undefined;
}

export interface ClusterPlace extends Access {
  /** `host` or `host:port` of some nodes, which know the others. */
  readonly cluster: readonly string[];
}

/** How messages name the place. */
export interface Whereabouts {
  /** Without credentials. */
  readonly address: string;
  /** The part of the config that leads there. */
  readonly setting: 'redis.url' | 'redis.sentinels' | 'redis.cluster';
}

/** Throws `ConfigError` for a wrong URL. */
export function whereaboutsOf(place: RedisPlace): Whereabouts {
  if ('sentinels' in place) {
    return { address: `${place.name} (sentinels ${place.sentinels.join(', ')})`, setting: 'redis.sentinels' };
  }
  if ('cluster' in place) return { address: `the cluster of ${place.cluster.join(', ')}`, setting: 'redis.cluster' };
  return { address: parseRedisUrl(place.url).shown, setting: 'redis.url' };
}

/** What of it is given, as ioredis takes it. */
export function accessOf({ username, password, tls }: Access) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls && { tls }),
  };
}

/** `host`, `host:port` or `[IPv6]:port`. */
export function hostAndPort(text: string, defaultPort: number): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: port === undefined ? defaultPort : Number(port) };
}

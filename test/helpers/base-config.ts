import type { RedisPlace } from '../../src/redis/connection/place.ts';
import type { PostgresDatabase } from './postgres.ts';
import type { RedisServer } from './redis.ts';
import { type Dialect, dialectConfig } from './third-party.ts';

/** What a test may choose of the config of its project. */
export interface ConfigOptions {
  readonly redis: Pick<RedisServer, 'url' | 'client'> & { readonly place?: RedisPlace };
  readonly dialect?: Dialect;
  readonly pageSize?: number;
  /** Parts of `throttle`; by default a hit every millisecond. With one hit, the third party refuses what comes closer than `per`. */
  readonly throttle?: Readonly<Record<string, unknown>> & { readonly per?: string; readonly hits?: number };
  /** Of the lock; by default 5 s. */
  readonly ttl?: string;
}

export type BaseConfig = ReturnType<typeof baseConfig>;

/** The config of a project: customers of the system, read from a rest API. */
export function baseConfig(
  { redis, dialect = 'none', pageSize, throttle, ttl }: ConfigOptions,
  name: string,
  url: string,
  postgres?: PostgresDatabase,
) {
  return {
    name,
    adapter: 'acme',
    resources: {
      customers: {
        key: 'id',
        schema: {
          type: 'object',
          properties: {
            id: { type: 'string' },
            email: { type: ['string', 'null'] },
            state: { type: ['string', 'null'] },
            tags: { type: ['array', 'null'] },
          },
          required: ['id'],
        },
      },
    },
    adapters: {
      acme: {
        type: 'rest',
        baseUrl: url,
        timeout: '5s',
        throttle: { per: '1ms', margin: '2ms', wait: '20s', ...throttle },
        resources: {
          customers: {
            path: '/customers',
            ...dialectConfig(dialect, pageSize),
            map: { id: 'id', email: 'contact.email', state: 'status', tags: 'labels[].name' },
          },
        },
      },
    },
    target: postgres ? { type: 'postgres', url: postgres.url } : { type: 'sqlite', file: './sync.db' },
    redis: redis.place ?? { url: redis.url },
    lock: { ttl: ttl ?? '5s' },
  };
}

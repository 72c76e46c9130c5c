import type { PostgresDatabase } from './postgres.ts';
import type { ProjectOptions } from './sync.ts';
import { dialectConfig } from './third-party.ts';

export type BaseConfig = ReturnType<typeof baseConfig>;

/** The config of a project: customers of the system, read from a rest API. */
export function baseConfig(
  { redis, dialect = 'none', pageSize, throttle, ttl }: ProjectOptions,
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
    redis: { url: redis.url },
    lock: { ttl: ttl ?? '5s' },
  };
}

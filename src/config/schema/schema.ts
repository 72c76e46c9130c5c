import * as v from 'valibot';
import { adapterSchema } from './adapters.ts';
import { listenerSchema } from './listeners.ts';
import { closed, named } from './objects.ts';
import { type Guard, guardSchema, resourceSchema } from './resources.ts';
import { duration, flag, integer, keyName, labelName, name, oneOf, text } from './scalars.ts';

export type { AdapterConfig } from './adapters.ts';
export type { ListenerConfig } from './listeners.ts';
export type { Guard } from './resources.ts';

/** The URL of Redis if the config has none. */
export const defaultRedisUrl = `\${REDIS_URL:-redis://127.0.0.1:6379}`;

const redis = v.pipe(
  closed({
    url: v.exactOptional(
      v.pipe(
        v.string(),
        v.regex(
          /^(rediss?:\/\/|unix:\/\/|\/).+/,
          'a URL that begins with redis:// or rediss://, or the path of a socket',
        ),
        v.description('redis://, rediss://, or the path of a socket.'),
      ),
      defaultRedisUrl,
    ),
    prefix: v.exactOptional(name('The beginning of the name of every key.'), 'sync'),
    allowEviction: v.exactOptional(
      flag('Use a Redis that may evict keys, although locks and events are then lost.'),
      false,
    ),
  }),
  v.description('The Redis that has the lock, the throttle and the stream.'),
);

const events = v.pipe(
  closed({
    retain: v.exactOptional(duration('How long an event stays in the outbox.'), '7d'),
    source: v.exactOptional(text("The events' CloudEvents source. Default: /<name>.")),
    maxStream: v.exactOptional(
      integer('While this many entries wait on the stream, the outbox holds the rest.'),
      100_000,
    ),
    onRemap: v.exactOptional(
      oneOf(['emit', 'silent'], 'Whether changes that only a new mapping causes are events.'),
      'emit',
    ),
  }),
  v.description('The events that listeners receive.'),
  v.transform(({ retain, ...rest }) => ({ ...rest, retainMs: retain })),
);

const lock = v.pipe(
  closed({ ttl: v.exactOptional(duration('A lock that is not renewed is free after this time.'), '30s') }),
  v.description('The lock, which lets one run work at a time.'),
  v.transform(({ ttl }) => ({ ttlMs: ttl })),
);

const tls = v.pipe(
  closed({
    ca: v.exactOptional(text('The certificate of the authority, as PEM: "${file:/etc/ssl/our-ca.pem}".')),
    cert: v.exactOptional(text('Our own certificate, as PEM.')),
    key: v.exactOptional(text('The key of our own certificate, as PEM.')),
    verify: v.exactOptional(flag("Accept only a server whose certificate is valid for the URL's host."), true),
  }),
  v.description('TLS for the connection to the database.'),
);

const postgresUrl = v.pipe(
  v.string(),
  v.regex(/^postgres(ql)?:\/\/.+/, 'a URL that begins with postgres:// or postgresql://'),
  v.description('postgres://user:password@host:5432/database.'),
);

const target = v.pipe(
  v.variant('type', [
    closed({ type: v.literal('sqlite'), file: text('The database file.') }),
    closed({
      type: v.literal('postgres'),
      url: postgresUrl,
      schema: v.exactOptional(text('The schema of the tables, and of those that cronsync makes.'), 'public'),
      tls: v.exactOptional(tls),
    }),
  ]),
  v.description("The system's own database."),
);

/** The whole config: validator, types and JSON Schema come from here. */
export const configSchema = closed({
  $schema: v.exactOptional(v.pipe(v.string(), v.description('The JSON Schema of this file, for editors.'))),
  name: name('A name for the lock, the checkpoint and the stream.'),
  adapter: text('The third party: one of `adapters`. Swap it here.'),
  resources: v.pipe(
    named(labelName, resourceSchema),
    v.minEntries(1, 'at least one resource'),
    v.description('The kinds of records that the system keeps.'),
  ),
  adapters: v.pipe(named(labelName, adapterSchema), v.description('The third parties.')),
  target: v.exactOptional(target, { type: 'sqlite', file: './sync.db' }),
  redis: v.exactOptional(redis, {}),
  lock: v.exactOptional(lock, {}),
  guard: v.exactOptional(guardSchema, {}),
  events: v.exactOptional(events, {}),
  listeners: v.exactOptional(v.pipe(named(keyName, listenerSchema), v.description('Side effects.')), {}),
});

type Parsed = v.InferOutput<typeof configSchema>;

/** One resource, with its table named and its own guard complete. */
export type ResourceConfig = Omit<Parsed['resources'][string], 'table' | 'guard'> & {
  readonly table: string;
  readonly guard: Guard;
};

/** The config as the rest of the program reads it: every default filled in, durations in milliseconds, sizes in bytes, shares as ratios. */
export type Config = Omit<Parsed, '$schema' | 'resources' | 'events'> & {
  readonly resources: Readonly<Record<string, ResourceConfig>>;
  readonly events: Omit<Parsed['events'], 'source'> & { readonly source: string };
};

/** Fills in the defaults that depend on other parts of the config. */
export function completeConfig({ $schema, resources, events, ...parsed }: Parsed): Config {
  const complete = Object.entries(resources).map(([resource, { table, guard, ...rest }]) => {
    return [resource, { ...rest, table: table ?? resource, guard: { ...parsed.guard, ...guard } }] as const;
  });
  return {
    ...parsed,
    resources: Object.fromEntries(complete),
    events: { ...events, source: events.source ?? `/${parsed.name}` },
  };
}

import * as v from 'valibot';
import { adapterSchema } from './adapters.ts';
import { listenerSchema } from './listeners.ts';
import { closed, named } from './objects.ts';
import { redisSchema } from './redis.ts';
import { type Guard, guardSchema, resourceSchema } from './resources.ts';
import { duration, flag, httpUrl, integer, keyName, labelName, name, oneOf, text } from './scalars.ts';
import { loginModule } from './way.ts';

export type { AdapterConfig } from './adapters.ts';
export type { ListenerConfig } from './listeners.ts';
export type { Guard } from './resources.ts';

const events = v.pipe(
  closed({
    retain: v.exactOptional(duration('How long an event stays in the outbox at least.'), '7d'),
    source: v.exactOptional(text('The `source` of every event (CloudEvents). Default: "/<name>".')),
    maxStream: v.exactOptional(
      integer('The most entries that wait on the stream. The outbox holds the rest.'),
      100_000,
    ),
    onRemap: v.exactOptional(
      oneOf(['emit', 'silent'], 'Whether changes that come only from a new mapping become events.'),
      'emit',
    ),
    outbox: v.exactOptional(
      oneOf(
        ['packed', 'text'],
        'How the outbox keeps the events of a large transaction: compressed, or as text, which SQL can read and which takes ten times the room.',
      ),
      'packed',
    ),
  }),
  v.description('The events that listeners receive.'),
  v.transform(({ retain, ...rest }) => ({ ...rest, retainMs: retain })),
);

const lock = v.pipe(
  closed({
    ttl: v.exactOptional(duration('The time after which a lock that is not renewed is free, at least 9s.'), '30s'),
  }),
  v.description('The lock, which allows one run at a time.'),
  v.transform(({ ttl }) => ({ ttlMs: ttl })),
);

const heartbeat = v.pipe(
  closed({
    url: httpUrl('The URL to ping. It is masked in every output.'),
  }),
  v.description('A monitor that alarms when no run ends well. Each run pings it.'),
);

const tls = v.pipe(
  closed({
    ca: v.exactOptional(text('The certificate of the authority, as PEM: "${file:/etc/ssl/our-ca.pem}".')),
    cert: v.exactOptional(text('Our own certificate, as PEM.')),
    key: v.exactOptional(text('The key of our own certificate, as PEM.')),
    verify: v.exactOptional(flag("Whether the server's certificate must be valid for the URL's host."), true),
  }),
  v.description('How the connection to the database uses TLS.'),
);

const postgresUrl = v.pipe(
  v.string(),
  v.regex(/^postgres(ql)?:\/\/.+/, 'a URL that begins with postgres:// or postgresql://'),
  v.description('The URL of the database: postgres://user:password@host:5432/database.'),
);

const target = v.pipe(
  v.variant('type', [
    closed({
      type: v.literal('sqlite'),
      file: text('The path of the database file, seen from the folder of the config.'),
    }),
    closed({
      type: v.literal('postgres'),
      url: postgresUrl,
      schema: v.exactOptional(text("The schema of the system's tables and of the tables of cronsync."), 'public'),
      tls: v.exactOptional(tls),
      auth: v.exactOptional(loginModule('the database')),
    }),
  ]),
  v.description("The system's own database."),
);

/** The whole config: validator, types and JSON Schema come from here. */
export const configSchema = closed({
  $schema: v.exactOptional(v.pipe(v.string(), v.description('The JSON Schema of the config, for editors.'))),
  name: name('The name of this sync: of its lock, its checkpoints and its stream.'),
  adapter: text('The third party: one of `adapters`. Another word here is a swap.'),
  resources: v.pipe(
    named(labelName, resourceSchema),
    v.minEntries(1, 'at least one resource'),
    v.description('The resources: the kinds of records that the system keeps, by name.'),
  ),
  adapters: v.pipe(named(labelName, adapterSchema), v.description('The third parties, by name.')),
  target: v.exactOptional(target, { type: 'sqlite', file: './sync.db' }),
  redis: v.exactOptional(redisSchema, {}),
  lock: v.exactOptional(lock, {}),
  guard: v.exactOptional(guardSchema, {}),
  events: v.exactOptional(events, {}),
  heartbeat: v.exactOptional(heartbeat),
  memory: v.exactOptional(
    oneOf(['small', 'large'], 'How much memory a run takes: `small` is some 200 MB, `large` is twice that and faster.'),
    'small',
  ),
  listeners: v.exactOptional(v.pipe(named(keyName, listenerSchema), v.description('The side effects, by name.')), {}),
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

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { FileOptions } from '../../src/adapters/file/options.ts';
import type { RestOptions } from '../../src/adapters/rest/options.ts';
import { loadConfig } from '../../src/config/load.ts';
import { aConfig, acme, aFolder, customers, load } from './a-config.ts';

test('fills in every default', async () => {
  const { config, dir } = await load(aConfig());

  expect(config).toMatchObject({
    target: { type: 'sqlite', file: join(dir, 'sync.db') },
    redis: { url: 'redis://127.0.0.1:6379', prefix: 'sync', allowEviction: false },
    lock: { ttlMs: 30_000 },
    events: { retainMs: 604_800_000, source: '/crm', maxStream: 100_000, onRemap: 'emit', outbox: 'packed' },
    listeners: {},
  });
  expect(config.resources.customers).toMatchObject({
    key: ['id'],
    table: 'customers',
    onDelete: 'soft',
    rejectsRatio: 0.05,
    guard: { maxDeletes: { ratio: 0.2 }, maxEmptied: { ratio: 0.2 }, windowMs: 86_400_000, confirm: 'auto' },
  });
  expect(config.adapters.acme).toMatchObject({
    throttle: { windows: [{ hits: 1, perMs: 60_000, marginMs: 100 }], waitMs: 20_000 },
    timeoutMs: 30_000,
    maxBodyBytes: 256_000_000,
    maxPages: 10_000,
  });
});

test.each([
  ['60s', 100],
  ['10s', 100],
  ['1s', 10],
  ['50ms', 0.5],
])('adds a hundredth of a window of %s as its margin, at most 100 ms', async (per, marginMs) => {
  const { config } = await load(aConfig({ adapters: { acme: { ...acme, throttle: { per } } } }));

  expect(config.adapters.acme?.throttle).toMatchObject({ windows: [{ marginMs }] });
});

test('takes several windows, of which the first says how long to wait and for which key', async () => {
  const throttle = [
    { per: '1s', wait: '5s', key: 'shared' },
    { hits: 1000, per: '1d', margin: '2s' },
  ];
  const { config } = await load(aConfig({ adapters: { acme: { ...acme, throttle } } }));

  expect(config.adapters.acme?.throttle).toEqual({
    windows: [
      { hits: 1, perMs: 1000, marginMs: 10 },
      { hits: 1000, perMs: 86_400_000, marginMs: 2000 },
    ],
    waitMs: 5000,
    key: 'shared',
  });
});

test('takes what the config says in place of a default', async () => {
  const orders = {
    ...customers,
    key: ['id', 'state'],
    table: 'shop_orders',
    every: '5m',
    rejects: '0.5%',
    guard: { maxDeletes: 7 },
    expect: { changeWithin: '2d', records: { min: 100 } },
  };
  const path = '/customers';
  const { config } = await load(
    aConfig({
      resources: { orders },
      adapters: {
        acme: {
          ...acme,
          timeout: '1.5s',
          maxBody: '1MiB',
          throttle: { key: 'shared', margin: '0s' },
          resources: { orders: { path } },
        },
      },
      guard: { window: '1h' },
    }),
  );

  expect(config.resources.orders).toMatchObject({
    key: ['id', 'state'],
    table: 'shop_orders',
    everyMs: 300_000,
    rejectsRatio: 0.005,
    guard: { maxDeletes: { count: 7 }, maxEmptied: { ratio: 0.2 }, windowMs: 3_600_000 },
    expect: { changeWithinMs: 172_800_000, records: { min: 100 } },
  });
  expect(config.adapters.acme).toMatchObject({
    timeoutMs: 1500,
    maxBodyBytes: 1_048_576,
    throttle: { key: 'shared', windows: [{ marginMs: 0 }] },
  });
});

test('keeps keywords of JSON Schema that it does not know', async () => {
  const { config } = await load(aConfig());

  expect(config.resources.customers?.schema).toEqual(customers.schema);
});

test.each([
  [{ type: 'none' }, { type: 'none' }],
  [{ type: 'page' }, { type: 'page', param: 'page', start: 1 }],
  [
    { type: 'offset', limit: 50 },
    { type: 'offset', param: 'offset', limitParam: 'limit', limit: 50 },
  ],
  [
    { type: 'link', stable: true },
    { type: 'link', rel: 'next', stable: true },
  ],
  [
    { type: 'cursor', next: 'meta.next', param: 'after' },
    { type: 'cursor', next: 'meta.next', param: 'after' },
  ],
  [
    { type: 'next-url', next: 'links.next' },
    { type: 'next-url', next: 'links.next' },
  ],
])('completes the pagination %o', async (pagination, completed) => {
  const { config } = await load(
    aConfig({ adapters: { acme: { ...acme, resources: { customers: { path: '/c', pagination } } } } }),
  );

  expect(config.adapters.acme?.resources.customers).toEqual({ path: '/c', pagination: completed });
});

test.each([
  ['https://x.example/export.csv.gz?v=2.json', 'csv'],
  ['https://x.example/export.JSON', 'json'],
  ['https://x.example/export.jsonl', 'ndjson'],
  ['https://x.example/export', undefined],
])('finds the format of %s by its extension: %s', async (url, format) => {
  const { config } = await load(aConfig({ adapters: { acme: { type: 'file', resources: { customers: { url } } } } }));

  expect(config.adapters.acme?.resources.customers).toMatchObject({ url, ...(format && { format }) });
  expect(config.adapters.acme?.resources.customers).not.toHaveProperty(
    'format',
    format ? undefined : expect.anything(),
  );
});

test('says how CSV is written where nothing else is said', async () => {
  const { config } = await load(
    aConfig({ adapters: { acme: { type: 'file', resources: { customers: { path: 'a.csv' } } } } }),
  );

  const csv = { delimiter: ',', quote: '"', header: true, encoding: 'utf8' };
  expect(config.adapters.acme?.resources.customers).toMatchObject({ csv });
});

test('gives a module its own options, and the common ones parsed', async () => {
  const ours = {
    type: './ours.ts',
    apiKey: 'k',
    timeout: '2s',
    resources: { customers: { depth: 3, map: { id: 'ID' } } },
  };
  const cwd = await aFolder({ 'sync.config.json': aConfig({ adapters: { acme: ours } }), 'ours.ts': '' });
  const { config, dir } = await loadConfig({ cwd, env: {} });

  expect(config.adapters.acme).toMatchObject({
    type: 'module',
    module: join(dir, 'ours.ts'),
    timeoutMs: 2000,
    options: { apiKey: 'k' },
    resources: { customers: { depth: 3, map: { id: 'ID' } } },
  });
});

test('gives the built-in adapters exactly what they take', async () => {
  const file = { type: 'file', resources: { customers: { path: 'a.csv' } } };
  const { config } = await load(aConfig({ adapters: { acme, file } }));
  const given = Object.values(config.adapters).map((adapter) => {
    if (adapter.type === 'rest') return adapter satisfies RestOptions;
    return adapter.type === 'file' ? (adapter satisfies FileOptions) : undefined;
  });

  expect(given.map((options) => options?.type)).toEqual(['rest', 'file']);
});

test('accepts every kind of listener', async () => {
  const listeners = {
    notify: {
      on: ['customers.deleted'],
      from: 'now',
      type: 'webhook',
      url: 'https://hooks.example/sync',
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    },
    reindex: { on: ['customers.*'], from: 'beginning', type: 'module', module: './listeners/reindex.ts', shards: 2 },
    audit: { on: ['*'], from: 'beginning', ordering: 'none', type: 'exec', command: ['./audit.sh', './x'] },
    show: { on: ['*.created'], from: 'now', type: 'log' },
  };
  const { config, dir } = await load(aConfig({ listeners }));

  expect(config.listeners).toMatchObject({
    notify: { ordering: 'key', shards: 1, concurrency: 8, attempts: 8, timeoutMs: 30_000, allowPrivate: false },
    reindex: { module: join(dir, 'listeners/reindex.ts') },
    audit: { command: [join(dir, 'audit.sh'), './x'] },
  });
});

test('accepts a Postgres target, and keeps its password and key out of sight', async () => {
  const url = 'postgresql://sync:${PGPASS}@db.example:6432/app?sslmode=verify-full';
  const tls = { ca: 'PEM', key: '${file:client.key}' };
  const cwd = await aFolder({
    'sync.config.json': aConfig({ target: { type: 'postgres', url, tls } }),
    'client.key': '-----BEGIN PRIVATE KEY-----',
  });
  const { config, secrets } = await loadConfig({ cwd, env: { PGPASS: 'hunter22' } });

  expect(config.target).toEqual({
    type: 'postgres',
    url: url.replace('${PGPASS}', 'hunter22'),
    schema: 'public',
    tls: { ...tls, key: '-----BEGIN PRIVATE KEY-----', verify: true },
  });
  expect(secrets).toEqual(expect.arrayContaining(['hunter22', '-----BEGIN PRIVATE KEY-----']));
});

test('accepts the example that the package ships', async () => {
  const example = await readFile(new URL('../../sync.config.example.json', import.meta.url), 'utf8');
  const { config } = await load(example, { env: { ATLAS_URL: 'http://atlas.example' } });

  expect(config.name).toBe('geo');
  expect(config.adapters).toMatchObject({ atlas: { baseUrl: 'http://atlas.example' }, almanac: { type: 'rest' } });
});

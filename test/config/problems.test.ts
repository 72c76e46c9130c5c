import { expect, test } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { aConfig, acme, customers, load, problemsOf } from './a-config.ts';

test('reports all problems together, with path, expectation, finding and a guess', async () => {
  const broken = {
    name: 'My CRM',
    adaptor: 'acme',
    resources: { customers: { ...customers, every: '5 min', tabel: 't' } },
    adapters: { acme: { ...acme, resources: { customers: { path: '/c', pagination: { type: 'curser' } } } } },
  };

  await expect(load(broken)).rejects.toMatchObject({
    exitCode: ExitCode.config,
    message: expect.stringContaining('has 6 problems; nothing was fetched or written'),
    problems: [
      { path: 'name', found: '"My CRM"' },
      { path: 'adapter', expected: 'the third party: one of `adapters`', found: 'nothing' },
      { path: 'resources.customers.every', expected: expect.stringContaining('a duration such as'), found: '"5 min"' },
      { path: 'resources.customers.tabel', suggestion: 'table' },
      {
        path: 'adapters.acme.resources.customers.pagination.type',
        expected: 'one of "none", "page", "offset", "cursor", "link" or "next-url"',
        found: '"curser"',
        suggestion: 'cursor',
      },
      { path: 'adaptor', suggestion: 'adapter' },
    ],
  });
});

test('an expectation that nothing could meet is a problem', async () => {
  const expectations = { records: { min: 10, max: 5 }, changesWithin: '2d' };
  const problems = await problemsOf(aConfig({ resources: { customers: { ...customers, expect: expectations } } }));
  expect(problems).toMatchObject([
    { path: 'resources.customers.expect.records', expected: '"min" not above "max"' },
    { path: 'resources.customers.expect.changesWithin', suggestion: 'changeWithin' },
  ]);
});

test('each window of a list is checked like one alone, and the list for what only its first may say', async () => {
  const problems = (throttle: unknown) => problemsOf(aConfig({ adapters: { acme: { ...acme, throttle } } }));
  const [at, list] = ['adapters.acme.throttle', [{ hits: 1, per: '1s' }]];
  expect(await problems([{ hits: 0, per: '1s' }, { pre: '1d' }])).toMatchObject([
    { path: `${at}[0].hits`, expected: 'a whole number of at least 1', found: '0' },
    { path: `${at}[1].pre`, suggestion: 'per' },
  ]);
  expect(await problems([...list, { per: '1d', wait: '5s' }])).toMatchObject([
    { path: at, expected: '`wait` and `key` in the first window only' },
  ]);
  expect(await problems([...list, { hits: 9, per: '1000ms' }])).toMatchObject([
    { path: at, expected: 'windows of different lengths' },
  ]);
  expect(await problems([])).toMatchObject([{ path: at, expected: 'a list that is not empty', found: '[]' }]);
  expect(await problems('1/s')).toMatchObject([{ path: at, expected: 'an object', found: '"1/s"' }]);
  expect(await problems({ hits: 0 })).toMatchObject([{ path: `${at}.hits`, found: '0' }]);
});

test('reads well', async () => {
  const cause = await load(aConfig({ adapter: 'amce' })).catch((error: Error) => error.message);

  expect(String(cause).split('\n').slice(1)).toEqual([
    '',
    '  adapter',
    '    expected the name of an adapter, found "amce". Did you mean "acme"?',
    '',
  ]);
});

test.each([
  [
    'a key that is no field',
    { resources: { customers: { ...customers, key: 'ids' } } },
    'resources.customers.key',
    'id',
  ],
  [
    'a required field that is none',
    { resources: { customers: { ...customers, schema: { ...customers.schema, required: ['emial'] } } } },
    'resources.customers.schema.required',
    'email',
  ],
  [
    'a mapped field that is none',
    withResource({ path: '/', map: { id: 'id', stat: 's' } }),
    'adapters.acme.resources.customers.map.stat',
    'state',
  ],
  [
    'a field to set that is none',
    { resources: { customers: { ...customers, onDelete: { set: { stte: 1 } } } } },
    'resources.customers.onDelete.set.stte',
    'state',
  ],
  [
    'an adapter without the key in its map',
    withResource({ path: '/', map: { email: 'e' } }),
    'adapters.acme.resources.customers.map.id',
    undefined,
  ],
  [
    'an adapter without a resource',
    { adapters: { acme: { ...acme, resources: {} } } },
    'adapters.acme.resources.customers',
    undefined,
  ],
  [
    'an adapter with a foreign resource',
    { adapters: { acme: { ...acme, resources: { ...acme.resources, custmers: { path: '/' } } } } },
    'adapters.acme.resources.custmers',
    'customers',
  ],
  [
    'two resources in one table',
    {
      resources: { customers, b: { ...customers, table: 'Customers' } },
      adapters: { acme: { ...acme, resources: { ...acme.resources, b: { path: '/' } } } },
    },
    'resources.b.table',
    undefined,
  ],
  [
    'a column that soft deletes need',
    {
      resources: {
        customers: {
          ...customers,
          schema: { properties: { id: { type: 'string' }, email: { type: 'string' }, deleted_at: { type: 'string' } } },
        },
      },
    },
    'resources.customers.schema.properties.deleted_at',
    undefined,
  ],
  [
    'an empty expression',
    withResource({ path: '/', map: { id: '' } }),
    'adapters.acme.resources.customers.map.id',
    undefined,
  ],
  [
    'a reserved field name',
    withResource({ path: '/', map: { id: 'id', constructor: 'team' } }),
    'adapters.acme.resources.customers.map.constructor',
    undefined,
  ],
  [
    'a list in place of an object',
    { adapters: { acme: { ...acme, throttle: [] } } },
    'adapters.acme.throttle',
    undefined,
  ],
  [
    'a window of no time',
    { adapters: { acme: { ...acme, throttle: { per: '0s' } } } },
    'adapters.acme.throttle.per',
    undefined,
  ],
  [
    'both a url and a path',
    {
      adapters: { acme: { type: 'file', resources: { customers: { url: 'https://x.example/a.csv', path: 'a.csv' } } } },
    },
    'adapters.acme.resources.customers',
    undefined,
  ],
  [
    'a misspelt type that could be a package',
    { adapters: { acme: { ...acme, type: 'resst' } } },
    'adapters.acme.type',
    'rest',
  ],
  ['a module that is not there', { adapters: { acme: { type: './gone.ts' } } }, 'adapters.acme.type', undefined],
  ['a target that does not exist', { target: { type: 'oracle', url: 'x' } }, 'target.type', undefined],
  ['a Postgres target without a URL', { target: { type: 'postgres' } }, 'target.url', undefined],
  ['a Postgres target at no URL', { target: { type: 'postgres', url: 'db.example/app' } }, 'target.url', undefined],
  ['a file for Postgres', { target: { type: 'postgres', url: 'postgres://h/d', file: 'x' } }, 'target.file', undefined],
  [
    'a listener of an unknown resource',
    { listeners: { l: { on: ['custmers.deleted'], from: 'now', type: 'log' } } },
    'listeners.l.on[0]',
    'customers',
  ],
  [
    'a listener of an unknown change',
    { listeners: { l: { on: ['customers.delete'], from: 'now', type: 'log' } } },
    'listeners.l.on[0]',
    'deleted',
  ],
  [
    'a listener that is called like a shard',
    { listeners: { 'a.1of2': { on: ['*'], from: 'now', type: 'log' } } },
    'listeners["a.1of2"]',
    undefined,
  ],
  [
    'a listener that is called like a rewind',
    { listeners: { 'a.rewind-12': { on: ['*'], from: 'now', type: 'log' } } },
    'listeners["a.rewind-12"]',
    undefined,
  ],
  [
    'shards without an order',
    { listeners: { l: { on: ['*'], from: 'now', type: 'log', ordering: 'none', shards: 2 } } },
    'listeners.l',
    undefined,
  ],
])('refuses %s', async (_, parts, path, suggestion) => {
  const problems = await problemsOf(aConfig(parts));

  expect(problems.map((problem) => problem.path)).toEqual([path]);
  expect(problems[0]?.suggestion).toBe(suggestion);
});

test('shows no secret in a problem', async () => {
  const auth = { type: 'bearer', token: 'tok_123456789', tokn: 'tok_123456789' };
  const thrown = await load(aConfig({ adapters: { acme: { ...acme, auth, baseUrl: 'ftp://tok_123456789' } } })).catch(
    String,
  );

  expect(thrown).toContain('[redacted]');
  expect(thrown).not.toContain('tok_123456789');
});

function withResource(customers: unknown) {
  return { adapters: { acme: { ...acme, resources: { customers } } } };
}

test('an option that was removed says what takes its place', async () => {
  const guard = { from: 10 };
  const resources = { customers: { ...customers, guard } };
  const gone = (path: string) => ({
    path,
    expected: expect.stringContaining('or 3 rows where that is more'),
    found: '"from"',
  });
  await expect(load(aConfig({ guard, resources }))).rejects.toMatchObject({
    problems: [gone('guard.from'), gone('resources.customers.guard.from')].toSorted((a, b) =>
      a.path < b.path ? 1 : -1,
    ),
  });
});

test('a required field that no map names would reject every record', async () => {
  const required = (names: readonly string[]) => ({ ...customers.schema, required: names });
  const withRequired = (names: readonly string[]) =>
    aConfig({ resources: { customers: { ...customers, schema: required(names) } } });
  expect(await problemsOf(withRequired(['id', 'state']))).toEqual([
    {
      path: 'adapters.acme.resources.customers.map.state',
      expected: 'where "state" comes from: the schema of "customers" requires it',
      found: 'nothing',
    },
  ]);
  await load(withRequired(['id', 'email']));
});

import { expect, test } from 'vitest';
import { aConfig, acme, customers, load, problemsOf } from './a-config.ts';

const withMatch = (match: unknown, extra = {}) =>
  aConfig({ resources: { customers: { ...customers, ...extra, match } } });

test('one field or several say what a record is recognised by', async () => {
  const { config } = await load(withMatch('email'));
  expect(config.resources.customers?.match).toEqual(['email']);
  expect((await load(withMatch(['email']))).config.resources.customers?.match).toEqual(['email']);
  expect((await load(aConfig())).config.resources.customers).not.toHaveProperty('match');
});

test.each([
  ['is none', 'emial', 'a field of the schema', 'email'],
  ['is of the key', 'id', 'not every field of the key', undefined],
  ['no adapter fills', 'state', 'a field that the adapter "acme" maps', undefined],
])('refuses to match by a field that %s', async (_, match, expected, suggestion) => {
  expect(await problemsOf(withMatch([match]))).toEqual([
    {
      path: 'resources.customers.match',
      expected: expect.stringContaining(expected),
      found: `"${match}"`,
      ...(suggestion && { suggestion }),
    },
  ]);
});

const properties = { ...customers.schema.properties, tenant: { type: 'string' } };
const withTenant = (match: unknown) => {
  const extra = { key: ['tenant', 'id'], schema: { ...customers.schema, properties } };
  const map = { id: 'id', tenant: 'tenant', email: 'email' };
  return {
    ...withMatch(match, extra),
    adapters: { acme: { ...acme, resources: { customers: { path: '/', map } } } },
  };
};

test('a part of the key may be among what records are matched by', async () => {
  const { config } = await load(withTenant(['tenant', 'email']));
  expect(config.resources.customers?.match).toEqual(['tenant', 'email']);
});

test('the whole key may not', async () => {
  const expected = expect.stringContaining('not every field of the key');
  expect(await problemsOf(withTenant(['tenant', 'id', 'email']))).toEqual([
    { path: 'resources.customers.match', expected, found: '"tenant"' },
  ]);
});

test('a field that holds a list cannot be matched by', async () => {
  const properties = { ...customers.schema.properties, tags: { type: ['array', 'null'] } };
  const config = withMatch(['tags'], { schema: { ...customers.schema, properties } });
  const map = { id: 'id', tags: 'tags' };
  const adapters = { acme: { ...acme, resources: { customers: { path: '/', map } } } };
  expect(await problemsOf({ ...config, adapters })).toMatchObject([
    { path: 'resources.customers.match', expected: 'a field with one value, not an array or an object' },
  ]);
});

test.each([[[]], [7], ['']])('%j says nothing to match by', async (match) => {
  expect(await problemsOf(withMatch(match))).toMatchObject([
    { path: expect.stringMatching(/^resources\.customers\.match/) },
  ]);
});

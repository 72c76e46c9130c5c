import { expect, test } from 'vitest';
import { checkConfig } from '../../src/config/load.ts';
import { aConfig, acme, customers } from './a-config.ts';

const original = shapeOf(aConfig({ adapters: { acme } }));

test('is short', () => {
  expect(original).toMatch(/^[0-9a-f]{16}$/);
});

test.each([
  ['the order of keys', { adapters: { acme: Object.fromEntries(Object.entries(acme).reverse()) } }],
  ['how the key is written', { resources: { customers: { ...customers, key: ['id'] } } }],
  [
    'the throttle, the timeout and the credentials',
    {
      adapters: {
        acme: { ...acme, throttle: { hits: 2 }, timeout: '1s', auth: { type: 'bearer', token: 'abcdefgh' } },
      },
    },
  ],
  [
    'the certificates and the proxy',
    { adapters: { acme: { ...acme, tls: { ca: 'PEM' }, proxy: 'http://proxy.example:3128' } } },
  ],
  [
    'the name, the table and the guard',
    { name: 'other', resources: { customers: { ...customers, table: 't', guard: { confirm: 1 } } } },
  ],
])('does not depend on %s', (_, parts) => {
  expect(shapeOf(aConfig(parts))).toBe(original);
});

test.each([
  ['the name of the adapter: two accounts may differ in nothing else', { adapter: 'b', adapters: { b: acme } }],
  ['the base URL', { adapters: { acme: { ...acme, baseUrl: 'https://other.example' } } }],
  [
    'the map',
    {
      adapters: {
        acme: { ...acme, resources: { customers: { path: '/customers', map: { id: 'ID', email: 'contact.email' } } } },
      },
    },
  ],
  [
    'the path',
    { adapters: { acme: { ...acme, resources: { customers: { ...acme.resources.customers, path: '/people' } } } } },
  ],
  ['the headers', { adapters: { acme: { ...acme, headers: { 'api-version': '2' } } } }],
  [
    'the schema',
    { resources: { customers: { ...customers, schema: { ...customers.schema, required: ['id', 'email'] } } } },
  ],
  ['what is matched by', { resources: { customers: { ...customers, match: 'email' } } }],
  ['the key', { resources: { customers: { ...customers, key: ['id', 'email'] } } }],
])('depends on %s', (_, parts) => {
  expect(shapeOf(aConfig(parts))).not.toBe(original);
});

test('does not change with the value of a secret', () => {
  const config = aConfig({
    adapters: { acme: { ...acme, resources: { customers: { path: '/c', query: { v: '1', api_key: '${KEY}' } } } } },
  });

  expect(shapeOf(config, { KEY: 'first-key' })).toBe(shapeOf(config, { KEY: 'second-key' }));
});

function shapeOf(config: unknown, env = {}): string {
  return checkConfig({ path: '/sync.config.json', dir: '/', content: config }, env).shapeOf('customers');
}

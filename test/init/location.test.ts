import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namePattern } from '../../src/config/schema/scalars.ts';
import { locationOf } from '../../src/init/location.ts';
import { adapterName, nameOfList, resourceName, syncName } from '../../src/init/names.ts';

test.each([
  ['https://api.example.com/v1/customers?limit=2', 'https://api.example.com/v1', '/customers'],
  ['https://api.example.com/customers', 'https://api.example.com', '/customers'],
  ['https://api.example.com/api/users/', 'https://api.example.com/api', '/users/'],
  ['https://api.example.com/', 'https://api.example.com', ''],
])('%s is taken apart', (url, baseUrl, path) => {
  expect(locationOf(new URL(url))).toMatchObject({ baseUrl, path });
});

test('credentials in a URL are in no part of what is kept', () => {
  const secret = fc.stringMatching(/^S3CR3T[a-z0-9]{4,12}$/);
  fc.assert(
    fc.property(secret, fc.constantFrom('api_key', 'access_token', 'key', 'token', 'apikey'), (text, name) => {
      const found = locationOf(new URL(`https://user:${text}@api.example.com/customers?${name}=${text}&page=1`));
      expect(JSON.stringify({ ...found, url: found.url.href })).not.toContain(text);
      expect(found).toMatchObject({ hasUser: true, secretParameters: [name] });
    }),
  );
});

test.each([
  ['https://api.github.com/x', 'github'],
  ['https://acme.co.uk/x', 'acme'],
  ['http://127.0.0.1:4001/x', 'api'],
  ['http://localhost/x', 'api'],
])('%s is called %s', (url, name) => {
  expect(adapterName(new URL(url))).toBe(name);
});

test.each([
  [['data', 'items'], 'https://a.example/v1/customers.json', 'customers'],
  [['data', 'customers'], 'https://a.example/graphql', 'customers'],
  [['rows'], 'https://a.example/people/_all_docs', 'people'],
  [[], 'https://a.example/users/12345/orders', 'orders'],
])('a list at %j of %s is %s', (names, url, expected) => {
  expect(nameOfList(names, new URL(url))).toBe(expected);
});

test('every text gives names that a config accepts', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(resourceName(text)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/);
      expect(syncName(text)).toMatch(namePattern);
    }),
  );
});

import { expect, test } from 'vitest';
import { authorizer, credentialsDigest } from '../../src/http/auth.ts';

const request = { url: new URL('https://api.example/v1?x=1'), headers: { 'X-Own': 'mine' } };

test.each([
  [undefined, {}],
  [{ type: 'none' }, {}],
  [{ type: 'bearer', token: 'secret' }, { authorization: 'Bearer secret' }],
  [{ type: 'basic', username: 'zoë', password: 'a:b' }, { authorization: 'Basic em/DqzphOmI=' }],
  [{ type: 'header', name: 'X-Api-Key', value: 'secret' }, { 'x-api-key': 'secret' }],
] as const)('%j becomes headers', (auth, headers) => {
  const { url, headers: sent } = authorizer(auth)(request);
  expect(sent).toEqual({ 'x-own': 'mine', ...headers });
  expect(url).toEqual(request.url);
});

test('a query parameter goes into a copy of the URL', () => {
  const { url } = authorizer({ type: 'query', param: 'key', value: 'a&b' })(request);
  expect(url.href).toBe('https://api.example/v1?x=1&key=a%26b');
  expect(request.url.href).toBe('https://api.example/v1?x=1');
});

test('common headers give way to the request’s, and those to the credentials', () => {
  const authorize = authorizer(
    { type: 'bearer', token: 'secret' },
    { 'X-OWN': 'common', 'x-common': 'yes', Authorization: 'other' },
  );
  expect(authorize(request).headers).toEqual({ 'x-own': 'mine', 'x-common': 'yes', authorization: 'Bearer secret' });
});

test('a digest distinguishes credentials and reveals nothing', () => {
  const digest = credentialsDigest({ type: 'bearer', token: 'secret' });
  expect(digest).toMatch(/^[0-9a-f]{16}$/);
  expect(credentialsDigest({ type: 'bearer', token: 'secret' })).toBe(digest);
  expect(credentialsDigest({ type: 'bearer', token: 'other' })).not.toBe(digest);
});

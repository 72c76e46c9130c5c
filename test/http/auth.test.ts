import { describe, expect, test } from 'vitest';
import { accountDigest, authorizer, credentialsDigest } from '../../src/http/auth.ts';

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

describe('the digest of an account', () => {
  const oauth = {
    type: 'oauth2',
    tokenUrl: 'https://login.example/token',
    grant: 'client_credentials',
    clientId: 'crm',
    clientSecret: 'first',
    scope: 'read',
  } as const;
  const bearer = { type: 'bearer', token: 'secret' } as const;
  const digest = accountDigest({ auth: bearer, secrets: ['tenant-1'] }, 'crm');

  test('stays the same while the account does, and reveals nothing', () => {
    expect(digest).toMatch(/^[0-9a-f]{16}$/);
    expect(accountDigest({ auth: { ...bearer }, secrets: ['tenant-1'] }, 'crm')).toBe(digest);
  });

  test.each([
    ['another token', { auth: { ...bearer, token: 'other' }, secrets: ['tenant-1'] }, 'crm'],
    ['another secret header', { auth: bearer, secrets: ['tenant-2'] }, 'crm'],
    ['no credentials', { auth: undefined, secrets: [] }, 'crm'],
    ['another sync, so that nobody sees who shares an account', { auth: bearer, secrets: ['tenant-1'] }, 'billing'],
  ])('differs with %s', (_, account, name) => {
    expect(accountDigest(account, name)).not.toBe(digest);
  });

  test('is that of the client where access tokens come and go', () => {
    const before = accountDigest({ auth: oauth, secrets: [] }, 'crm');
    expect(accountDigest({ auth: { ...oauth, clientSecret: 'rotated' }, secrets: [] }, 'crm')).toBe(before);
    expect(accountDigest({ auth: { ...oauth, clientId: 'other' }, secrets: [] }, 'crm')).not.toBe(before);
    expect(accountDigest({ auth: { ...oauth, scope: 'all' }, secrets: [] }, 'crm')).not.toBe(before);
  });
});

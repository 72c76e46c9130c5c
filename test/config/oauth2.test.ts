import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { problemOf } from '../../src/config/problems.ts';
import { oauth2 } from '../../src/config/schema/oauth2.ts';

const tokenUrl = 'https://login.example/token';
const key = 'k'.repeat(32);

function problemsOf(written: object) {
  const { issues = [] } = v.safeParse(oauth2, { type: 'oauth2', tokenUrl, ...written });
  return issues.map((issue) => {
    const { path, expected, found } = problemOf(issue);
    return `${path}: ${expected}, found ${found}`;
  });
}

describe('a grant', () => {
  const assertion = { issuer: 'us', privateKey: 'PEM' };
  test.each([
    [
      'of client credentials',
      { clientId: 'us', clientSecret: 's' },
      { grant: 'client_credentials', clientSecret: 's' },
    ],
    [
      'of a refresh token, by a client without a secret',
      { grant: 'refresh_token', clientId: 'us', refreshToken: 'r', tokenKey: key },
      { grant: 'refresh_token', clientId: 'us', refreshToken: 'r', tokenKeys: [key] },
    ],
    [
      'with keys of earlier times',
      { grant: 'refresh_token', clientId: 'us', clientSecret: 's', refreshToken: 'r', tokenKey: [key, `${key}2`] },
      { tokenKeys: [key, `${key}2`], clientSecret: 's' },
    ],
    [
      'of an assertion, without a client',
      { grant: 'jwt-bearer', assertion },
      { grant: 'jwt-bearer', assertion: { ...assertion, algorithm: 'RS256' } },
    ],
  ])('%s is taken', (_, written, expected) => {
    expect(v.parse(oauth2, { type: 'oauth2', tokenUrl, ...written })).toMatchObject({ tokenUrl, ...expected });
  });

  test.each([
    [
      'says all that it lacks',
      { grant: 'refresh_token' },
      [
        'clientId: the id of the client, found nothing',
        'refreshToken: the first refresh token, found nothing',
        expect.stringMatching(/^tokenKey: a text of at least 32 characters, .*, found nothing$/),
      ],
    ],
    [
      'says what client credentials lack',
      { clientId: 'us' },
      ['clientSecret: the secret of the client, found nothing'],
    ],
    [
      'needs the id beside a secret',
      { grant: 'jwt-bearer', assertion, clientSecret: 's' },
      ['clientId: the id of the client, found nothing'],
    ],
  ])('%s', (_, written, expected) => {
    expect(problemsOf(written)).toEqual(expected);
  });

  test('refuses what belongs to another one, and prints no secret', () => {
    const written = { clientId: 'us', clientSecret: 's', refreshToken: 'very-secret', tokenKey: key };
    const problems = problemsOf(written);
    expect(problems).toEqual([
      'refreshToken: an option of the grant client_credentials, found "refreshToken"',
      'tokenKey: an option of the grant client_credentials, found "tokenKey"',
    ]);
  });

  test.each([['short'], [[]], [[key, 'short']], [7]])('refuses the key %j', (tokenKey) => {
    const written = { grant: 'refresh_token', clientId: 'us', refreshToken: 'r', tokenKey };
    expect(problemsOf(written)).toEqual([expect.stringMatching(/^tokenKey.*: a text of at least 32 characters/)]);
  });
});

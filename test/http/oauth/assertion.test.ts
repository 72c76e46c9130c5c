import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.ts';
import { privateKeyOf, signAssertion } from '../../../src/http/oauth/assertion.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const edwards = generateKeyPairSync('ed25519');
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1' = 'pkcs8') =>
  key.export({ type, format: 'pem' }).toString();
const tokenUrl = 'https://login.example/token';

describe('an assertion is verified by another library', () => {
  test.each([
    ['RS256', rsa, pem(rsa.privateKey)],
    ['RS256', rsa, pem(rsa.privateKey, 'pkcs1')],
    ['RS256', rsa, pem(rsa.privateKey).replaceAll('\n', '\\n')],
    ['PS256', rsa, pem(rsa.privateKey)],
    ['ES256', curve, pem(curve.privateKey)],
    ['ES256', curve, pem(curve.privateKey, 'sec1')],
    ['EdDSA', edwards, pem(edwards.privateKey)],
  ] as const)('signed by %s', async (algorithm, { publicKey }, privateKey) => {
    const claims = { scope: 'read', admin: true };
    const assertion = { issuer: 'us', subject: 'ada', claims, keyId: 'key-1', algorithm, privateKey };
    const { payload, protectedHeader } = await jwtVerify(signAssertion(assertion, tokenUrl), publicKey, {
      ...{ issuer: 'us', subject: 'ada', audience: tokenUrl, algorithms: [algorithm] },
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: 'key-1' });
    expect(payload).toMatchObject({ scope: 'read', admin: true, jti: expect.any(String) });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(180);
  });
});

test('a claim of the config wins, and what it leaves out is not sent', async () => {
  const claims = { aud: 'https://elsewhere.example', exp: 4_000_000_000 };
  const assertion = { issuer: 'us', claims, algorithm: 'EdDSA', privateKey: pem(edwards.privateKey) } as const;
  const { payload, protectedHeader } = await jwtVerify(signAssertion(assertion, tokenUrl), edwards.publicKey);
  expect(payload).toMatchObject({ ...claims, iss: 'us' });
  expect(payload).not.toHaveProperty('sub');
  expect(protectedHeader).not.toHaveProperty('kid');
});

test('no two assertions are the same', () => {
  const assertion = { issuer: 'us', algorithm: 'EdDSA', privateKey: pem(edwards.privateKey) } as const;
  expect(signAssertion(assertion, tokenUrl, 0)).not.toBe(signAssertion(assertion, tokenUrl, 0));
});

test.each([
  ['RS256', pem(edwards.privateKey), 'an RSA key as PEM for RS256, and is a key of type ed25519'],
  ['ES256', pem(rsa.privateKey), 'a key of the curve P-256'],
  ['ES256', pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey), 'a key of the curve P-256'],
  ['EdDSA', pem(curve.privateKey), 'an Ed25519 key'],
  ['PS256', 'no key', 'something that cannot be read'],
  ['RS256', rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString(), 'something that cannot be read'],
] as const)('%s refuses a key that does not fit, and prints none of it', (algorithm, privateKey, said) => {
  const check = () => privateKeyOf({ algorithm, privateKey });
  expect(check).toThrow(ConfigError);
  expect(check).toThrow(said);
  expect(check).not.toThrow(privateKey.slice(0, 30));
});

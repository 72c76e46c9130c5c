import { generateKeyPairSync } from 'node:crypto';
import { exportJWK } from 'jose';
import { expect, test } from 'vitest';
import { anOAuthServer, clientSecret } from '../helpers/oauth-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, expectInStep } from '../helpers/sync.ts';

const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = signer.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

function withAssertion(tokenUrl: string, assertion: object = {}) {
  const signed = { issuer: 'us', subject: 'ada', privateKey: '${file:./key.pem}', algorithm: 'ES256', ...assertion };
  const auth = { type: 'oauth2', grant: 'jwt-bearer', tokenUrl, clientId: 'us', clientSecret, assertion: signed };
  return (config: BaseConfig) => ({ ...config, adapters: { acme: { ...config.adapters.acme, auth } } });
}

test('a signed assertion brings an access token, which is kept, and a dry run asks as well', async () => {
  await using server = await anOAuthServer({ signers: [await exportJWK(signer.publicKey)] });
  await using project = await aProject({ redis, records: customers(5), config: withAssertion(server.tokenUrl) });
  await project.write('key.pem', pem);
  expect((await project.sync(['run', '--dry-run'])).exitCode).toBe(0);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, counts: { created: 5 } });
  expect(server.asked).toEqual(['urn:ietf:params:oauth:grant-type:jwt-bearer 200']);
  const [bearer = ''] = project.party.arrivals.map(({ headers }) => headers.authorization ?? '');
  expect(await server.holderOf(bearer.replace('Bearer ', ''))).toBe('ada');
  await expectInStep(project);
});

test('a key that the server does not know is refused, and one that does not fit is found by check', async () => {
  await using server = await anOAuthServer({ signers: [await exportJWK(signer.publicKey)] });
  await using project = await aProject({ redis, records: customers(5), config: withAssertion(server.tokenUrl) });
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  await project.write('key.pem', stranger.export({ type: 'pkcs8', format: 'pem' }).toString());
  const { exitCode, stdout, stderr, json } = await project.sync(['run', '--json', '--log-level', 'debug']);
  expect(exitCode).toBe(77);
  expect(json().errors).toMatchObject([
    { message: expect.stringContaining('refused us a token (400, invalid_grant)') },
  ]);
  expect(stdout + stderr).not.toMatch(/eyJ|PRIVATE KEY/);
  expect(project.party.arrivals).toEqual([]);

  await project.reconfigure(withAssertion(server.tokenUrl, { algorithm: 'RS256' }));
  const check = await project.sync(['check']);
  expect(check.exitCode).toBe(78);
  expect(check.stdout).toContain('assertion.privateKey must be an RSA key as PEM for RS256, and is a key of type ec');
});

import { expect, test } from 'vitest';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, eventually, expectInStep } from '../helpers/sync.ts';
import { type Arrival, aThirdParty, type Scripted, type ThirdParty } from '../helpers/third-party.ts';

const secret = 'a-secret-of-the-client';
const withAuth = (tokenUrl: string, more: object = {}) => {
  return (config: BaseConfig) => {
    const auth = { type: 'oauth2', tokenUrl, clientId: 'us', clientSecret: secret, scope: 'read', ...more };
    return { ...config, adapters: { acme: { ...config.adapters.acme, auth } } };
  };
};
const token = (text: string, expires_in = 3600): Scripted => ({ body: { access_token: text, expires_in } });
const bearers = ({ arrivals }: ThirdParty) => arrivals.map(({ headers }) => headers.authorization);

test('a token of another origin costs no slot, is asked for once, and is kept until shortly before it expires', async () => {
  await using issuer = await aThirdParty();
  issuer.script(token('access-1'));
  const throttle = { per: '200ms', wait: '20s' };
  await using project = await aProject({ redis, throttle, records: customers(5), config: withAuth(issuer.url) });
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, hits: 1, counts: { created: 5 } });
  await project.sync();
  expect(bearers(project.party)).toEqual(['Bearer access-1', 'Bearer access-1']);
  expect(issuer.arrivals.map(({ method, body }) => `${method} ${body}`)).toEqual([
    'POST scope=read&grant_type=client_credentials',
  ]);
  expect(issuer.arrivals[0]?.headers.authorization).toBe(`Basic ${Buffer.from(`us:${secret}`).toString('base64')}`);

  const [key] = await redis.client.keys('*:token');
  const lifeMs = await redis.client.pttl(key ?? '');
  expect(lifeMs).toBeGreaterThan(3_400_000);
  expect(lifeMs).toBeLessThanOrEqual(3_540_000);
  await redis.client.flushall();
});

test('a token of the same origin is a hit like any other', async () => {
  const perRun = (arrival: Arrival): Scripted => (arrival.method === 'POST' ? token('mine') : { body: customers(5) });
  const throttle = { per: '300ms', wait: '20s' };
  await using project = await aProject({ redis, throttle, records: customers(5) });
  await project.reconfigure(withAuth(`${project.party.url}/token`, { send: 'body' }));
  project.party.script(perRun, perRun);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, hits: 2, counts: { created: 5 } });
  expect(project.party.tooEarly).toEqual([]);
  expect(project.party.arrivals[0]?.body).toContain(`client_secret=${secret}`);
  expect(bearers(project.party)).toEqual([undefined, 'Bearer mine']);
  await expectInStep(project);
  await redis.client.flushall();
});

test('a token of the same origin that lives a little longer than a slot brings its page', async () => {
  await using project = await aProject({ redis, records: customers(5), throttle: { per: '1s', wait: '10ms' } });
  await project.reconfigure(withAuth(`${project.party.url}/token`));
  project.party.serveBy((url) => (url.pathname === '/token' ? token('short', 2) : { body: customers(5) }));
  const first = (await project.sync()).json();
  expect(first).toMatchObject({ outcome: 'throttled', hits: 1 });
  await eventually(async () => (await project.sync()).json().hits > 0);

  expect(bearers(project.party)).toEqual([expect.stringMatching(/^Basic /), 'Bearer short']);
  expect(project.party.tooEarly).toEqual([]);
  await expectInStep(project);
  await redis.client.flushall();
});

test('a token that does not live until the next slot is refused as a mistake in the config', async () => {
  await using project = await aProject({ redis, records: customers(5), throttle: { per: '2s', wait: '10ms' } });
  await project.reconfigure(withAuth(`${project.party.url}/token`));
  project.party.serveBy(() => token('shorter', 2));
  const { exitCode, json } = await project.sync();
  expect(exitCode).toBe(78);
  expect(json().errors).toMatchObject([
    { message: expect.stringContaining('lives 2s'), hint: expect.stringContaining('hits') },
  ]);
  await redis.client.flushall();
});

test('401 drops a kept token, and the next run asks for another at once', async () => {
  await using issuer = await aThirdParty();
  issuer.script(token('first'), token('second'));
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  await project.sync();
  project.party.script({ status: 401, body: 'expired' });
  expect((await project.sync()).exitCode).toBe(77);
  expect((await project.sync()).exitCode).toBe(0);
  expect(bearers(project.party)).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  await redis.client.flushall();
});

test('401 to a new token keeps everybody away, as with any credentials', async () => {
  await using issuer = await aThirdParty();
  issuer.script(token('first'), token('second'));
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  project.party.script({ status: 401 });
  expect((await project.sync()).exitCode).toBe(77);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 77, hits: 0 });
  await redis.client.flushall();
});

test.each([
  ['a refusal', { status: 400, body: { error: 'invalid_client' } }, 77],
  ['a refusal without a code', { status: 400, body: { message: 'no' } }, 77],
  ['a refusal without JSON', { status: 400, body: '<html>' }, 77],
  ['a refusal with a success', { body: { error: 'invalid_client' } }, 77],
  ['a refusal by 401', { status: 401 }, 77],
  ['no token', { body: { token: 'elsewhere' } }, 76],
  ['no JSON', { body: '<html>' }, 76],
])('%s at the token endpoint asks for no page, and prints no secret', async (_title, answer: Scripted, exitCode) => {
  await using issuer = await aThirdParty();
  issuer.script(answer);
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  const run = await project.sync(['run', '--log-level', 'debug']);
  expect(run.exitCode).toBe(exitCode);
  expect(run.stdout + run.stderr).not.toContain(secret);
  expect(project.party.arrivals).toEqual([]);
  await redis.client.flushall();
});

test('a token of other credentials is not used', async () => {
  await using issuer = await aThirdParty();
  issuer.script(token('ours'), token('theirs'));
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  await project.sync();
  await project.reconfigure(withAuth(issuer.url, { clientId: 'others' }));
  await project.sync();
  expect(bearers(project.party)).toEqual(['Bearer ours', 'Bearer theirs']);
  await redis.client.flushall();
});

test.each([
  ['a type with a name of its own', { token_type: 'BearerToken' }],
  ['a lifetime that is a text', { token_type: 'bearer', expires_in: '3600' }],
  ['a lifetime that is an empty text', { token_type: 'bearer', expires_in: '' }],
  ['no lifetime', { token_type: 'Bearer' }],
  ['an identity that proves nothing here', { id_token: 'e30.e30.', scope: ['read'] }],
])('an answer with %s has a token, which is kept', async (_title, more) => {
  await using issuer = await aThirdParty();
  issuer.script({ body: { access_token: 'access-1', ...more } });
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  expect((await project.sync()).exitCode).toBe(0);
  expect(bearers(project.party)).toEqual(['Bearer access-1']);
  expect(await redis.client.keys('*:token')).toHaveLength(1);
  await redis.client.flushall();
});

test('an access token that the third party repeats is in no output, today or later', async () => {
  await using issuer = await aThirdParty();
  issuer.script(token('an-access-token'));
  await using project = await aProject({ redis, records: customers(5), config: withAuth(issuer.url) });
  const echo = ({ headers }: Arrival): Scripted => ({ status: 404, body: { sent: headers.authorization } });
  project.party.script(echo);
  const { exitCode, stdout, stderr } = await project.sync(['run', '--json']);
  expect(exitCode).toBe(76);
  expect(stdout).toContain('Bearer [redacted]');
  const { stdout: status } = await project.sync(['status', '--json']);
  expect(status).toContain('Bearer [redacted]');
  expect(stdout + stderr + status).not.toContain('an-access-token');
});

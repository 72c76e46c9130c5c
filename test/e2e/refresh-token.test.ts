import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { anOAuthServer, clientSecret, type OAuthServer } from '../helpers/oauth-server.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, customers, eventually, expectInStep, type Project } from '../helpers/sync.ts';
import { type Arrival, aThirdParty, type Scripted } from '../helpers/third-party.ts';

const key = 'a key of thirty-two characters or more';
const quick = { throttle: { wait: '10ms' }, records: customers(5) };

function withRefreshToken(
  server: Pick<OAuthServer, 'tokenUrl'>,
  refreshToken: string,
  more: object = {},
  timeout = '1s',
) {
  const auth = { type: 'oauth2', grant: 'refresh_token', tokenUrl: server.tokenUrl, clientId: 'us', refreshToken };
  return (config: BaseConfig) => ({
    ...config,
    adapters: {
      acme: { ...config.adapters.acme, timeout, auth: { ...auth, clientSecret, tokenKey: key, ...more } },
    },
  });
}

/** As if the access token had come to its end. */
async function endAccessTokens(): Promise<void> {
  const keys = await redis.client.keys('*:token');
  if (keys.length > 0) await redis.client.del(keys);
}

const bearers = ({ party }: Project) =>
  party.arrivals.map(({ headers }) => headers.authorization?.slice('Bearer '.length) ?? '');

describe.each(['sqlite', 'postgres'] as const)('with a target on %s', (target) => {
  test('each answer replaces the refresh token, which is kept encrypted', async () => {
    await using server = await anOAuthServer();
    const first = await server.consent('ada');
    await using project = await aProject({ redis, target, ...quick, config: withRefreshToken(server, first) });
    for (let run = 1; run <= 3; run += 1) {
      expect((await project.sync()).json()).toMatchObject({ exitCode: 0, outcome: 'done' });
      await endAccessTokens();
    }
    expect(server.asked).toEqual(['refresh_token 200', 'refresh_token 200', 'refresh_token 200']);
    expect(new Set(bearers(project)).size).toBe(3);
    expect(await Promise.all(bearers(project).map(server.holderOf))).toEqual(['ada', 'ada', 'ada']);
    const kept = await project.database.query('SELECT chain, token, claim FROM _sync_tokens');
    expect(kept).toEqual([{ chain: expect.any(String), token: expect.stringMatching(/^v1\./), claim: null }]);
    await expectInStep(project);
  });
});

test('an access token serves runs and dry runs until its end, and a dry run asks for none', async () => {
  await using server = await anOAuthServer();
  const first = await server.consent('ada');
  await using project = await aProject({ redis, ...quick, config: withRefreshToken(server, first) });
  const before = await project.sync(['run', '--dry-run']);
  expect(before).toMatchObject({ exitCode: 77, stderr: expect.stringContaining('a dry run asks') });
  expect(server.asked).toEqual([]);
  await project.sync();
  expect((await project.sync(['run', '--dry-run'])).exitCode).toBe(0);
  await endAccessTokens();
  expect((await project.sync(['run', '--dry-run'])).exitCode).toBe(77);
  expect(server.asked).toEqual(['refresh_token 200']);
});

test('a client without a secret says who it is', async () => {
  await using server = await anOAuthServer();
  const config = withRefreshToken(server, await server.consent('ada', 'public'), {
    clientId: 'public',
    clientSecret: undefined,
  });
  await using project = await aProject({ redis, ...quick, config });
  expect((await project.sync()).exitCode).toBe(0);
  expect(await server.holderOf(bearers(project)[0] ?? '')).toBe('ada');
});

test('a refresh token that stays is not stored, and an answer that is lost costs a run', async () => {
  await using server = await anOAuthServer({ rotates: false });
  await using project = await aProject({
    redis,
    ...quick,
    config: withRefreshToken(server, await server.consent('ada')),
  });
  server.loseNextAnswer();
  expect((await project.sync()).exitCode).toBe(69);
  await eventually(async () => (await project.sync()).exitCode === 0);
  expect(await project.query('SELECT token, lost_at FROM _sync_tokens')).toEqual([{ token: null, lost_at: null }]);
  expect((await project.sync(['check'])).stdout).toContain('that of the config: it was not replaced');
});

describe('a run that is killed', { timeout: 120_000 }, () => {
  test('after the new refresh token is stored, has lost nothing', async () => {
    await using server = await anOAuthServer();
    await using project = await aProject({
      redis,
      ...quick,
      config: withRefreshToken(server, await server.consent('ada')),
    });
    const killed = await project.sync(['run'], { env: { SYNC_CRASH_AT: 'token-stored' } });
    expect(killed.signal).toBe('SIGKILL');
    expect(project.party.arrivals).toEqual([]);
    await redis.client.del(project.lockKey);
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, outcome: 'done' });
    await expectInStep(project);
  });

  test('before that, has lost it: the error says so, and another first token is used at once', async () => {
    await using server = await anOAuthServer();
    await using project = await aProject({
      redis,
      ...quick,
      config: withRefreshToken(server, await server.consent('ada')),
    });
    const killed = await project.sync(['run'], { env: { SYNC_CRASH_AT: 'token-answered' } });
    expect(killed.signal).toBe('SIGKILL');
    expect(project.party.arrivals).toEqual([]);
    await redis.client.del(project.lockKey);

    let refused = await project.sync();
    await eventually(async () => {
      refused = await project.sync();
      return refused.exitCode === 77;
    });
    expect(refused.json().errors).toMatchObject([
      {
        message: expect.stringContaining('refused the refresh token (400, invalid_grant)'),
        hint: expect.stringMatching(
          /put the new refresh token into refreshToken.*The answer to the request of \S+ was lost/,
        ),
      },
    ]);
    const { problems } = (await project.sync(['status', '--json'])).json<{ problems: object[] }>();
    expect(problems).toMatchObject([
      { id: 'credentials-refused', advice: expect.stringContaining('Allow access again at the third party') },
    ]);

    await project.reconfigure(withRefreshToken(server, await server.consent('ada')));
    expect((await project.sync()).json()).toMatchObject({ exitCode: 0, outcome: 'done' });
    await expectInStep(project);
  });
});

test('two syncs of one database share a refresh token, and ask for one access token between them', async () => {
  await using server = await anOAuthServer();
  const config = withRefreshToken(server, await server.consent('ada'));
  await using first = await aProject({ redis, ...quick, config });
  await using second = await aProject({ redis, ...quick });
  await second.reconfigure((base) => {
    const { customers: schema } = base.resources;
    const moved = { ...base, target: { type: 'sqlite', file: first.file } as const };
    return { ...config(moved as BaseConfig), resources: { customers: { ...schema, table: 'others' } } };
  });
  for (let round = 1; round <= 3; round += 1) {
    const runs = await Promise.all([first.sync(), second.sync()]);
    expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    await endAccessTokens();
  }
  expect(server.asked).toEqual(['refresh_token 200', 'refresh_token 200', 'refresh_token 200']);
  expect(await Promise.all([...bearers(first), ...bearers(second)].map(server.holderOf))).toEqual(Array(6).fill('ada'));
});

test('while another run asks for a token, a run waits, and is throttled', async () => {
  await using server = await anOAuthServer();
  await using project = await aProject({
    ...{ redis, ...quick, config: withRefreshToken(server, await server.consent('ada')) },
  });
  await project.sync();
  await endAccessTokens();
  const claimUntil = (until: number) => {
    using database = new DatabaseSync(project.file);
    database.prepare("UPDATE _sync_tokens SET claim = 'another', claimed_at = 0, claimed_until = ?").run(until);
  };
  claimUntil(Date.now() + 3_600_000);
  const waiting = (await project.sync()).json();
  expect(waiting).toMatchObject({ exitCode: 0, outcome: 'throttled', hits: 0 });
  expect(server.asked).toHaveLength(1);
  claimUntil(0);
  expect((await project.sync()).json()).toMatchObject({ exitCode: 0, outcome: 'done' });
});

test.each(['SIGTERM', 'a lost lock'])('%s while a token endpoint answers costs no refresh token', async (cause) => {
  await using issuer = await aThirdParty();
  const token = (refresh_token: string) => ({ access_token: 'access', expires_in: 60, refresh_token });
  const gate = Promise.withResolvers<void>();
  issuer.script({ until: gate.promise, body: token('second') }, { body: token('third') });
  const config = withRefreshToken({ tokenUrl: `${issuer.url}/token` }, 'first', {}, '20s');
  await using project = await aProject({ redis, ...quick, config });
  const run = project.start();
  await eventually(async () => issuer.arrivals.length > 0);
  if (cause === 'SIGTERM') run.kill('SIGTERM');
  else await redis.client.del(project.lockKey);
  expect(await Promise.race([run.finished, sleep(2000)])).toBeUndefined();
  gate.resolve();
  expect((await run.finished).exitCode).toBe(cause === 'SIGTERM' ? 143 : 75);
  expect(project.party.arrivals).toEqual([]);

  await endAccessTokens();
  await eventually(async () => (await project.sync()).json().outcome === 'done');
  const asked = issuer.arrivals.map(({ body }) => new URLSearchParams(body).get('refresh_token'));
  expect(asked).toEqual(['first', 'second']);
});

describe('a database that is locked when the answer comes', () => {
  /** A token endpoint that locks the database with its first answer, and accepts any refresh token. */
  async function aLockedProject(tokenStoreMs: number) {
    const issuer = await aThirdParty();
    const tokenUrl = `${issuer.url}/token`;
    const project = await aProject({
      ...{ redis, ...quick, config: withRefreshToken({ tokenUrl }, 'first') },
      timings: { tokenStoreMs, targetBusyMs: 100 },
    });
    const lock = new DatabaseSync(project.file);
    const token = (refresh_token: string): Scripted => ({
      body: { access_token: 'access', expires_in: 60, refresh_token },
    });
    const lockAndAnswer = (answer: Scripted) => () => {
      lock.exec('BEGIN IMMEDIATE');
      return answer;
    };
    issuer.script(lockAndAnswer(token('second')), token('third'));
    const asked = () => issuer.arrivals.map(({ body }) => new URLSearchParams(body).get('refresh_token'));
    const close = async () => {
      lock.close();
      await project.close();
      await issuer.close();
    };
    return { project, lock, issuer, asked, [Symbol.asyncDispose]: close };
  }

  test('for a while, costs no token', async () => {
    await using locked = await aLockedProject(60_000);
    const { project, lock, issuer, asked } = locked;
    const run = project.sync();
    await eventually(async () => issuer.arrivals.length > 0);
    expect(await Promise.race([run, sleep(500)])).toBeUndefined();
    lock.exec('COMMIT');
    expect((await run).json()).toMatchObject({ exitCode: 0, outcome: 'done' });
    await endAccessTokens();
    expect((await project.sync()).exitCode).toBe(0);
    expect(asked()).toEqual(['first', 'second']);
  });

  test('for long, costs the new token, which the error says', async () => {
    await using locked = await aLockedProject(200);
    const { project, lock, asked } = locked;
    const lost = await project.sync();
    lock.exec('COMMIT');
    expect(lost.exitCode).toBe(69);
    expect(lost.json().errors[0]?.message).toContain(
      'has replaced the refresh token, and the new one could not be stored',
    );
    await eventually(async () => (await project.sync()).json().outcome === 'done');
    expect(asked()).toEqual(['first', 'first']);
  });
});

test('the key is changed by a list, and without the key of that time the config is wrong', async () => {
  await using server = await anOAuthServer();
  const first = await server.consent('ada');
  const other = 'another key of thirty-two characters or more';
  await using project = await aProject({ redis, ...quick, config: withRefreshToken(server, first) });
  expect((await project.sync(['check'])).stdout).toContain('no run has used the one of the config yet');
  await project.sync();
  expect((await project.sync(['check'])).stdout).toContain('the new one can be decrypted');
  await endAccessTokens();
  await project.reconfigure(withRefreshToken(server, first, { tokenKey: other }));
  const refused = await project.sync();
  expect(refused.exitCode).toBe(78);
  expect(refused.json().errors).toMatchObject([{ message: expect.stringContaining('no key of tokenKey decrypts') }]);
  expect(await project.sync(['check'])).toMatchObject({
    exitCode: 78,
    stdout: expect.stringContaining('no key of tokenKey'),
  });

  await project.reconfigure(withRefreshToken(server, first, { tokenKey: [other, key] }));
  expect((await project.sync()).exitCode).toBe(0);
  await endAccessTokens();
  await project.reconfigure(withRefreshToken(server, first, { tokenKey: other }));
  expect((await project.sync()).exitCode).toBe(0);
});

test('no token is in an output, nor in the database, also if the third party repeats it', async () => {
  await using server = await anOAuthServer();
  const first = await server.consent('ada');
  await using project = await aProject({ redis, ...quick, config: withRefreshToken(server, first) });
  const echo = ({ headers }: Arrival): Scripted => ({ status: 404, body: { sent: headers.authorization } });
  project.party.script(echo);
  const outputs = [
    await project.sync(['run', '--json', '--log-level', 'debug']),
    await project.sync(['status', '--json']),
    await project.sync(['check', '--json']),
  ];
  const written = outputs.map(({ stdout, stderr }) => stdout + stderr).join('') + readFileSync(project.file, 'latin1');
  expect(written).toContain('Bearer [redacted]');
  const access = bearers(project)[0] ?? '';
  expect(await server.holderOf(access)).toBe('ada');
  for (const secret of [first, access, key, clientSecret]) expect(written).not.toContain(secret);
});

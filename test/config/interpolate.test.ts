import { expect, test } from 'vitest';
import { interpolate } from '../../src/config/interpolate.ts';
import { loadConfig } from '../../src/config/load.ts';
import { aConfig, acme, aFolder, load, problemsOf } from './a-config.ts';

const sources = { env: { NAME: 'x', EMPTY: '', API_TOKEN: 'abcdef' }, dir: '/' };

test.each([
  ['${NAME}', 'x'],
  ['a${NAME}b${NAME}', 'axbx'],
  ['${EMPTY}', ''],
  ['${EMPTY:-d}', 'd'],
  ['${GONE:-d:-e}', 'd:-e'],
  ['${GONE:-}', ''],
  ['$${NAME}', '${NAME}'],
  ['$NAME {NAME} $', '$NAME {NAME} $'],
])('replaces %s by %j', (text, replaced) => {
  expect(interpolate({ a: [text] }, sources)).toMatchObject({ value: { a: [replaced] }, problems: [], secrets: [] });
});

test('does not replace what a value brings in', () => {
  expect(interpolate('${A}', { env: { A: '${B}', B: 'b' }, dir: '/' }).value).toBe('${B}');
});

test('names every variable that is missing, with its path', async () => {
  const problems = await problemsOf(
    aConfig({ redis: { url: '${REDIS}' }, adapters: { acme: { ...acme, baseUrl: '${URL_A}${1x}' } } }),
  );

  expect(problems).toMatchObject([
    { path: 'redis.url', expected: expect.stringContaining('REDIS to be set') },
    { path: 'adapters.acme.baseUrl', expected: expect.stringContaining('URL_A to be set') },
  ]);
});

test('leaves out adapters that are not selected and whose variables are missing', async () => {
  const adapters = { acme, other: { ...acme, auth: { type: 'bearer', token: '${OTHER_TOKEN}' } } };

  expect(Object.keys((await load(aConfig({ adapters }))).config.adapters)).toEqual(['acme']);
  const problems = await problemsOf(aConfig({ adapters }), { adapter: 'other' });
  expect(problems.map(({ path }) => path)).toEqual(['adapters.other.auth.token']);
});

test('reads a mounted secret, without its line end, and keeps it secret', async () => {
  const auth = { type: 'bearer', token: '${file:./token}' };
  const cwd = await aFolder({
    'sync.config.json': aConfig({ adapters: { acme: { ...acme, auth } } }),
    token: 's3cr3t!\n',
  });
  const { config, secrets } = await loadConfig({ cwd, env: {} });

  expect(config.adapters.acme).toMatchObject({ auth: { type: 'bearer', token: 's3cr3t!' } });
  expect(secrets).toContain('s3cr3t!');
});

test('names a mounted secret that cannot be read', async () => {
  const problems = await problemsOf(aConfig({ redis: { url: '${file:/gone/secret}' } }));

  expect(problems).toMatchObject([{ path: 'redis.url', expected: 'the file /gone/secret to be readable' }]);
});

test('takes Redis from REDIS_URL where the config is silent', async () => {
  const { config } = await load(aConfig(), { env: { REDIS_URL: 'redis://elsewhere:1' } });

  expect(config.redis).toMatchObject({ url: 'redis://elsewhere:1' });
});

test('keeps variables secret whose names say so', () => {
  expect(interpolate('${API_TOKEN} ${NAME}', sources).secrets).toEqual(['abcdef']);
});

test('names the variables and files that it has found, with their places', () => {
  const { references } = interpolate({ auth: { token: '${NAME:-x}' }, plain: '$${NAME}' }, sources);
  expect(references).toEqual([{ name: 'NAME', path: ['auth', 'token'] }]);
});

test('a config knows which variables hold the credentials of its adapter', async () => {
  const own = {
    ...aConfig().adapters.acme,
    auth: { type: 'basic', username: '${ACME_USER}', password: '${ACME_PASSWORD}' },
  };
  const loaded = await load(aConfig({ adapters: { acme: own } }), { env: { ACME_USER: 'a', ACME_PASSWORD: 'b' } });
  expect(loaded.credentials).toEqual(['ACME_USER', 'ACME_PASSWORD']);
});

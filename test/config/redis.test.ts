import { expect, test } from 'vitest';
import { aConfig, load, problemsOf } from './a-config.ts';

const auth = { module: './login.ts' };
const sentinels = ['one.example:26379', 'two.example', '[::1]:26379'];

test('takes the sentinels and what the master is called, and no URL', async () => {
  const redis = { sentinels, name: 'mymaster', password: 'word', db: 2 };
  const { config } = await load(aConfig({ redis }), { env: { REDIS_URL: 'redis://elsewhere:1' } });

  expect(config.redis).toEqual({ ...redis, prefix: 'sync', allowEviction: false });
});

test('takes the nodes of a cluster, with TLS', async () => {
  const redis = { cluster: ['one.example:7000'], username: 'sync', tls: { ca: 'PEM' } };
  const { config } = await load(aConfig({ redis: { ...redis, prefix: 'team' } }));

  expect(config.redis).toEqual({ ...redis, prefix: 'team', allowEviction: false });
});

test('takes certificates beside a URL that has TLS', async () => {
  const redis = { url: 'rediss://redis.example', tls: { servername: 'redis.internal' } };
  const { config } = await load(aConfig({ redis }));

  expect(config.redis).toMatchObject(redis);
});

test.each([
  ['two places', { url: 'redis://here', sentinels, name: 'm' }, 'redis.sentinels', 'only one of'],
  ['two other places', { sentinels, name: 'm', cluster: ['a:1'] }, 'redis.cluster', 'only one of'],
  ['sentinels without a name', { sentinels }, 'redis.name', 'what the sentinels call the master'],
  ['no sentinel', { sentinels: [], name: 'm' }, 'redis.sentinels', 'a list that is not empty'],
  ['a URL as a sentinel', { sentinels: ['redis://a:1'], name: 'm' }, 'redis.sentinels[0]', '"host:port"'],
  ['a name and no sentinels', { name: 'm' }, 'redis.name', '"sentinels"'],
  ['a password beside a URL', { url: 'redis://here', password: 'word' }, 'redis.password', 'in the URL'],
  ['a database in a cluster', { cluster: ['a:1'], db: 1 }, 'redis.db', 'a cluster has only one'],
  ['a module and a password', { cluster: ['a:1'], auth, password: 'word' }, 'redis.auth', 'no password beside it'],
  ['a module and one in the URL', { url: 'redis://u:word@here', auth }, 'redis.auth', 'no password beside it'],
  ['TLS beside a URL without it', { url: 'redis://here', tls: {} }, 'redis.url', 'rediss://'],
])('refuses %s', async (_, redis, path, expected) => {
  expect(await problemsOf(aConfig({ redis }))).toMatchObject([{ path, expected: expect.stringContaining(expected) }]);
});

test('makes the path of the module absolute', async () => {
  const target = { type: 'postgres', url: 'postgres://sync@db.example/crm', auth };
  const { config, dir } = await load(aConfig({ redis: { url: 'redis://sync@here', auth }, target }));
  expect([config.redis, config.target]).toMatchObject(
    [target, target].map(() => ({ auth: { module: `${dir}/login.ts` } })),
  );
});

test('a module beside a password of the target is refused', async () => {
  const target = { type: 'postgres', url: 'postgres://sync:word@db.example/crm', auth };
  expect(await problemsOf(aConfig({ target }))).toMatchObject([
    { path: 'target.auth', found: 'a password in target.url' },
  ]);
});

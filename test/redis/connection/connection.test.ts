import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError, IntegrityError, UnreachableError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import { openRedis } from '../../../src/redis/connection/connection.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { freePort } from '../../helpers/free-port.ts';
import { failureOf } from '../../helpers/open-at.ts';
import { aProxyToRedis, closeAfterTest, open } from '../../helpers/open-redis.ts';
import { aRedis, type RedisServer } from '../../helpers/redis.ts';
import { redis as server } from '../../helpers/suite-redis.ts';

const increment = { lua: `return redis.call('INCR', KEYS[1])`, guarantee: 'it is as it was' };

describe('opening', () => {
  test('says where Redis is not, why, and what to do', async () => {
    const port = await freePort();
    const error = await failureOf(open(`redis://user:secret-word@127.0.0.1:${port}/0`));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      message: expect.stringMatching(`redis://127.0.0.1:${port}/0.*ECONNREFUSED.*nothing was written`),
      hint: expect.stringContaining('redis.url'),
      cause: { code: 'ECONNREFUSED' },
    });
    expect(String(error)).not.toContain('secret-word');
  });

  test('reports an unknown host name', async () => {
    const error = await failureOf(open('redis://no-such-host.invalid:6379'));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
  });

  test('reports that another server answers', async () => {
    const http = createServer().listen(0, '127.0.0.1');
    await once(http, 'listening');
    const { port } = http.address() as AddressInfo;
    const error = await failureOf(open(`redis://127.0.0.1:${port}`));
    http.close();
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: expect.stringContaining('(what answers there is not Redis)') });
  });

  test('gives up on a server that accepts and never answers', async () => {
    const { proxy, url } = await aProxyToRedis();
    proxy.always('black-hole');
    const error = await failureOf(open(url, { redisCommandMs: 200 }));
    expect(error).toBeInstanceOf(UnreachableError);
  });

  test('works through a Unix socket, by path and by URL', async () => {
    const local = await aRedis({ args: ['--unixsocket', 'redis.sock'] });
    const path = `${local.folder}/redis.sock`;
    for (const url of [path, `unix://${path}`]) {
      const redis = await open(url);
      expect(redis.address).toBe(path);
      expect(await redis.run(increment, [url], [])).toBe(1);
    }
    await local.stop();
  });

  test('chooses the database of the URL', async () => {
    const redis = await open(`${server.url}/3`);
    await redis.run(increment, ['n'], []);
    expect(await server.client.exists('n')).toBe(0);
  });

  test('shows its name to CLIENT LIST', async () => {
    await open();
    expect(await server.client.client('LIST')).toContain('name=sync-test');
  });

  test.each(['http://localhost', 'localhost:6379', 'redis', ''])('refuses %j as a URL', async (url) => {
    expect(await failureOf(open(url))).toBeInstanceOf(ConfigError);
  });
});

describe('credentials', () => {
  let guarded: RedisServer;
  beforeAll(async () => {
    guarded = await aRedis();
    await guarded.client.config('SET', 'requirepass', 'secret-word');
    await guarded.client.call('ACL', 'SETUSER', 'shy', 'on', '>secret-word', '~*', '+@all', '-info');
  });
  afterAll(() => guarded.stop());
  const urlWith = (credentials: string) => guarded.url.replace('//', `//${credentials}@`);

  test.each([
    ['no', '', 'NOAUTH'],
    ['a wrong', ':wrong-word', 'WRONGPASS'],
    ["an unknown user's", 'nobody:secret-word', 'WRONGPASS'],
  ])('with %s password it says so', async (_, credentials, code) => {
    const error = await failureOf(open(credentials === '' ? guarded.url : urlWith(credentials)));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      message: expect.stringMatching(`refused the credentials.*${code}`),
      hint: expect.stringContaining('password'),
    });
  });

  test('with the right ones it opens', async () => {
    const redis = await open(urlWith(':secret-word'));
    expect(await redis.run(increment, ['n'], [])).toBe(1);
    expect(redis.address).not.toContain('secret-word');
  });

  test('a user who may not ask for INFO is warned that nothing was checked', async () => {
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
    const config = { key: 'n', allowEviction: false, connectionName: 'sync-test', timings: defaultTimings, log };
    closeAfterTest(await openRedis({ ...config, place: { url: urlWith('shy:secret-word') } }));
    expect(warnings).toEqual([expect.stringContaining('were not checked')]);
  });
});

describe('the start check', () => {
  test('refuses a replica, and names its master', async () => {
    const replica = await aRedis({ args: ['--replicaof', '127.0.0.1', `${server.port}`] });
    const error = await failureOf(open(replica.url));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ hint: expect.stringContaining(`127.0.0.1:${server.port}`) });
    await replica.stop();
  });

  test('refuses a Redis that evicts, unless it is allowed', async () => {
    const evicting = await aRedis({ args: ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'] });
    const error = await failureOf(open(evicting.url));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message: expect.stringContaining('allkeys-lru') });

    const config = { key: 'n', connectionName: 'sync-test', timings: defaultTimings, log: silentLog };
    closeAfterTest(await openRedis({ ...config, place: { url: evicting.url }, allowEviction: true }));
    await evicting.client.config('SET', 'maxmemory-policy', 'noeviction');
    await open(evicting.url);
    await evicting.stop();
  });
});

describe('running a script', () => {
  test('goes on after Redis was killed and came back', async () => {
    const mortal = await aRedis();
    const redis = await open(mortal.url);
    await redis.run(increment, ['n'], []);
    await mortal.kill();
    const later = redis.run(increment, ['n'], []);
    await mortal.restart();
    expect(await later).toBe(1);
    await mortal.stop();
  });

  test('gives up when its budget ends, with the cause and what is guaranteed', async () => {
    const mortal = await aRedis();
    const redis = await open(mortal.url, { redisScriptBudgetMs: 300 });
    await mortal.kill();
    const error = await failureOf(redis.run(increment, ['n'], []));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({ message: expect.stringMatching('ECONNREFUSED.*it is as it was') });
    await mortal.stop();
  });

  test('is tried once with no budget', async () => {
    const { proxy, url } = await aProxyToRedis();
    const redis = await open(url);
    proxy.next('EVAL', 'drop-reply');
    expect(await failureOf(redis.run(increment, ['n'], [], { budgetMs: 0 }))).toBeInstanceOf(UnreachableError);
    expect(await server.client.get('n')).toBe('1');
  });

  test('sends its text once, and its digest from then on', async () => {
    const { proxy, url } = await aProxyToRedis();
    const redis = await open(url);
    for (let n = 1; n <= 3; n += 1) expect(await redis.run(increment, ['n'], [])).toBe(n);
    expect([proxy.seen('INCR'), proxy.seen('EVALSHA')]).toEqual([1, 2]);
  });

  test('is not repeated for an error of its own', async () => {
    const redis = await open();
    const broken = { lua: `redis.call('INCR', KEYS[1]) return redis.error_reply('ERR no')`, guarantee: '' };
    expect(await failureOf(redis.run(broken, ['n'], []))).toMatchObject({ name: 'ReplyError' });
    expect(await server.client.get('n')).toBe('1');
  });

  test('names the key that holds something of somebody else', async () => {
    await server.client.rpush('n', 'x');
    const redis = await open();
    const error = await failureOf(redis.run(increment, ['n'], []));
    expect(error).toBeInstanceOf(IntegrityError);
    expect(error).toMatchObject({ message: expect.stringContaining('one of n;') });
  });

  test('fails at once after the connection was closed', async () => {
    const redis = await open();
    redis.close();
    expect(await failureOf(redis.run(increment, ['n'], []))).toBeInstanceOf(UnreachableError);
  });
});

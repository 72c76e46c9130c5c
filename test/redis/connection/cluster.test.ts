import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, IntegrityError, UnreachableError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import { createClusterClient } from '../../../src/redis/connection/shapes/cluster.ts';
import { syncKeys, throttleKeys } from '../../../src/redis/keys.ts';
import { eventually } from '../../helpers/child.ts';
import { aCluster, type ClusterSetup, slotOf } from '../../helpers/cluster.ts';
import { aFaultProxy } from '../../helpers/fault-proxy.ts';
import { freePort } from '../../helpers/free-port.ts';
import { closeAfterTest, failureOf, openAt } from '../../helpers/open-at.ts';
import { aRedis, type RedisServer } from '../../helpers/redis.ts';

const increment = { lua: `return redis.call('INCR', KEYS[1])`, guarantee: 'it is as it was' };
const password = 'secret-word';

let redis: ClusterSetup;
beforeAll(async () => {
  redis = await aCluster({ password });
});
afterAll(() => redis[Symbol.asyncDispose]());

/** A key for each master. */
async function keysOfAll(): Promise<ReadonlyMap<RedisServer, string>> {
  const found = new Map<RedisServer, string>();
  for (let n = 0; found.size < 3; n += 1) found.set(await redis.ownerOf(`{${n}}`), `{${n}}`);
  return found;
}

test('every script goes to the node that keeps its keys, at once', async () => {
  const keys = [...(await keysOfAll()).values()];
  const before = await redis.redirects();
  for (const key of keys) {
    const connection = await openAt(redis.place, {}, { key });
    for (let n = 1; n <= 5; n += 1) {
      for (const other of keys) await connection.run(increment, [`${other}:n`], []);
    }
  }
  expect(await redis.client.get(`${keys[0]}:n`)).toBe('15');
  expect(await redis.redirects()).toBe(before);
});

test('a command without a key is refused before it is sent, because nobody knows which node it is for', async () => {
  const config = {
    options: {},
    askMs: 1000,
    isDaemon: false,
    onError: () => {},
    onReady: () => {},
    key: 'n',
    log: silentLog,
  };
  const client = closeAfterTest(createClusterClient(redis.place, config));
  for (const command of ['INFO', 'PING', 'XRANGE']) {
    expect(await failureOf(client.call(command, []))).toBeInstanceOf(IntegrityError);
  }
  expect(await client.call('EVAL', ['return 1', 1, 'n'])).toBe(1);
});

test('keys of a sync share a slot, and so do keys of a throttle', () => {
  const { lock, events, lease, attempts, members, done } = syncKeys('sync', 'crm');
  const { window, ...throttle } = throttleKeys('sync', 'acme');
  const groups = [
    [lock, events, lease('a'), attempts('a'), members('a'), done('a')],
    [...Object.values(throttle), window(1000)],
  ];
  for (const keys of groups) {
    expect(new Set(keys.map(slotOf)).size).toBe(1);
  }
});

describe('opening', () => {
  test('needs one node that answers', async () => {
    const [node = ''] = redis.place.cluster;
    const place = { ...redis.place, cluster: [`127.0.0.1:${await freePort()}`, node] };
    const connection = await openAt(place);
    expect(connection.address).toContain(`the cluster of ${place.cluster.join(', ')}`);
  });

  test('says that no node can be reached', async () => {
    const error = await failureOf(openAt({ cluster: [`127.0.0.1:${await freePort()}`] }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      message: expect.stringMatching('the cluster of 127.*nothing was written'),
      hint: expect.stringContaining('redis.cluster'),
    });
  });

  test('says that the password is wrong', async () => {
    expect(await failureOf(openAt({ ...redis.place, password: 'wrong-word' }))).toMatchObject({
      message: expect.stringMatching('refused the credentials.*WRONGPASS'),
      hint: expect.stringContaining('redis.password'),
    });
  });

  test('says that the server is not part of a cluster', async () => {
    const single = await aRedis();
    onTestFinished(() => single.stop());
    expect(await failureOf(openAt({ cluster: [`127.0.0.1:${single.port}`] }))).toMatchObject({
      message: expect.stringContaining('cluster support disabled'),
      hint: expect.stringContaining('redis.url'),
    });
  });

  test('checks the node that keeps our keys', async () => {
    const keys = await keysOfAll();
    const [evicting, key = ''] = [...keys][0] ?? [];
    await evicting?.client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lru');
    onTestFinished(
      async () => void (await evicting?.client.config('SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction')),
    );
    for (const [node, other] of keys) {
      const error = await failureOf(openAt(redis.place, {}, { key: other }));
      expect(error instanceof ConfigError, `${other} as ${key}`).toBe(node === evicting);
    }
  });

  test('warns a user who may not ask for INFO that nothing was checked', async () => {
    for (const { client } of redis.nodes) {
      await client.call('ACL', 'SETUSER', 'shy', 'on', `>${password}`, '~*', '+@all', '-info');
    }
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => warnings.push(message) };
    await openAt({ ...redis.place, username: 'shy' }, {}, { log });
    expect(warnings).toEqual([expect.stringContaining('were not checked')]);
  });

  test('a URL that leads to one node of a cluster is reported when others keep our keys', async () => {
    const keys = await keysOfAll();
    const [[node], [, key = '']] = [...keys] as [[RedisServer, string], [RedisServer, string]];
    const connection = await openAt({ url: node.url.replace('//', `//:${password}@`) });
    const error = await failureOf(connection.run(increment, [key], []));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ hint: expect.stringContaining('redis.cluster') });
  });
});

test('a command whose reply was lost is sent again by `run` only', async () => {
  // With one node alone, a lost connection ends the client, and nothing is left that could send the command again.
  const two = await aCluster({ masters: 2, replicas: 0 });
  const [node, other] = two.nodes as [RedisServer, RedisServer];
  const proxy = await aFaultProxy(node.port);
  onTestFinished(async () => {
    await proxy.stop();
    await two[Symbol.asyncDispose]();
  });
  await node.client.config('SET', 'cluster-announce-port', `${proxy.port}`);
  await eventually(async () => String(await other.client.call('CLUSTER', 'SLOTS')).includes(`${proxy.port}`));
  const key = ['{a}', '{b}', '{c}', '{d}', '{e}'].find((name) => slotOf(name) < 8192) ?? '';
  const connection = await openAt({ cluster: [`127.0.0.1:${proxy.port}`] }, {}, { key });
  await connection.run(increment, [key], []);

  proxy.next('EVALSHA', 'drop-reply');
  expect(await failureOf(connection.run(increment, [key], [], { budgetMs: 0 }))).toBeInstanceOf(UnreachableError);
  expect([await node.client.get(key), proxy.seen('EVALSHA')]).toEqual(['2', 1]);

  proxy.next('EVALSHA', 'drop-reply');
  expect(await connection.run(increment, [key], [])).toBe(4);
  expect(proxy.seen('EVALSHA')).toBe(3);
});

describe('a connection', () => {
  test('follows its slot to another node', async () => {
    const key = '{moving}:n';
    const connection = await openAt(redis.place);
    await connection.run(increment, [key], []);
    const before = await redis.ownerOf(key);
    await redis.migrate(key);

    expect(await redis.ownerOf(key)).not.toBe(before);
    expect(await connection.run(increment, [key], [])).toBe(2);
  });

  test('goes on with the replica that took over, whether its master is alive or not', async () => {
    const key = '{crm}:n';
    const connection = await openAt(redis.place);
    await connection.run(increment, [key], []);
    const first = await redis.ownerOf(key);
    await redis.failover(first);
    expect(await connection.run(increment, [key], [])).toBe(2);

    await redis.isWhole();
    const second = await redis.ownerOf(key);
    await second.kill('SIGKILL');
    await eventually(async () => (await failureOf(connection.run(increment, [key], []))) === undefined);
    expect(await redis.ownerOf(key)).not.toBe(second);
    await second.restart();
  });
});

import type { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import { silentLog } from '../../../src/log.ts';
import type { AskLogin, CheckedLogin } from '../../../src/login.ts';
import { BlockingArrivals } from '../../../src/redis/connection/blocking.ts';
import type { RedisPlace } from '../../../src/redis/connection/place.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { eventually } from '../../helpers/child.ts';
import { aCluster } from '../../helpers/cluster.ts';
import { closeAfterTest, failureOf, openAt } from '../../helpers/open-at.ts';
import { aRedis } from '../../helpers/redis.ts';
import { aSentinel } from '../../helpers/sentinel.ts';

const increment = { lua: `return redis.call('INCR', KEYS[1])`, guarantee: 'it is as it was' };
const key = '{sync:crm}:n';
/** Of whoever runs the servers. Without it, a connection that is not logged in may do everything. */
const password = 'word-of-the-admin';

interface Guarded {
  readonly place: RedisPlace;
  /** All servers that hold data. */
  readonly clients: readonly Redis[];
}

/** Starts a Redis of each shape whose user `sync` has no password yet. */
const shapes: Readonly<Record<string, () => Promise<Guarded>>> = {
  async single() {
    const server = await aRedis({ password });
    onTestFinished(() => server.stop());
    return { place: { url: server.url }, clients: [server.client] };
  },
  async sentinel() {
    const server = await aRedis({ password });
    onTestFinished(() => server.stop());
    const lines = [`sentinel monitor mymaster 127.0.0.1 ${server.port} 1`, `sentinel auth-pass mymaster ${password}`];
    const sentinel = await aSentinel(lines);
    onTestFinished(() => sentinel[Symbol.asyncDispose]());
    return { place: { sentinels: [`127.0.0.1:${sentinel.port}`], name: 'mymaster' }, clients: [server.client] };
  },
  async cluster() {
    const setup = await aCluster({ masters: 2, replicas: 0, aof: false, password });
    onTestFinished(() => setup[Symbol.asyncDispose]());
    return { place: { cluster: setup.place.cluster }, clients: setup.nodes.map(({ client }) => client) };
  },
};

/** What a service does when it rotates a password. Connections that are logged in stay so. */
async function setPassword({ clients }: Guarded, password: string): Promise<void> {
  for (const client of clients) {
    await client.call('ACL', 'SETUSER', 'sync', 'on', 'resetpass', `>${password}`, '~*', '&*', '+@all');
  }
}

/** What a service does to a connection that has had its time: to those of `sync`, and to no other. */
async function endConnections({ clients }: Guarded): Promise<void> {
  for (const client of clients) await client.call('CLIENT', 'KILL', 'USER', 'sync');
}

/** A module that returns the password that counts now, and remembers how often it was asked. */
function aProvider(password: string, lifeMs: number | null = null) {
  const asked: Parameters<AskLogin>[0][] = [];
  const provider = {
    asked,
    password,
    lifeMs,
    async ask(where: Parameters<AskLogin>[0]): Promise<CheckedLogin> {
      asked.push(where);
      const expiresAt = provider.lifeMs === null ? null : Date.now() + provider.lifeMs;
      return { username: 'sync', password: provider.password, expiresAt };
    },
  };
  return provider;
}

/** The ids of the connections of `sync`. */
async function connections({ clients }: Guarded): Promise<ReadonlySet<string>> {
  const lists = await Promise.all(clients.map((client) => client.client('LIST')));
  return new Set(
    lists.flatMap((list, at) => [...String(list).matchAll(/^id=(\d+) .*user=sync/gm)].map(([, id]) => `${at}:${id}`)),
  );
}

test.each(Object.entries(shapes))('%s: the module is asked before each connect', async (_, start) => {
  const redis = await start();
  await setPassword(redis, 'first-word');
  const provider = aProvider('first-word');
  const connection = await openAt(redis.place, {}, { key, login: provider.ask });
  expect(await connection.run(increment, [key], [])).toBe(1);
  expect(provider.asked).toHaveLength(1);

  provider.password = 'second-word';
  await setPassword(redis, provider.password);
  expect(await connection.run(increment, [key], [])).toBe(2);
  expect(provider.asked).toHaveLength(1);

  await endConnections(redis);
  expect(await connection.run(increment, [key], [])).toBe(3);
  expect(provider.asked.length).toBeGreaterThan(1);
});

test.each(Object.entries(shapes))(
  '%s: before a login expires, another connection takes the place of the old one, and no command is lost',
  async (_, start) => {
    const redis = await start();
    await setPassword(redis, 'first-word');
    const provider = aProvider('first-word', 500);
    const connection = await openAt(redis.place, {}, { key, login: provider.ask });
    // No command was sent yet that could have found that it is time.
    const old = await connections(redis);
    let counted = 0;
    const run = async () => expect(await connection.run(increment, [key], [])).toBe(++counted);
    provider.lifeMs = null;
    provider.password = 'second-word';
    await setPassword(redis, provider.password);
    await eventually(async () => {
      await Promise.all([run(), run(), run()]);
      return provider.asked.length >= 2;
    });
    await eventually(async () => {
      const now = await connections(redis);
      return now.size > 0 && [...old].every((id) => !now.has(id));
    });
    await run();
  },
);

test.each(Object.entries(shapes))('%s: if the new login is refused, the old connection stays', async (_, start) => {
  const redis = await start();
  await setPassword(redis, 'first-word');
  const provider = aProvider('first-word', 500);
  const connection = await openAt(redis.place, {}, { key, login: provider.ask });
  provider.password = 'wrong-word';
  const old = await connections(redis);
  let counted = 0;
  const run = async () => expect(await connection.run(increment, [key], [])).toBe(++counted);
  await eventually(async () => {
    await Promise.all([run(), run(), run()]);
    return provider.asked.length >= 2;
  });
  await run();
  expect([...(await connections(redis))]).toEqual(expect.arrayContaining([...old]));
});

test('a cluster that grows gets the login that counts when it connects to the new node', async () => {
  const setup = await aCluster({ masters: 2, replicas: 0, aof: false, password });
  onTestFinished(() => setup[Symbol.asyncDispose]());
  const guarded = { place: { cluster: setup.place.cluster }, clients: setup.nodes.map(({ client }) => client) };
  await setPassword(guarded, 'first-word');
  const provider = aProvider('first-word');
  const connection = await openAt(guarded.place, {}, { key, login: provider.ask });
  expect(await connection.run(increment, [key], [])).toBe(1);
  provider.password = 'second-word';
  await setPassword(guarded, provider.password);
  // The other node has no connection of ours yet, or one with the old login.
  await setup.migrate(key);
  expect(await connection.run(increment, [key], [])).toBe(2);
});

test('a wrong login is reported, and that the module gave it', async () => {
  const redis = await shapes.single?.();
  if (!redis) throw new Error('the shape does not exist');
  await setPassword(redis, 'first-word');
  const provider = aProvider('wrong-word');
  const error = await failureOf(openAt(redis.place, {}, { key, login: provider.ask }));
  expect(error).toBeInstanceOf(UnreachableError);
  expect(error).toMatchObject({
    message: expect.stringMatching(/refused the credentials \(WRONGPASS/),
    hint: 'Look at what the module of redis.auth returns.',
  });
  expect(provider.asked).toHaveLength(1);
});

test('the module gets what the URL says, and returns the password only', async () => {
  const server = await aRedis({ password });
  onTestFinished(() => server.stop());
  await setPassword({ place: { url: server.url }, clients: [server.client] }, 'first-word');
  const asked: unknown[] = [];
  const login: AskLogin = async (where) => {
    asked.push(where);
    return { username: undefined, password: 'first-word', expiresAt: null };
  };
  const connection = await openAt({ url: server.url.replace('//', '//sync@') }, {}, { key, login });
  expect(await connection.run(increment, [key], [])).toBe(1);
  expect(asked).toEqual([{ username: 'sync', host: '127.0.0.1', port: server.port }]);
});

test('the connection that waits for events has a login of its own', async () => {
  const server = await aRedis({ password });
  onTestFinished(() => server.stop());
  const guarded = { place: { url: server.url }, clients: [server.client] };
  await setPassword(guarded, 'first-word');
  const provider = aProvider('first-word');
  const timings = { ...defaultTimings, blockMs: 200 };
  const place = guarded.place;
  const arrivals = closeAfterTest(
    new BlockingArrivals({ place, connectionName: 'sync-test', key, timings, login: provider.ask, log: silentLog }),
  );
  const wait = () => arrivals.wait('0-0', 60_000, new AbortController().signal);
  const failed = failureOf(wait());
  await eventually(() => provider.asked.length === 1);
  provider.password = 'second-word';
  await setPassword(guarded, provider.password);
  await eventually(async () => Number(await server.client.call('CLIENT', 'KILL', 'USER', 'sync')) > 0);
  expect(await failed).toBeInstanceOf(UnreachableError);
  const arrived = wait();
  await server.client.xadd(key, '1-1', 'event', 'x');
  await arrived;
  expect(provider.asked.length).toBeGreaterThan(1);
});

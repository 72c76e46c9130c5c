import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { UnreachableError } from '../../../src/errors.ts';
import { eventually } from '../../helpers/child.ts';
import { failureOf, openAt } from '../../helpers/open-at.ts';
import { aRedis } from '../../helpers/redis.ts';
import { aSentinel, aSentinelSetup, type SentinelSetup } from '../../helpers/sentinel.ts';

const increment = { lua: `return redis.call('INCR', KEYS[1])`, guarantee: 'it is as it was' };
const read = { lua: `return redis.call('GET', KEYS[1])`, guarantee: 'nothing was read' };
const secret = 'secret-word';

let redis: SentinelSetup;
beforeAll(async () => {
  redis = await aSentinelSetup({ password: secret, sentinelPassword: `${secret}-2` });
});
afterAll(() => redis[Symbol.asyncDispose]());

/** Something on a port that accepts connections and answers nothing; it ends them, or leaves them open. */
async function aMuteSentinel(does: 'end' | 'wait') {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    if (does === 'end') socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  return { at: `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, sockets };
}

describe('opening', () => {
  test('finds the master, and chooses the database', async () => {
    const connection = await openAt({ ...redis.place, db: 3 });
    expect(await connection.run(increment, ['in-3'], [])).toBe(1);
    expect(await redis.client.exists('in-3')).toBe(0);
    expect(connection.address).toMatch(/^mymaster \(sentinels 127\.0\.0\.1:\d+, .*\)$/);
  });

  test.each(['end', 'wait'] as const)('asks each sentinel in two rounds, and gives up: all %s', async (does) => {
    const mute = [await aMuteSentinel(does), await aMuteSentinel(does)];
    const place = { ...redis.place, sentinels: mute.map(({ at }) => at) };
    const error = await failureOf(openAt(place, { redisAskMs: 100 }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      message: expect.stringMatching(/no sentinel can be asked, such as 127.*nothing was written/),
      hint: expect.stringContaining('redis.sentinels'),
    });
    // One that ends connections is asked once more, by a client that says why.
    expect(mute.map(({ sockets }) => sockets.length)).toEqual([does === 'end' ? 3 : 2, 2]);
  });

  test('passes by a sentinel that does not answer', async () => {
    const mute = await aMuteSentinel('wait');
    const place = { ...redis.place, sentinels: [mute.at, ...redis.place.sentinels] };
    const connection = await openAt(place, { redisAskMs: 100 });
    expect(await connection.run(read, ['none'], [])).toBeNull();
  });

  test('says that the sentinels do not know the name', async () => {
    const error = await failureOf(openAt({ ...redis.place, name: 'other' }));
    expect(error).toBeInstanceOf(UnreachableError);
    expect(error).toMatchObject({
      message: expect.stringContaining('the sentinels do not know a master "other"'),
      hint: expect.stringContaining('redis.name'),
    });
  });

  test.each(['password', 'sentinelPassword'] as const)('says that redis.%s is wrong', async (name) => {
    const error = await failureOf(openAt({ ...redis.place, [name]: 'wrong-word' }));
    expect(error).toMatchObject({
      message: expect.stringMatching('refused the credentials.*WRONGPASS'),
      hint: expect.stringContaining(`redis.${name}`),
    });
  });

  test('hears of a failover if the process lives for long, and only then', async () => {
    const subscribers = async () => {
      const lists = await Promise.all(redis.sentinels.map(({ client }) => client.client('LIST')));
      return String(lists).split(' sub=1 ').length - 1;
    };
    const before = await subscribers();
    await openAt(redis.place);
    expect(await subscribers()).toBe(before);
    await openAt(redis.place, {}, { isDaemon: true });
    await eventually(async () => (await subscribers()) === before + 3);
  });
});

describe('a connection', () => {
  test('goes on with the new master after a failover', async () => {
    const connection = await openAt(redis.place);
    await connection.run(increment, ['n'], []);
    await redis.failover();
    expect(await connection.run(increment, ['n'], [])).toBe(2);
    expect(await redis.client.get('n')).toBe('2');
  });

  test('that found no sentinel when it was cut is replaced, and works again once they answer', async () => {
    // After a failover a sentinel may name the old master for a while.
    await redis.isWhole();
    const connection = await openAt(redis.place, { redisAskMs: 100, redisScriptBudgetMs: 1500 });
    const master = await redis.master();
    for (const { kill } of redis.sentinels) kill('SIGSTOP');
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'normal');
    const error = await failureOf(connection.run(read, ['n'], []));
    for (const { kill } of redis.sentinels) kill('SIGCONT');

    expect(error).toBeInstanceOf(UnreachableError);
    await eventually(async () => (await failureOf(connection.run(read, ['n'], []))) === undefined);
  });

  test('checks the role whenever it connects: a sentinel may name a master that is none any more', async () => {
    const [named, other] = [await aRedis(), await aRedis()];
    const sentinel = await aSentinel([
      `sentinel monitor mymaster 127.0.0.1 ${named.port} 1`,
      'sentinel down-after-milliseconds mymaster 60000',
    ]);
    onTestFinished(async () => {
      await sentinel[Symbol.asyncDispose]();
      await Promise.all([named.stop(), other.stop()]);
    });
    const place = { sentinels: [`127.0.0.1:${sentinel.port}`], name: 'mymaster' };
    const connection = await openAt(place, { redisScriptBudgetMs: 500 });
    await named.client.replicaof('127.0.0.1', other.port);
    await named.client.call('CLIENT', 'KILL', 'TYPE', 'normal');

    expect(await failureOf(connection.run(read, ['n'], []))).toBeInstanceOf(UnreachableError);
    const refused = await failureOf(openAt(place));
    expect(refused).toMatchObject({ message: expect.stringContaining('is a replica') });
    await named.client.replicaof('NO', 'ONE');
    await eventually(async () => (await failureOf(connection.run(read, ['n'], []))) === undefined);
  });
});

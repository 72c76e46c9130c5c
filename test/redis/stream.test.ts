import { describe, expect, test } from 'vitest';
import { IntegrityError } from '../../src/errors.ts';
import { beforeEverything, comparePositions } from '../../src/event.ts';
import { createEventStream } from '../../src/redis/stream.ts';
import { at, eventStreamContract, events, generation } from '../contracts/stream.ts';
import { aProxyToRedis, open } from '../helpers/open-redis.ts';
import { redis as server } from '../helpers/suite-redis.ts';

const key = '{sync:crm}:events';
const room = 1_000_000;
const largest = '18446744073709551615';

async function aStream(url = server.url) {
  const redis = await open(url);
  return createEventStream({ redis, key });
}

async function aStreamBehindAProxy() {
  const { proxy, url } = await aProxyToRedis();
  return { proxy, stream: await aStream(url) };
}

async function consume(group: string, count: number, acked: number): Promise<number> {
  const reply = await server.client.xreadgroup('GROUP', group, 'one', 'COUNT', count, 'STREAMS', key, '>');
  const [, entries] = (reply?.[0] ?? []) as unknown as [string, readonly (readonly [string])[]];
  const ids = entries.map(([id]) => id);
  await server.client.xack(key, group, ...ids.slice(0, acked));
  return ids.length;
}

eventStreamContract('redis', async () => ({ stream: await aStream(), consume, async close() {} }));

test('writes one field, the event, at the ID that its position makes', async () => {
  const stream = await aStream();
  await stream.append(beforeEverything, generation, events(1, 1), room);
  expect(await server.client.xrange(key, '-', '+')).toEqual([[`${generation}-1`, ['event', '{"n":1}']]]);
});

test('appends once when the reply was lost, and says that they were there', async () => {
  const { proxy, stream } = await aStreamBehindAProxy();
  proxy.next('EVAL', 'drop-reply');
  const answer = await stream.append(beforeEverything, generation, events(1, 5), room);
  expect(answer).toMatchObject({ outcome: 'appended', appended: 0, duplicates: 5, last: at(5), length: 5 });
});

test('of two calls in flight, the second never comes before the first when the connection breaks', async () => {
  const { proxy, stream } = await aStreamBehindAProxy();
  proxy.next('EVAL', 'cut');
  const [first, second] = await Promise.all([
    stream.append(beforeEverything, generation, events(1, 5), room),
    stream.append(at(5), generation, events(6, 9), room),
  ]);
  expect(first).toMatchObject({ outcome: 'appended', appended: 5 });
  expect(['appended', 'gap']).toContain(second.outcome);
  const ids = (await server.client.xrange(key, '-', '+')).map(([id]) => id);
  expect(ids).toEqual(idsUntil(ids.length));
});

test('finds a gap after Redis lost its tail, and heals from its last position', async () => {
  const stream = await aStream();
  await stream.append(beforeEverything, generation, events(1, 2), room);
  expect(await stream.append(at(3), generation, events(4, 4), room)).toEqual({ outcome: 'gap' });
  const { last } = await stream.state();
  expect(await stream.append(last, generation, events(3, 4), room)).toMatchObject({ appended: 2, last: at(4) });
});

function idsUntil(seq: number): string[] {
  return Array.from({ length: seq }, (_, n) => `${generation}-${n + 1}`);
}

test('every event of a call has the ID that its number makes, also after a call of which a part was there', async () => {
  const stream = await aStream();
  await stream.append(beforeEverything, generation, events(1, 1500), room);
  await stream.append(at(1400), generation, events(1401, 2400), room);
  const entries = await server.client.xrange(key, '-', '+');
  expect(entries.map(([id]) => id)).toEqual(idsUntil(2400));
});

describe('entries of somebody else', () => {
  test('an XADD * is a generation ahead', async () => {
    const stream = await aStream();
    await stream.append(beforeEverything, generation, events(1, 2), room);
    await server.client.xadd(key, '*', 'event', 'not ours');
    const answer = await stream.append(at(2), generation, events(3, 3), room);
    expect(answer).toMatchObject({ outcome: 'generation-ahead', last: { seq: 0 } });
    expect((await stream.state()).length).toBe(3);
  });

  test('so is the largest ID that there is, and its group is trimmed all the same', async () => {
    const stream = await aStream();
    await stream.ensureGroup('notify', beforeEverything);
    await server.client.xadd(key, `${largest}-${largest}`, 'event', 'not ours');
    const answer = await stream.append(beforeEverything, generation, events(1, 1), room);
    expect(answer.outcome).toBe('generation-ahead');
    expect(comparePositions((await stream.state()).last, at(1))).toBeGreaterThan(0);

    await consume('notify', 1, 1);
    expect(await stream.trim(['notify'], 0)).toEqual({ outcome: 'trimmed', removed: 1, length: 0 });
    await stream.remove();
    expect(await stream.append(beforeEverything, generation, events(1, 1), room)).toMatchObject({ appended: 1 });
  });

  test.each(['9007199254740992', '9007199254740993', largest])(
    'a seq of %s is not taken for a smaller one',
    async (seq) => {
      const stream = await aStream();
      await server.client.xadd(key, `${generation}-${seq}`, 'event', 'not ours');
      const answer = await stream.append(beforeEverything, generation, events(1, 3), room);
      expect(answer).toMatchObject({ outcome: 'appended', appended: 0, duplicates: 3 });
      expect(comparePositions((await stream.state()).last, at(3))).toBeGreaterThan(0);
    },
  );

  test('trims by IDs that differ only past 2^53', async () => {
    const stream = await aStream();
    await stream.ensureGroup('slow', beforeEverything);
    await stream.ensureGroup('fast', beforeEverything);
    for (const end of ['2', '3', '4'])
      await server.client.xadd(key, `${generation}-900719925474099${end}`, 'event', end);
    await consume('fast', 3, 1);
    // `fast` needs ...993 and `slow` ...992, which are one and the same number in floating point.
    expect(await stream.trim([], 0)).toEqual({ outcome: 'trimmed', removed: 0, length: 3 });
    await consume('slow', 1, 1);
    expect(await stream.trim([], 0)).toEqual({ outcome: 'trimmed', removed: 1, length: 2 });
  });

  test('an entry with other fields is not an event', async () => {
    const stream = await aStream();
    await server.client.xadd(key, `${generation}-1`, 'other', 'x', 'event', '{"n":1}');
    expect(await stream.read(at(1))).toBe('');
  });

  test('a key of another type is named, with the cure', async () => {
    await server.client.set(key, 'not a stream');
    const stream = await aStream();
    const calls = [
      () => stream.state(),
      () => stream.append(beforeEverything, generation, events(1, 1), room),
      () => stream.read(at(1)),
      () => stream.trim([], 0),
      () => stream.ensureGroup('notify', beforeEverything),
    ];
    for (const call of calls) {
      const error = await call().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(IntegrityError);
      expect(error).toMatchObject({
        message: expect.stringContaining(key),
        hint: expect.stringContaining('rename or delete'),
      });
    }
    expect(await server.client.get(key)).toBe('not a stream');
  });
});

import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { beforeEverything, formatPosition, type Position } from '../../src/event.ts';
import { relay } from '../../src/relay/relay.ts';
import type { EventStream } from '../../src/stream.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aStream, aWorld, key, never, options, range } from './worlds.ts';

describe('the relay', () => {
  test('moves every event to the stream, at its own position, as it is in the outbox', async () => {
    const world = await aWorld();
    await world.commit(3);
    expect(await world.relay()).toMatchObject({ appended: 3, outcome: 'caught-up' });
    const generation = await world.generation();
    const outbox = await world.system.target.outbox(beforeEverything, 10);
    expect(await redis.client.xrange(key, '-', '+')).toEqual(
      outbox.events.map((event, at) => [`${generation}-${at + 1}`, ['event', event]]),
    );
  });

  test('has nothing to do if everything is there', async () => {
    const world = await aWorld();
    expect(await world.relay()).toMatchObject({ appended: 0, outcome: 'caught-up' });
    await world.commit(2);
    await world.relay();
    expect(await world.relay()).toMatchObject({ appended: 0 });
  });

  test('six at once put every event on the stream once, in order, while more are committed', async () => {
    const world = await aWorld();
    const streams = await Promise.all(Array.from({ length: 6 }, aStream));
    let isOver = false;
    const relaying = streams.map(async (stream) => {
      let appended = 0;
      for (let isLast = false; ; ) {
        isLast = isOver;
        appended += (await relay(options, { ...world.deps, stream }, never)).appended;
        if (isLast) return appended;
      }
    });
    for (let n = 0; n < 40; n += 1) {
      await world.commit(25);
      await nextTurn();
    }
    isOver = true;
    const appended = await Promise.all(relaying);
    expect(await world.onStream()).toEqual(range(1, 1000));
    expect(appended.reduce((sum, one) => sum + one, 0)).toBe(1000);
  });

  test.each([999, 1000, 1001, 3000, 3999, 4000, 4001, 9000])('moves %i events of one transaction', async (count) => {
    const world = await aWorld();
    await world.commit(count);
    expect(await world.relay()).toMatchObject({ appended: count });
    expect(await world.onStream()).toEqual(range(1, count));
  });

  test('continues after a slice that ends inside a transaction', async () => {
    const world = await aWorld();
    for (const count of [3000, 3000, 1, 3000]) await world.commit(count);
    expect(await world.relay()).toMatchObject({ appended: 9001 });
    expect(await world.onStream()).toEqual(range(1, 9001));
  });

  test('fills in what Redis lost between two calls', async () => {
    const world = await aWorld();
    await world.commit(3);
    const { at } = await world.relay();
    const generation = await world.generation();
    await redis.client.del(key);
    const [first] = (await world.system.target.outbox(beforeEverything, 1)).events;
    await redis.client.xadd(key, `${generation}-1`, 'event', first ?? '');
    await world.commit(2);
    expect(await relay(options, world.deps, never, at)).toMatchObject({ appended: 4 });
    expect(await world.onStream()).toEqual(range(1, 5));
  });

  test('is not alarmed by events that were committed and relayed while it looked', async () => {
    const world = await aWorld();
    await world.commit(1);
    await world.relay();
    const slow: EventStream = {
      ...world.stream,
      async state() {
        await nextTurn();
        await world.commit(2);
        await world.relay();
        return world.stream.state();
      },
    };
    expect(await relay(options, { ...world.deps, stream: slow }, never)).toMatchObject({ outcome: 'caught-up' });
    expect(await world.onStream()).toEqual([1, 2, 3]);
  });

  test('stops when its signal fires', async () => {
    const world = await aWorld();
    await world.commit(1);
    await expect(relay(options, world.deps, AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(await world.onStream()).toEqual([]);
  });
});

describe('a stream that is gone is filled again', () => {
  const cursor = (generation: number, seq: number): Position => ({ generation, seq });

  test('from the lowest cursor of a group', async () => {
    const world = await aWorld();
    await world.commit(10);
    await world.relay();
    const generation = await world.generation();
    await world.system.target.saveGroups([
      { group: 'fast', position: cursor(generation, 9) },
      { group: 'slow', position: cursor(generation, 4) },
    ]);
    await redis.client.flushall();
    await world.relay({ groups: ['fast', 'slow'] });
    expect(await world.onStream()).toEqual(range(5, 10));
  });

  test('from the beginning if a group has never read', async () => {
    const world = await aWorld();
    await world.commit(10);
    await world.relay();
    await world.system.target.saveGroups([{ group: 'new', position: beforeEverything }]);
    await redis.client.flushall();
    await world.relay({ groups: ['new'] });
    expect(await world.onStream()).toEqual(range(1, 10));
  });

  test('with the newest events alone if there is no group', async () => {
    const world = await aWorld();
    for (let n = 0; n < 10; n += 1) await world.commit(1);
    await world.relay();
    await redis.client.flushall();
    await world.relay({ maxStream: 4 });
    expect(await world.onStream()).toEqual(range(7, 10));
  });

  test('under the same positions, and continues from there', async () => {
    const world = await aWorld();
    await world.commit(3);
    await world.relay();
    const before = await redis.client.xrange(key, '-', '+');
    await redis.client.flushall();
    await world.relay();
    expect(await redis.client.xrange(key, '-', '+')).toEqual(before);
    await world.commit(2);
    await world.relay();
    expect(await world.onStream()).toEqual(range(1, 5));
  });
});

test('a new generation follows the old one, with the numbers that no group has passed', async () => {
  const world = await aWorld();
  await world.commit(3);
  await world.relay();
  const old = await world.generation();
  const { generation, moved } = await world.system.target.rebase(0, { generation: old, seq: 1 });
  expect(moved).toBe(2);
  await world.relay();
  const ids = (await redis.client.xrange(key, '-', '+')).map(([id]) => id);
  const after = [2, 3].map((seq) => formatPosition({ generation, seq }));
  expect(ids).toEqual([1, 2, 3].map((seq) => formatPosition({ generation: old, seq })).concat(after));
});

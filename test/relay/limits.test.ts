import { describe, expect, test } from 'vitest';
import { IntegrityError } from '../../src/errors.ts';
import { ensureGroups } from '../../src/relay/groups.ts';
import { relay } from '../../src/relay/relay.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aWorld, key, never, options, range, type World } from './worlds.ts';

async function consume(group: string, count: number): Promise<void> {
  const reply = await redis.client.xreadgroup('GROUP', group, 'one', 'COUNT', count, 'STREAMS', key, '>');
  const [, entries] = (reply?.[0] ?? []) as unknown as [string, readonly (readonly [string])[]];
  await redis.client.xack(key, group, ...entries.map(([id]) => id));
}

describe('the groups of the listeners', () => {
  const groups = [
    { group: 'all', from: 'beginning' },
    { group: 'new', from: 'now' },
  ] as const;
  const deliveredTo = async (world: World) =>
    (await world.stream.state()).groups.map(({ name, lastDelivered }) => [name, lastDelivered.seq]).sort();

  test('start where their listener says', async () => {
    const world = await aWorld();
    await world.commit(3);
    await world.relay();
    await ensureGroups(groups, world.deps);
    expect(await deliveredTo(world)).toEqual([
      ['all', 0],
      ['new', 3],
    ]);
  });

  test('that start now skip what a lost stream is filled with again', async () => {
    const world = await aWorld();
    await world.commit(3);
    await world.relay();
    await redis.client.flushall();
    await ensureGroups(groups, world.deps);
    expect(await deliveredTo(world)).toEqual([
      ['all', 0],
      ['new', 3],
    ]);
  });

  test('come back at the cursor that the target keeps', async () => {
    const world = await aWorld();
    await world.commit(3);
    await ensureGroups(groups, world.deps);
    const position = { generation: await world.generation(), seq: 2 };
    await world.system.target.saveGroups([{ group: 'all', position }]);
    await redis.client.flushall();
    await ensureGroups(groups, world.deps);
    expect(await deliveredTo(world)).toContainEqual(['all', 2]);
  });
});

describe('a stream that is full', () => {
  test('pauses the relay until the listener continues', async () => {
    const world = await aWorld();
    await ensureGroups([{ group: 'slow', from: 'beginning' }], world.deps);
    for (let n = 0; n < 5; n += 1) await world.commit(10);
    const small = { maxStream: 20, groups: ['slow'] };
    expect(await world.relay(small)).toMatchObject({ appended: 20, outcome: 'paused' });
    expect(await world.relay(small)).toMatchObject({ appended: 0, outcome: 'paused' });
    await consume('slow', 15);
    expect(await world.relay(small)).toMatchObject({ appended: 15, outcome: 'paused' });
    expect(await world.onStream()).toEqual(range(16, 35));
    await consume('slow', 20);
    expect(await world.relay(small)).toMatchObject({ appended: 15, outcome: 'caught-up' });
    expect(await world.onStream()).toEqual(range(36, 50));
  });

  test('stops no listener because of another: the laggard is taken off, its cursor is stored, and nothing is lost', async () => {
    const world = await aWorld();
    const groups = ['stuck', 'fast', 'unread'];
    await ensureGroups(
      groups.map((group) => ({ group, from: 'beginning' as const })),
      world.deps,
    );
    for (let n = 0; n < 5; n += 1) await world.commit(10);
    const small = { maxStream: 20, groups };
    expect(await world.relay(small)).toMatchObject({ appended: 20, outcome: 'paused' });
    await consume('stuck', 3);
    for (const last of [40, 50]) {
      await consume('fast', 20);
      await world.relay(small);
      expect((await world.onStream()).at(-1)).toBe(last);
    }
    expect((await world.stream.state()).groups.map(({ name }) => name)).toEqual(['fast']);
    const generation = await world.generation();
    const cursors = await world.system.target.groups();
    expect(cursors).toContainEqual({ group: 'stuck', position: { generation, seq: 3 } });
    expect(cursors).toContainEqual({ group: 'unread', position: { generation, seq: 0 } });
    await ensureGroups(
      groups.map((group) => ({ group, from: 'beginning' as const })),
      world.deps,
    );
    expect((await world.stream.state()).groups.map(({ name }) => name)).toEqual(['fast']);
  });

  test('is not trimmed while an expected group is missing', async () => {
    const world = await aWorld();
    for (let n = 0; n < 3; n += 1) await world.commit(10);
    expect(await world.relay({ maxStream: 20, groups: ['missing'] })).toMatchObject({ outcome: 'paused' });
    expect(await world.onStream()).toEqual(range(1, 20));
  });

  test('keeps the newest events if there is no group, and nothing pauses', async () => {
    const world = await aWorld();
    await world.commit(1);
    await world.relay();
    for (let n = 0; n < 5; n += 1) await world.commit(10);
    expect(await world.relay({ maxStream: 20 })).toMatchObject({ appended: 50, outcome: 'caught-up' });
    expect(await world.onStream()).toEqual(range(32, 51));
  });
});

describe('an alarm with a name of its own stops the relay', () => {
  const alarmOf = async (world: World) => {
    const error = await world.relay().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(IntegrityError);
    expect(error).toMatchObject({ exitCode: 70, hint: expect.stringContaining('sync outbox rebase') });
    return error instanceof Error ? error.message : '';
  };

  test('if something else has written to the stream', async () => {
    const world = await aWorld();
    await world.commit(2);
    await world.relay();
    await redis.client.xadd(key, `${(await world.generation()) + 5}-0`, 'event', 'foreign');
    await world.commit(1);
    expect(await alarmOf(world)).toContain('GENAHEAD');
    expect(await world.onStream()).toEqual([1, 2, 0]);
  });

  test('if something else writes to it between two calls', async () => {
    const world = await aWorld();
    await world.commit(2);
    const { at } = await world.relay();
    await redis.client.xadd(key, `${(await world.generation()) + 5}-0`, 'event', 'foreign');
    await world.commit(1);
    await expect(relay(options, world.deps, never, at)).rejects.toThrow('GENAHEAD');
  });

  test('if the stream has an event that the database does not have yet', async () => {
    const world = await aWorld();
    await world.commit(2);
    await redis.client.xadd(key, `${await world.generation()}-3`, 'event', '{}');
    expect(await alarmOf(world)).toContain('STREAMAHEAD');
    expect(await world.onStream()).toEqual([3]);
  });

  test('if the same position holds another event', async () => {
    const world = await aWorld();
    await world.commit(2);
    await redis.client.xadd(key, `${await world.generation()}-1`, 'event', '{"other":true}');
    expect(await alarmOf(world)).toContain('STREAMDIVERGED');
    expect(await world.onStream()).toEqual([1]);
  });
});

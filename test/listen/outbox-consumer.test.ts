import { describe, expect, test } from 'vitest';
import { GroupGoneError } from '../../src/consumer.ts';
import { LeaseLostError } from '../../src/errors.ts';
import type { Position } from '../../src/event.ts';
import { OutboxConsumer, type OutboxConsumerDeps } from '../../src/listen/group/outbox-consumer.ts';

const generation = 2;
const at = (seq: number): Position => ({ generation, seq });

/** Ten events of generation 2 and what is left of generation 1, and a stream that begins after `trimmed`. */
function aConsumer(cursor: Position, trimmed = 8, more: Partial<OutboxConsumerDeps> = {}) {
  const saved: Position[] = [];
  const older = ['1-3', '1-4'];
  const deps: OutboxConsumerDeps = {
    stream: {
      ensureGroup: async (_, { seq }) => (seq < trimmed ? 'behind' : 'made'),
      dropGroup: async () => true,
    },
    target: {
      fence: async () => ({ fence: 1, generation, nextSeq: 11, holder: '' }),
      async outbox(after, limit) {
        if (after.generation === 1) {
          const events = older.slice(Math.max(0, after.seq - 2));
          return { generation: 1, firstSeq: Math.max(3, after.seq + 1), events };
        }
        const events = Array.from({ length: 10 - after.seq }, (_, n) => `2-${after.seq + 1 + n}`);
        return { generation, firstSeq: after.seq + 1, events: events.slice(0, limit + 1) };
      },
      async saveGroups(cursors) {
        saved.push(...cursors.map(({ position }) => position));
      },
    },
    lease: { signal: new AbortController().signal, isTrusted: () => true, release: async () => {} },
    ...more,
  };
  return { consumer: new OutboxConsumer('notify', cursor, deps), saved };
}

const idsOf = async (consumer: OutboxConsumer, count: number) =>
  (await consumer.readNew(count)).entries.map(({ id, event }) => {
    expect(event).toBe(id);
    return id;
  });

describe('a group that is behind the stream', () => {
  test('gets its events from the outbox, as many as it asks for, in order', async () => {
    const { consumer } = aConsumer(at(2));
    expect(await idsOf(consumer, 2)).toEqual(['2-3', '2-4']);
    expect(await idsOf(consumer, 2)).toEqual(['2-5']);
    expect(await idsOf(consumer, 9)).toEqual(['2-6', '2-7', '2-8', '2-9', '2-10']);
    expect(await consumer.readNew(9)).toEqual({ entries: [], last: '2-10' });
  });

  test('stores a cursor that passes no event that is not acknowledged', async () => {
    const { consumer, saved } = aConsumer(at(2));
    await idsOf(consumer, 3);
    await consumer.acknowledge(['2-3', '2-5']);
    await consumer.handBack();
    expect(saved.at(-1)).toEqual(at(3));
    await consumer.acknowledge(['2-4']);
    expect(saved.at(-1)).toEqual(at(5));
  });

  test('returns to the stream once it has acknowledged everything up to where the stream begins', async () => {
    const { consumer, saved } = aConsumer(at(6));
    const ids = await idsOf(consumer, 1);
    await consumer.acknowledge(ids);
    expect(await idsOf(consumer, 9)).toEqual(['2-8']);
    expect(await idsOf(consumer, 9)).toEqual(['2-9', '2-10']);
    await consumer.acknowledge(['2-8', '2-9', '2-10']);
    await expect(consumer.readNew(1)).rejects.toThrow(GroupGoneError);
    expect(saved.at(-1)).toEqual(at(10));
  });

  test('moves a group that a run has made meanwhile to where it stands itself, so that nothing comes again', async () => {
    const made: Position[] = [];
    let position: Position | null = at(8);
    const stream: OutboxConsumerDeps['stream'] = {
      async ensureGroup(_, after) {
        if (position !== null) return 'existed';
        position = after;
        made.push(after);
        return 'made';
      },
      async dropGroup() {
        position = null;
        return true;
      },
    };
    const { consumer } = aConsumer(at(8), 8, { stream });
    await expect(consumer.readNew(1)).rejects.toThrow(GroupGoneError);
    expect(made).toEqual([at(8)]);
  });

  test('goes on with the next generation where its own ends', async () => {
    const { consumer } = aConsumer({ generation: 1, seq: 2 });
    expect(await idsOf(consumer, 9)).toEqual(['1-3', '1-4']);
    expect(await idsOf(consumer, 3)).toEqual(['2-1', '2-2', '2-3']);
  });

  test('reads nothing without its lease', async () => {
    const lease = { signal: new AbortController().signal, isTrusted: () => false, release: async () => {} };
    await expect(aConsumer(at(2), 8, { lease }).consumer.readNew(1)).rejects.toThrow(LeaseLostError);
  });
});

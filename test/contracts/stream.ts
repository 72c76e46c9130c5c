import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beforeEverything, type Position } from '../../src/event.ts';
import { EventLines, type NumberedEvents } from '../../src/event-lines.ts';
import type { Appended, EventStream } from '../../src/stream.ts';

export interface StreamUnderTest {
  readonly stream: EventStream;
  /** Reads what is new to a group as one consumer, and acknowledges the first `acked` of it. Resolves to how many were read. */
  consume(group: string, count: number, acked: number): Promise<number>;
  close(): Promise<void>;
}

export const generation = 1_700_000_000_000;
const plenty = 1_000_000;

export function at(seq: number): Position {
  return { generation, seq };
}

/** Events `from` to `to`, both included. */
export function events(from: number, to: number): NumberedEvents {
  const texts = Array.from({ length: to - from + 1 }, (_, index) => `{"n":${from + index}}`);
  return { firstSeq: from, lines: EventLines.of(texts) };
}

export function appended(answer: Appended) {
  if (answer.outcome !== 'appended') throw new Error(`not appended: ${answer.outcome}`);
  return answer;
}

/** What every stream of events does. */
export function eventStreamContract(name: string, make: () => Promise<StreamUnderTest>): void {
  describe(`event stream contract: ${name}`, () => {
    let it: StreamUnderTest;
    beforeEach(async () => {
      it = await make();
    });
    afterEach(() => it.close());

    const fill = async (to: number) =>
      appended(await it.stream.append(beforeEverything, generation, events(1, to), plenty));

    test('is empty before anything was appended', async () => {
      expect(await it.stream.state()).toEqual({ last: beforeEverything, length: 0, first: null, groups: [] });
      expect(await it.stream.read(at(1))).toBeNull();
      expect(await it.stream.trim([], 10)).toEqual({ outcome: 'trimmed', removed: 0, length: 0 });
    });

    test('appends events at the positions that they have', async () => {
      expect(await fill(3)).toEqual({ outcome: 'appended', appended: 3, duplicates: 0, last: at(3), length: 3 });
      expect(await it.stream.state()).toMatchObject({ last: at(3), first: at(1), length: 3 });
      expect(await it.stream.read(at(2))).toBe('{"n":2}');
    });

    test('counts what is there already, and appends the rest', async () => {
      await fill(3);
      const again = await it.stream.append(at(3), generation, events(2, 5), plenty);
      expect(again).toEqual({ outcome: 'appended', appended: 2, duplicates: 2, last: at(5), length: 5 });
    });

    test('appends no more than there is room for, duplicates not counted', async () => {
      await fill(3);
      const answer = await it.stream.append(at(3), generation, events(2, 10), 2);
      expect(answer).toMatchObject({ appended: 2, duplicates: 2, last: at(5), length: 5 });
      expect(await it.stream.append(at(5), generation, events(6, 7), 0)).toMatchObject({ appended: 0, last: at(5) });
    });

    test('refuses a gap: its tail was lost since the caller looked', async () => {
      await fill(3);
      expect(await it.stream.append(at(4), generation, events(5, 6), plenty)).toEqual({ outcome: 'gap' });
      expect(await it.stream.state()).toMatchObject({ last: at(3), length: 3 });
    });

    test('refuses a generation older than its own, and takes a newer one', async () => {
      await fill(2);
      const newer = { generation: generation + 1, seq: 3 };
      const rebased = await it.stream.append(at(2), newer.generation, events(3, 3), plenty);
      expect(rebased).toMatchObject({ outcome: 'appended', last: newer });
      const late = await it.stream.append(at(2), generation, events(3, 3), plenty);
      expect(late).toEqual({ outcome: 'generation-ahead', last: newer });
    });

    test('holds every event once and in order when six append at once', async () => {
      const appendAll = async () => {
        for (;;) {
          const { last } = await it.stream.state();
          if (last.seq >= 120) return;
          await it.stream.append(last, generation, events(last.seq + 1, Math.min(last.seq + 7, 120)), plenty);
        }
      };
      await Promise.all(Array.from({ length: 6 }, appendAll));
      expect(await it.stream.state()).toMatchObject({ first: at(1), last: at(120), length: 120 });
    });

    test('takes two calls in flight', async () => {
      const calls = [
        it.stream.append(beforeEverything, generation, events(1, 1000), plenty),
        it.stream.append(at(1000), generation, events(1001, 2000), plenty),
      ];
      expect((await Promise.all(calls)).map((answer) => appended(answer).appended)).toEqual([1000, 1000]);
    });

    test('keeps the newest when there is no group', async () => {
      await fill(10);
      expect(await it.stream.trim([], 4)).toEqual({ outcome: 'trimmed', removed: 6, length: 4 });
      expect(await it.stream.state()).toMatchObject({ first: at(7), last: at(10) });
    });

    test('makes a group once, before or after there is a stream, and stays empty', async () => {
      expect(await it.stream.ensureGroup('notify', at(7))).toBe('made');
      expect(await it.stream.ensureGroup('notify', at(2))).toBe('existed');
      const state = await it.stream.state();
      expect(state).toMatchObject({ last: beforeEverything, length: 0, first: null });
      expect(state.groups).toMatchObject([{ name: 'notify', lastDelivered: at(7), pending: 0 }]);

      expect(await fill(9)).toMatchObject({ appended: 9, last: at(9) });
      expect(await it.consume('notify', 10, 2)).toBe(2);
    });

    test('makes no group for which it no longer has everything, wherever it begins', async () => {
      await fill(10);
      await it.stream.trim([], 4);
      expect(await it.stream.ensureGroup('behind', at(5))).toBe('behind');
      expect(await it.stream.ensureGroup('next', at(6))).toBe('made');
      expect(await it.stream.ensureGroup('far', at(12))).toBe('made');
      expect(await it.stream.ensureGroup('oldest', beforeEverything)).toBe('made');
      expect(await it.stream.ensureGroup('oldest', at(1))).toBe('existed');
      expect((await it.stream.state()).groups.map(({ name }) => name).sort()).toEqual(['far', 'next', 'oldest']);
    });

    test('makes no group behind a stream of which everything was trimmed', async () => {
      await fill(3);
      await it.stream.trim([], 0);
      expect(await it.stream.ensureGroup('behind', at(2))).toBe('behind');
      expect(await it.stream.ensureGroup('there', at(3))).toBe('made');
    });

    test('makes a group of an older generation only if it begins with the first event of its own', async () => {
      const older = { generation: generation - 1, seq: 7 };
      await fill(3);
      expect(await it.stream.ensureGroup('older', older)).toBe('made');
      await it.stream.trim([], 2);
      await it.stream.dropGroup('older');
      await it.stream.trim([], 2);
      expect(await it.stream.ensureGroup('older', older)).toBe('behind');
    });

    test('trims nothing while an expected group is missing, and says which', async () => {
      expect(await it.stream.trim(['notify'], 0)).toEqual({ outcome: 'group-missing', group: 'notify' });
      await fill(3);
      await it.stream.ensureGroup('notify', at(3));
      expect(await it.stream.trim(['notify', 'audit'], 0)).toEqual({ outcome: 'group-missing', group: 'audit' });
      expect(await it.stream.state()).toMatchObject({ length: 3 });
    });

    test('trims what every group has acknowledged, and nothing that is pending or undelivered', async () => {
      await it.stream.ensureGroup('slow', beforeEverything);
      await it.stream.ensureGroup('fast', beforeEverything);
      await fill(10);
      await it.consume('fast', 10, 10);
      expect(await it.stream.trim(['slow', 'fast'], 0)).toMatchObject({ removed: 0 });

      await it.consume('slow', 6, 4);
      expect(await it.stream.trim(['slow', 'fast'], 0)).toEqual({ outcome: 'trimmed', removed: 4, length: 6 });
      const { first, groups } = await it.stream.state();
      expect(first).toEqual(at(5));
      expect(groups.find((group) => group.name === 'slow')).toMatchObject({ pending: 2, lastDelivered: at(6), lag: 4 });
    });

    test('remembers its last position when everything is trimmed', async () => {
      await it.stream.ensureGroup('notify', beforeEverything);
      await fill(5);
      await it.consume('notify', 5, 5);
      expect(await it.stream.trim(['notify'], 100)).toEqual({ outcome: 'trimmed', removed: 5, length: 0 });
      expect(await it.stream.state()).toMatchObject({ last: at(5), length: 0, first: null });
      expect(await it.stream.append(at(5), generation, events(5, 6), plenty)).toMatchObject({
        appended: 1,
        duplicates: 1,
      });
      expect(await it.consume('notify', 5, 1)).toBe(1);
    });

    test('starts again after it was removed', async () => {
      await fill(5);
      await it.stream.remove();
      await it.stream.remove();
      expect(await it.stream.state()).toMatchObject({ last: beforeEverything, length: 0 });
      expect(await it.stream.append(at(5), generation, events(6, 6), plenty)).toEqual({ outcome: 'gap' });
      expect(await fill(5)).toMatchObject({ appended: 5 });
    });

    test('keeps any text whole', async () => {
      const event = JSON.stringify({ text: 'naïve 漢字 \u0000 \u2028 😀', long: 'x'.repeat(100_000) });
      await it.stream.append(beforeEverything, generation, { firstSeq: 1, lines: EventLines.of([event]) }, plenty);
      expect(await it.stream.read(at(1))).toBe(event);
    });
  });
}

import { expect, test } from 'vitest';
import { EventLines } from '../../../../src/event-lines.ts';
import { FreshEvents } from '../../../../src/targets/sql/outbox/fresh-events.ts';

const generation = 7;
const read = { generation, firstSeq: 1, events: ['read from the outbox'] };
const readLines = { generation, firstSeq: 1, lines: EventLines.of(read.events) };
const reader = { outbox: async () => read, outboxLines: async () => readLines };

const rowOf = (firstSeq: number, lastSeq: number, of = generation) => ({
  generation: of,
  firstSeq,
  lastSeq,
  at: '2026-01-01T00:00:00.000Z',
  lines: EventLines.of(Array.from({ length: lastSeq - firstSeq + 1 }, (_, n) => `event ${firstSeq + n}`)),
});

function freshOf(...rows: ReturnType<typeof rowOf>[]) {
  const fresh = new FreshEvents();
  for (const row of rows) fresh.add(row);
  const { outbox, outboxLines } = fresh.answering(reader);
  return {
    fresh,
    lines: (seq: number) => outboxLines({ generation, seq }, 100),
    outbox: (seq: number, limit = 100, of = generation) => outbox({ generation: of, seq }, limit),
  };
}

test('gives whole transactions until there are enough events, starting inside one if it must', async () => {
  const { outbox } = freshOf(rowOf(1, 2), rowOf(3, 4), rowOf(5, 5));
  expect(await outbox(0, 1)).toEqual({ generation, firstSeq: 1, events: ['event 1', 'event 2'] });
  expect(await outbox(1, 2)).toEqual({ generation, firstSeq: 2, events: ['event 2', 'event 3', 'event 4'] });
  expect(await outbox(2)).toEqual({ generation, firstSeq: 3, events: ['event 3', 'event 4', 'event 5'] });
});

test('leaves to the outbox what it has not got, and what comes after all events', async () => {
  const { outbox } = freshOf(rowOf(3, 4));
  expect(await outbox(1)).toEqual(read);
  expect(await outbox(4)).toEqual(read);
  expect(await outbox(2, 100, 8)).toEqual(read);
  expect(await outbox(0, 100, 0)).toEqual(read);
});

test('forgets what is passed', async () => {
  const { outbox } = freshOf(rowOf(1, 2), rowOf(3, 4));
  await outbox(2);
  expect(await outbox(0)).toEqual(read);
  expect(await outbox(2)).toMatchObject({ firstSeq: 3 });
});

test('never answers over a gap: another transaction may have been committed in between', async () => {
  const { outbox } = freshOf(rowOf(1, 2), rowOf(5, 6));
  expect(await outbox(0)).toEqual(read);
  expect(await outbox(2)).toEqual(read);
  expect(await outbox(4)).toMatchObject({ firstSeq: 5 });
  expect(await freshOf(rowOf(1, 2), rowOf(3, 4, 8)).outbox(0)).toEqual(read);
});

test('forgets the oldest events when there are too many', async () => {
  const text = 'x'.repeat(1_500_000);
  const large = { ...rowOf(1, 1), lines: EventLines.of([text]) };
  const { outbox } = freshOf(large, { ...large, firstSeq: 2, lastSeq: 2 });
  expect(await outbox(0)).toEqual(read);
  expect((await outbox(1)).events).toEqual([text]);
});

test('forgets everything when the outbox gets other numbers', async () => {
  const { fresh, outbox } = freshOf(rowOf(1, 2));
  fresh.clear();
  expect(await outbox(0)).toEqual(read);
});

test('gives the same events as bytes', async () => {
  const { lines } = freshOf(rowOf(1, 2), rowOf(3, 4));
  const { bytes, count } = (await lines(1)).lines;
  expect([bytes.toString(), count]).toEqual(['event 2\nevent 3\nevent 4\n', 3]);
  expect(await lines(4)).toBe(readLines);
});

import { expect, test } from 'vitest';
import { EventLines } from '../src/event-lines.ts';

const texts = ['{"n":1}', '', '{"name":"Ødegård 漢字 😀"}', 'x'.repeat(10_000), '{"n":5}'];

test('keeps each event as a line of UTF-8, whatever its characters', () => {
  const lines = EventLines.of(texts);
  expect(lines.count).toBe(5);
  expect(lines.texts()).toEqual(texts);
  expect(lines.bytes.toString()).toBe(`${texts.join('\n')}\n`);
});

test('finds the lines of bytes again', () => {
  expect(EventLines.in(EventLines.of(texts).bytes).texts()).toEqual(texts);
  expect(EventLines.in(Buffer.alloc(0)).count).toBe(0);
});

test('cuts and joins without losing a line', () => {
  const lines = EventLines.of(texts);
  for (let from = -1; from <= 6; from += 1) {
    expect(lines.slice(from).texts()).toEqual(texts.slice(Math.max(0, from)));
    for (let to = Math.max(0, from); to <= 5; to += 1) {
      const parts = [lines.slice(0, from), lines.slice(from, to), lines.slice(to)];
      expect(parts[1]?.texts()).toEqual(texts.slice(Math.max(0, from), to));
      if (from >= 0 && from <= to) expect(EventLines.join(parts).bytes).toEqual(lines.bytes);
    }
  }
  expect(EventLines.join([]).texts()).toEqual([]);
});

test('takes as many lines as there is room for, but one in any case', () => {
  const lines = EventLines.of(texts);
  expect(lines.cut(0, 2, 1_000_000).texts()).toEqual(texts.slice(0, 2));
  expect(lines.cut(1, 9, 1_000_000).texts()).toEqual(texts.slice(1));
  expect(lines.cut(0, 9, 100).texts()).toEqual(texts.slice(0, 3));
  expect(lines.cut(3, 9, 100).texts()).toEqual(texts.slice(3, 4));
});

test('has the same lines where they do not fit into the first guess of their size', () => {
  const many = Array.from({ length: 5000 }, (_, n) => `${n} ${'ß'.repeat(n % 50)}`);
  expect(EventLines.of(many).texts()).toEqual(many);
});

import { describe, expect, test } from 'vitest';
import { Emptied, heldEmptied, judgeEmptied, sumColumns } from '../../src/pass/emptied.ts';

const columns = [
  { name: 'id', kind: 'text' },
  { name: 'email', kind: 'text' },
] as const;
const none = () => 0;
const isHeld = (filled: number, emptied: number, limit: Parameters<typeof judgeEmptied>[2], permitted = none) =>
  judgeEmptied({ email: { filled, emptied } }, permitted, limit)[0]?.isHeld;

describe('the values that a pass would empty', () => {
  test.each([
    [100, 20, false],
    [100, 21, true],
    [4, 3, false],
    [4, 4, true],
  ])('of %i filled ones, %i: held %s', (filled, emptied, expected) => {
    expect(isHeld(filled, emptied, { ratio: 0.2 })).toBe(expected);
  });

  test('may be limited by a count', () => {
    expect([isHeld(4, 1, { count: 0 }), isHeld(100, 50, { count: 50 })]).toEqual([true, false]);
  });

  test('that are permitted do not count', () => {
    expect(isHeld(100, 100, { ratio: 0.2 }, () => 80)).toBe(false);
    expect(isHeld(100, 100, { ratio: 0.2 }, () => 79)).toBe(true);
  });

  test('are held in one sentence for each column', () => {
    const verdicts = judgeEmptied(
      { a: { filled: 10, emptied: 10 }, b: { filled: 1, emptied: 1 }, c: { filled: 9, emptied: 0 } },
      none,
      { count: 0 },
    );
    expect(heldEmptied(verdicts, ({ emptied }) => emptied, { pass: 3, at: 7 })).toMatchObject({
      pass: 3,
      count: 11,
      because:
        '10 of 10 values of a would become empty; the guard allows 0; ' +
        '1 of 1 value of b would become empty; the guard allows 0',
    });
    expect(heldEmptied([], none, { pass: 3, at: 7 })).toBeNull();
  });
});

test('what a page compares is counted by column, and a copy leaves the original as it is', () => {
  const first = new Emptied(columns).with([{ row: ['1', 'e'], emptied: [1], id: 4 }]);
  const second = first.with([
    { row: ['2', null], emptied: [], id: 5 },
    { row: ['3', 'e'], emptied: [1], id: null },
  ]);
  expect(first.counts).toEqual({ id: { filled: 1, emptied: 0 }, email: { filled: 1, emptied: 1 } });
  expect(second.counts).toEqual({ id: { filled: 3, emptied: 0 }, email: { filled: 2, emptied: 2 } });
  expect([...(second.pendingWith(new Map()).get('email') ?? [])]).toEqual([4]);
  expect(sumColumns(first.counts, second.counts)).toMatchObject({ email: { filled: 3, emptied: 3 } });
});

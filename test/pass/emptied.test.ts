import { describe, expect, test } from 'vitest';
import { Emptied, filledIn, heldEmptied, judgeEmptied, sumColumns } from '../../src/pass/emptied.ts';

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

const pendingIn = (emptied: Emptied) => [...(emptied.pending.get('email') ?? [])];
const withoutEmail = { row: ['1', 'e'], emptied: [1], id: 4 };

test('what a page compares is counted by column, and a copy leaves the original as it is', () => {
  const first = new Emptied(columns).with([withoutEmail]);
  const second = first.with([
    { row: ['2', null], emptied: [], id: 5 },
    { row: ['3', 'e'], emptied: [1], id: null },
  ]);
  expect(first.counts).toEqual({ id: { kept: 1, adopted: 0 } });
  expect(second.counts).toEqual({ id: { kept: 3, adopted: 0 }, email: { kept: 0, adopted: 1 } });
  expect([pendingIn(first), pendingIn(second)]).toEqual([[4], [4]]);
  expect(sumColumns(first.counts, second.counts)).toMatchObject({ id: { kept: 4 }, email: { adopted: 1 } });
  expect(filledIn(columns, second.counts, second.pending)).toEqual({
    id: { filled: 3, emptied: 0 },
    email: { filled: 2, emptied: 2 },
  });
});

test('the last record of a key decides whether its value is pending', () => {
  const page = new Emptied(columns).with([withoutEmail]);
  const next = new Emptied(columns, page.pending);
  expect([next.changesPending, pendingIn(next)]).toEqual([false, [4]]);
  expect(pendingIn(next.with([withoutEmail]))).toEqual([4]);
  const kept = next.with([{ ...withoutEmail, emptied: [] }]);
  expect([kept.changesPending, kept.pending.size]).toEqual([true, 0]);
  next.keepAll([4, 5]);
  expect([next.changesPending, pendingIn(next), pendingIn(page)]).toEqual([true, [], [4]]);
});

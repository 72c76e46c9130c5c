import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/adapter.ts';
import { heldEmptied, judgeEmptied } from '../../src/pass/emptied.ts';
import type { Recent } from '../../src/pass/emptied-window.ts';

const none = () => 0;
const about = { pass: 3, at: 7, windowMs: 86_400_000 };
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
    expect(heldEmptied(verdicts, ({ emptied }) => emptied, about)).toMatchObject({
      pass: 3,
      count: 11,
      because:
        '10 of 10 values of a would become empty; the guard allows 0; ' +
        '1 of 1 value of b would become empty; the guard allows 0',
    });
    expect(heldEmptied([], none, about)).toBeNull();
  });
});

describe('the values that became empty in the guard window', () => {
  const verdict = (
    filled: number,
    emptied: number,
    recent: Recent,
    { mode = 'changes', live = 1000, permitted = 0 } = {},
  ) => {
    const window = { mode: mode as Mode, live, recentOf: () => recent };
    return judgeEmptied({ email: { filled, emptied } }, () => permitted, { ratio: 0.2 }, window)[0];
  };

  test.each([
    ['pass of changes: three of few, after three of few', verdict(3, 3, { compared: 3, emptied: 3 }), true],
    ['pass of changes: one of few, where many were compared', verdict(1, 1, { compared: 99, emptied: 19 }), false],
    [
      'pass of changes: one more than a share of all that were compared',
      verdict(1, 1, { compared: 99, emptied: 20 }),
      true,
    ],
    ['pass of changes: more rows compared than there are', verdict(1, 1, { compared: 5000, emptied: 200 }), true],
    ['pass of changes: too many of its own', verdict(10, 4, { compared: 990, emptied: 0 }), true],
    [
      'snapshot: as many as before it were allowed',
      verdict(90, 10, { compared: 0, emptied: 10 }, { mode: 'snapshot' }),
      false,
    ],
    ['snapshot: one more', verdict(90, 11, { compared: 0, emptied: 10 }, { mode: 'snapshot' }), true],
    ['what is permitted', verdict(3, 3, { compared: 3, emptied: 3 }, { permitted: 3 }), false],
  ])('count in a %s', (_title, judged, isTooMuch) => {
    expect(judged?.isHeld).toBe(isTooMuch);
  });

  test('are named in the sentence', () => {
    const [judged] = judgeEmptied(
      { email: { filled: 3, emptied: 3 } },
      none,
      { ratio: 0.2 },
      {
        ...{ mode: 'changes', live: 1000, recentOf: () => ({ compared: 3, emptied: 3 }) },
      },
    );
    expect(heldEmptied(judged ? [judged] : [], ({ emptied }) => emptied, about)?.because).toBe(
      '3 of 3 values of email would become empty (3 more became empty in the last 24 h); the guard allows 3',
    );
  });
});

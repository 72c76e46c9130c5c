import { describe, expect, test } from 'vitest';
import { heldEmptied, judgeEmptied } from '../../src/pass/emptied.ts';

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

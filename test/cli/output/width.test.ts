import { describe, expect, test } from 'vitest';
import { fitted, widthOf } from '../../../src/cli/output/width.ts';

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;

test.each([
  ['Oslo', 4],
  ['東京', 4],
  ['👩‍👩‍👧', 2],
  ['é', 1],
  [red('Oslo'), 4],
  ['…', 1],
])('%s takes %i columns', (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

describe('a line for a terminal', () => {
  test('keeps its colours where it fits, which do not count', () => {
    expect(fitted(red('x'.repeat(39)), 39)).toBe(red('x'.repeat(39)));
  });

  test('is cut to the columns, without a colour left open', () => {
    expect(fitted(red('x'.repeat(50)), 39)).toBe(`${'x'.repeat(38)}…`);
  });

  test.each([
    ['東京都千代田区', 8, '東京都…'],
    ['東京都千代田区', 9, '東京都千…'],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 5, '👩‍👩‍👧👩‍👩‍👧…'],
    ['👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧', 4, '👩‍👩‍👧…'],
  ])('is never cut inside of a character: %s in %i columns', (line, columns, expected) => {
    expect(fitted(line, columns)).toBe(expected);
    expect(widthOf(fitted(line, columns))).toBeLessThanOrEqual(columns);
  });
});

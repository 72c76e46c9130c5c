import { describe, expect, test } from 'vitest';
import { fitted, printable } from '../../../src/cli/output/printable.ts';

const red = (text: string) => `\x1b[31m${text}\x1b[39m`;

describe('a line of progress', () => {
  test('keeps its colours where it fits, which do not count', () => {
    expect(fitted(red('x'.repeat(39)), 40)).toBe(red('x'.repeat(39)));
  });

  test('is cut to the terminal, without a colour left open', () => {
    expect(fitted(red('x'.repeat(50)), 40)).toBe(`${'x'.repeat(38)}…`);
  });

  test.each([undefined, 0])('takes a width of %j for 80 columns', (columns) => {
    expect(fitted('x'.repeat(79), columns)).toHaveLength(79);
    expect(fitted('x'.repeat(90), columns)).toHaveLength(79);
  });
});

test('what would move the cursor is shown', () => {
  expect(printable('a\x1b[2Kb\n')).toBe('a\\u001b[2Kb\\u000a');
});

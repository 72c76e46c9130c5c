import { describe, expect, test } from 'vitest';
import { forPeople, printable } from '../../../src/cli/output/printable.ts';

test('what would move the cursor is shown', () => {
  expect(printable('a\x1b[2Kb\n')).toBe('a\\u001b[2Kb\\u000a');
});

describe('what is written for people', () => {
  test.each([
    ['\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
    ['\x1b[2J\x1b[8mhidden', '\\u001b[2J\\u001b[8mhidden'],
    ['over\rwritten\b', 'over\\u000dwritten\\u0008'],
    ['\x9b2J\x7f', '\\u009b2J\\u007f'],
    ['two\nlines\tand a tab', 'two\nlines\tand a tab'],
    ['Zoë 漢字 😀', 'Zoë 漢字 😀'],
  ])('%j has no effect on the terminal', (text, shown) => {
    expect(forPeople(text, { hasColours: true })).toBe(shown);
    expect(forPeople(text, { hasColours: false })).toBe(shown);
  });

  test('keeps our own colours, where there are any', () => {
    const red = '\x1b[31mred\x1b[39m';
    expect(forPeople(red, { hasColours: true })).toBe(red);
    expect(forPeople(red, { hasColours: false })).toBe('\\u001b[31mred\\u001b[39m');
  });
});

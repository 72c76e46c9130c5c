import { expect, test } from 'vitest';
import { printable } from '../../../src/cli/output/printable.ts';

test('what would move the cursor is shown', () => {
  expect(printable('a\x1b[2Kb\n')).toBe('a\\u001b[2Kb\\u000a');
});

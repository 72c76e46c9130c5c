import { expect, test } from 'vitest';
import { nearest } from '../src/nearest.ts';

test.each([
  ['adaptor', 'adapter'],
  ['cusror', 'cursor'],
  ['Bearer', 'bearer'],
  ['headres', 'headers'],
  ['xyz', undefined],
  ['n', undefined],
])('takes %s for %s', (word, meant) => {
  expect(nearest(word, ['adapter', 'cursor', 'bearer', 'headers', 'id'])).toBe(meant);
});

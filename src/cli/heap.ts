import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap near what is live, which is some 20 MB however long the page is. Left to itself V8 lets garbage pile up
 * to ten times that before it looks; docs/performance.md has the numbers.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}

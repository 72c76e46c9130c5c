import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap near what is in use, which is about 20 MB however long the page is. By default V8 lets garbage grow to
 * ten times that before it collects; docs/performance.md has the numbers.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=20');
}

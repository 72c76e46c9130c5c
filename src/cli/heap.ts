import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** Two halves of 8 MB: in less, a batch would not die before it is moved out. */
const mostYoungBytes = 16_000_000;

/**
 * Keeps the heap near what is in use, which is about 20 MB however long the page is. By default V8 lets garbage grow to
 * ten times that before it collects; docs/performance.md has the numbers.
 *
 * V8 doubles the young generation while much of it survives, and looks for that after a collection. So do we: once it has its
 * size, it grows no more. It does not grow in a run that has little to do.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=100');
  const collections = new PerformanceObserver(() => {
    if (youngBytes() < mostYoungBytes) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    collections.disconnect();
  });
  collections.observe({ entryTypes: ['gc'] });
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

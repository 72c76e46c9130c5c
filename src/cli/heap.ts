import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/** How often the size of the young generation is looked at until it has grown. */
const lookEveryMs = 20;

/**
 * Keeps the heap near what is in use, which is about 20 MB however long the page is. By default V8 lets garbage grow to
 * ten times that before it collects; docs/performance.md has the numbers.
 *
 * The young generation grows once, from 1 to 8 MB: in less, a batch would not die before it is moved out. It does not grow in
 * a run that has little to do.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=8');
  const before = youngBytes();
  const looking = setInterval(() => {
    if (youngBytes() < 4 * before) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(looking);
  }, lookEveryMs);
  looking.unref();
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
}

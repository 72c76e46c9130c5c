import type { Checkpoint } from '../checkpoint.ts';
import type { Bringer } from './recognise.ts';

/**
 * Notes whose native keys are the system's keys: those of the adapter that reads before there is any record, and of each
 * adapter that completes a pass without `match`. A native key of any other adapter proves nothing by looking like a key.
 */
export function atHome<C extends Checkpoint>(checkpoint: C, adapter: string, isFirst: boolean, matches: boolean): C {
  const before = checkpoint.home ?? [];
  const home = isFirst ? [adapter] : before;
  const hadGuests = !isFirst && (checkpoint.hadGuests === true || before.some((each) => each !== adapter));
  return { ...checkpoint, home, nextHome: matches ? home : [...new Set([...home, adapter])], hadGuests };
}

/** The adapter as matching sees it: whether its native keys are the system's keys. */
export function bringerOf({ home = [], hadGuests = true }: Checkpoint, adapter: string): Bringer {
  return { adapter, home, isAlone: home.includes(adapter) && !hadGuests };
}

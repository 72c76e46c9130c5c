import type { HeldKind } from '../../permit.ts';
import type { Values } from '../../record.ts';

/** What the guard holds back of one resource, with some of the records. */
export interface HeldSample {
  readonly resource: string;
  readonly what: HeldKind;
  readonly pass: number;
  readonly count: number;
  readonly because: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The first records of the set, with their rows as they are. */
  readonly records: readonly { readonly key: string; readonly row: Values | null }[];
}

/** `340 deletions`, `12 empty values`. */
export function heldText({ what, count }: Pick<HeldSample, 'what' | 'count'>): string {
  const noun = what === 'deletes' ? 'deletion' : 'changed value';
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

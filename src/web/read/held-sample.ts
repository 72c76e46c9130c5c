import type { HeldKind } from '../../permit.ts';
import type { Values } from '../../record.ts';
import { many } from '../../verdict/words.ts';

/** What the guard holds back of one resource, with some of the records. */
export interface HeldSample {
  readonly resource: string;
  readonly what: HeldKind;
  readonly pass: number;
  /** The first of the consecutive passes that held something; absent from what an earlier release has stored. */
  readonly since?: number;
  /** Of exactly this held set. */
  readonly digest: string;
  readonly count: number;
  /** What each of them is called: `deletion`. */
  readonly noun: string;
  readonly because: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The first records of the set, with their rows as they are. */
  readonly records: readonly { readonly key: string; readonly row: Values | null }[];
}

/** `340 deletions`, `12 empty values`. */
export function heldText({ noun, count }: Pick<HeldSample, 'noun' | 'count'>): string {
  return many(count, noun);
}

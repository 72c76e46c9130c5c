import { parseJson } from '../../json.ts';
import { canonicalJson } from '../../record.ts';

/** What is known of a tap from one start to the next; stored as the bookmark of a pass of changes. */
export interface TapState {
  /** The value of the last STATE message, of whatever shape; null: the tap starts without one. */
  readonly state: unknown;
  /** The version of the table that its records were of; null where the tap knows none. */
  readonly version: number | null;
}

const nothing: TapState = { state: null, version: null };

/** Reads what `formatState` wrote. */
export function parseState(bookmark: string | null): TapState {
  return bookmark === null ? nothing : (parseJson(bookmark) as TapState);
}

/** Equal states give equal text, with every digit of their integers. */
export function formatState({ state, version }: TapState): string {
  return canonicalJson({ state, version });
}

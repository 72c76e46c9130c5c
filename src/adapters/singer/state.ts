import { parseJson } from '../../json.ts';
import { canonicalJson } from '../../record.ts';

/** What is kept about a tap from one start to the next. It is stored as the bookmark of a pass of changes. */
export interface TapState {
  /** The value of the last STATE message, in any shape; null if the tap starts without one. */
  readonly state: unknown;
  /** The version of the table from which the records came; null if the tap has none. */
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

import type { DeadLetterRow } from '../listener.ts';

/** Who acts, and why: both are noted with what was done. */
export interface Actor {
  readonly who: string;
  readonly why: string | null;
}

/**
 * What can be done on the page. Each note of it is part of the act. A call throws where nothing was done, and says why. What it
 * returns says what was done, as one sentence.
 */
export interface Actions {
  /** Delivers dead letters of one listener again. Those that there is no time for stay. */
  replay(listener: string, letters: readonly DeadLetterRow[], actor: Actor): Promise<string>;
  /** Drops dead letters for good. */
  drop(letters: readonly DeadLetterRow[], actor: Actor): Promise<string>;
}

import type { DeadLetterRow } from '../listener.ts';
import type { HeldKind } from '../permit.ts';

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
  /** Approves exactly this held set, once. */
  approve(held: HeldChoice, actor: Actor): Promise<string>;
  /** Delivers dead letters of one listener again. Those that there is no time for stay. */
  replay(listener: string, letters: readonly DeadLetterRow[], actor: Actor): Promise<string>;
  /** Drops dead letters for good. */
  drop(letters: readonly DeadLetterRow[], actor: Actor): Promise<string>;
  /** Pauses a listener, or with null the sync; for so long, or with null until somebody resumes it. */
  pause(listener: string | null, forMs: number | null, actor: Actor): Promise<string>;
  resume(listener: string | null, actor: Actor): Promise<string>;
  /** Delivers again what is after a time or a number, beside what is being delivered. */
  rewind(listener: string, to: string, actor: Actor): Promise<string>;
}

/** Which held set a person has looked at. */
export interface HeldChoice {
  readonly resource: string;
  readonly what: HeldKind;
  readonly count: number;
  readonly digest: string;
}

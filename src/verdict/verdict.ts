import type { Problem } from './problem.ts';

/**
 * `in-step`: every resource has a complete pass within three times what is usual. `catching-up`: a pass is walking, and moves.
 * `behind`: no complete pass for longer than that, or nothing moves. `held`: the guard holds something back. `doubtful`: rows
 * may be wrong. `delivering-late`: rows are in step, and events are not delivered. `paused`: by a person. `unknown`: a store
 * does not answer. `never-ran`: there was no run yet.
 */
export const verdictNames = [
  'unknown',
  'paused',
  'never-ran',
  'behind',
  'held',
  'doubtful',
  'delivering-late',
  'catching-up',
  'in-step',
] as const;

export type VerdictName = (typeof verdictNames)[number];

/** The one sentence about the health of a sync, and what stands in its way. */
export interface Verdict {
  readonly is: VerdictName;
  readonly sentence: string;
  readonly since: Date | null;
  /** Worst first. */
  readonly problems: readonly Problem[];
}

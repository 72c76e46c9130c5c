import type { ProblemId } from '../../../src/verdict/problem.ts';
import type { VerdictName } from '../../../src/verdict/verdict.ts';
import type { Project } from '../../helpers/sync.ts';

/** A sync in its situation, and the environment of whoever looks at it. */
export interface Provoked {
  readonly project: Project;
  readonly env?: Readonly<Record<string, string>>;
}

/** What may happen to a sync, how it is brought about for real, and what is to be read of it everywhere. */
export interface Situation {
  readonly name: string;
  /** Whatever it opens closes with the stack. */
  readonly provoke: (opened: AsyncDisposableStack) => Promise<Provoked>;
  readonly verdict: VerdictName;
  /** The problem that must come first; null: there must be none. */
  readonly problem: ProblemId | null;
  /** The other problems, in their order. */
  readonly also?: readonly ProblemId[];
  /** What its next step must be. */
  readonly next?: string | RegExp;
  /** What the machine must allow: to mount a disk, or to have another clock. */
  readonly needs?: 'root' | 'linux';
  /** It takes more than a few seconds, so that `npm run test:long` has it only. */
  readonly isSlow?: true;
}

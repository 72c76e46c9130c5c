import { judgeEnd } from '../pass/end/judge.ts';
import type { Verdict } from '../pass/guard.ts';
import type { PassState } from '../pass/resource.ts';
import { isSnapshot } from '../pass/transitions.ts';
import type { DryRunContext } from './context.ts';

/** What the end of a complete pass would delete. */
export interface PlannedDeletes {
  readonly verdict: Verdict;
  /** Missing, but not from enough consecutive complete passes: not deleted yet. */
  readonly unconfirmed: number;
  readonly hasTooManyRejects: boolean;
  readonly hasTooManyDuplicates: boolean;
  readonly isIncomplete: boolean;
  readonly ids: Iterable<readonly number[]>;
}

/** Judges a complete pass as a run would. What the guard would hold back is shown as well. */
export async function planDeletes(state: PassState, context: DryRunContext): Promise<PlannedDeletes> {
  const { verdict: judged, unseen, gone, ...judgement } = await judgeEnd(state, context);
  const { hasTooManyRejects, hasTooManyDuplicates, isIncomplete } = judgement;
  const verdict = isSnapshot(state.checkpoint) || gone.count > 0 ? judged : nothingGone;
  const ids = verdict.delete === 'none' ? [] : slices([...gone]);
  return { verdict, unconfirmed: unseen - gone.count, hasTooManyRejects, hasTooManyDuplicates, isIncomplete, ids };
}

const idsPerRead = 10_000;

function* slices(ids: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < ids.length; at += idsPerRead) yield ids.slice(at, at + idsPerRead);
}

const nothingGone: Verdict = {
  delete: 'none',
  because: 'only what changed was read, and none of it says that a record is gone',
};

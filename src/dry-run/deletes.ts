import type { Checkpoint } from '../checkpoint.ts';
import { goneOf, judgeGone } from '../pass/end-changes.ts';
import { countMissing, goneIds, judgePass } from '../pass/end-snapshot.ts';
import { confirmationsNeeded, hasTooManyRejects, type Verdict } from '../pass/guard.ts';
import type { Resource } from '../pass/resource.ts';
import type { SeenSet } from '../pass/seen-set.ts';
import { isSnapshot } from '../pass/transitions.ts';
import type { TargetReader } from '../target.ts';

/** What the end of a complete pass would delete. */
export interface PlannedDeletes {
  readonly verdict: Verdict;
  /** Missing, but not in enough complete passes running: not deleted yet. */
  readonly unconfirmed: number;
  readonly hasTooManyRejects: boolean;
  readonly ids: AsyncIterable<readonly number[]> | Iterable<readonly number[]>;
}

export interface PassToPlan {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint;
  readonly seen: SeenSet;
  readonly isStable: boolean;
}

/** Judges a complete pass as a run would: a snapshot by what it missed, one of changes by what was called gone. */
export async function planDeletes(pass: PassToPlan, target: TargetReader, now: number): Promise<PlannedDeletes> {
  const { resource, checkpoint, seen, isStable } = pass;
  if (!isSnapshot(checkpoint)) return planGone(pass, target, now);
  const confirmations = confirmationsNeeded(resource.guard, checkpoint.progress.pages, isStable);
  const missing = await countMissing({ resource, checkpoint, seen }, target, confirmations);
  const verdict = judgePass(checkpoint, resource, missing, now);
  const ids = verdict.delete === 'none' ? [] : goneIds({ resource, checkpoint, seen }, target, confirmations);
  const isOver = hasTooManyRejects(checkpoint.progress, resource.maxRejectRatio);
  return { verdict, unconfirmed: missing.unseen - missing.gone, hasTooManyRejects: isOver, ids };
}

async function planGone(pass: PassToPlan, target: TargetReader, now: number): Promise<PlannedDeletes> {
  const gone = goneOf(pass.checkpoint, pass.seen);
  const live = await target.countLive(pass.resource.table.resource);
  const judged = judgeGone(pass, gone.length, live, now);
  const verdict: Verdict = gone.length === 0 ? { delete: 'none', because: nothingGone } : judged;
  const isOver = hasTooManyRejects(pass.checkpoint.progress, pass.resource.maxRejectRatio, live);
  return { verdict, unconfirmed: 0, hasTooManyRejects: isOver, ids: verdict.delete === 'none' ? [] : [gone] };
}

const nothingGone = 'only what changed was read, and none of it says that a record is gone';

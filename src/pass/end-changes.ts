import type { EventOptions, Removal } from '../batch.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { removeUntilFree } from './delete.ts';
import type { Removed, SweepDeps, Swept } from './end-snapshot.ts';
import { type Guard, hasTooManyRejects, judgeTombstones, noteDeletions, type Verdict } from './guard.ts';
import { forgetMissing } from './live.ts';
import type { Resource } from './resource.ts';
import type { SeenSet } from './seen-set.ts';
import { complete } from './transitions.ts';

/** A changes pass that may bury what it was told is gone. What it did not see means nothing. */
export interface PassToBury {
  readonly resource: Resource;
  readonly checkpoint: Checkpoint;
  /** What the pass brought: such a record is not gone, whatever else was said of it. */
  readonly seen: SeenSet;
  readonly events: EventOptions;
}

type PassToJudge = Pick<PassToBury, 'resource' | 'checkpoint'>;

const idsPerBatch = 1000;

/**
 * Ends a changes pass all of whose pages are committed.
 *
 * 1. Of the records that were called gone, leave those that the pass has brought.
 * 2. Let the guard judge their number.
 * 3. Delete them in batches, each a transaction with its events and a checkpoint that names the rest.
 * 4. The pass is done. What the guard held is for the next pass to judge, which reads everything where the adapter can, and
 *    may be permitted. Then, and where something may have been missed, the bookmark stays: what was left over must come again.
 */
export async function bury(pass: PassToBury, deps: SweepDeps): Promise<Swept> {
  const { resource, seen } = pass;
  const gone = goneOf(pass.checkpoint, seen);
  const live = await deps.target.countLive(resource.table.resource);
  const verdict = judgeGone(pass, gone.length, live, deps.now());
  await forgetMissing(pass, deps);

  const isToBury = verdict.delete === 'all' && gone.length > 0;
  const buried = isToBury
    ? await buryAll(pass, gone, live, deps)
    : { checkpoint: pass.checkpoint, deleted: 0, refused: 0 };
  const { progress } = pass.checkpoint;
  const isOver = hasTooManyRejects(progress, resource.maxRejectRatio, live);
  const isWhole = verdict.delete === 'all' && buried.refused === 0 && !isOver && !progress.shifted;
  const end = complete({ ...buried.checkpoint, ...(!isWhole && { nextBookmark: null }) }, deps.now(), null);
  const held =
    verdict.delete === 'held' ? { count: gone.length, live, because: verdict.because, at: deps.now() } : null;
  const checkpoint = verdict.delete === 'all' ? end : { ...end, held, fullAt: null };
  deps.assertTrusted();
  await deps.target.save(resource.table.resource, { checkpoint, seen: null });
  return { ...buried, checkpoint, verdict, hasTooManyRejects: isOver };
}

/** Ids of what was called gone, and was not brought. */
export function goneOf({ tombstones }: Checkpoint, seen: SeenSet): readonly number[] {
  return tombstones.filter((id) => !seen.has(id));
}

/** The guard's verdict on a complete pass of changes, for a run and for a dry run. */
export function judgeGone({ checkpoint, resource }: PassToJudge, gone: number, live: number, now: number): Verdict {
  const { progress, deletions, permission } = checkpoint;
  const { maxRejectRatio, guard } = resource;
  const verdict = judgeTombstones({ progress, maxRejectRatio, live, gone, deletions, permission, now }, guard);
  if (verdict.delete === 'all') return verdict;
  return { ...verdict, because: `${verdict.because}; the next pass judges again` };
}

async function buryAll(pass: PassToBury, gone: readonly number[], live: number, deps: SweepDeps): Promise<Removed> {
  const { resource, events } = pass;
  let checkpoint = pass.checkpoint;
  let deleted = 0;
  let refused = 0;
  for (let at = 0; at < gone.length; at += idsPerBatch) {
    const removal = (): Removal => {
      const [before, left] = [checkpoint, live - deleted];
      return {
        table: resource.table,
        ids: gone.slice(at, at + idsPerBatch),
        missing: [],
        found: [],
        events,
        checkpoint: (count, isWhole) => {
          const counted = { at: deps.now(), live: left, deleted: count };
          const tombstones = isWhole ? gone.slice(at + idsPerBatch) : before.tombstones;
          checkpoint = { ...before, tombstones, deletions: deletionsWith(before, counted, resource.guard) };
          return { checkpoint };
        },
      };
    };
    for await (const committed of removeUntilFree(removal, deps)) {
      deleted += committed.counts.deleted;
      refused += committed.refused.length;
      await deps.committed(committed.counts);
    }
  }
  return { checkpoint, deleted, refused };
}

function deletionsWith(
  { deletions }: Checkpoint,
  counted: { readonly at: number; readonly live: number; readonly deleted: number },
  { windowMs }: Guard,
): Checkpoint['deletions'] {
  return counted.deleted > 0 ? noteDeletions(deletions, counted, windowMs) : deletions;
}

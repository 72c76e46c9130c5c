import type { EventOptions } from '../batch.ts';
import type { ChangeCounts } from '../change.ts';
import type { Checkpoint, HeldDeletes } from '../checkpoint.ts';
import type { LiveIds, TargetReader } from '../target.ts';
import { type RemoveDeps, removeUntilFree } from './delete.ts';
import {
  confirmationsNeeded,
  type Guard,
  hasTooManyRejects,
  judgeDeletes,
  lossOf,
  noteDeletions,
  type Verdict,
} from './guard.ts';
import { livePages } from './live.ts';
import type { Resource } from './resource.ts';
import type { SeenSet } from './seen-set.ts';
import { complete, type SnapshotCheckpoint } from './transitions.ts';

export interface SweepDeps extends RemoveDeps {
  readonly now: () => number;
  /** Called after each batch with what it changed: its events wait in the outbox. */
  readonly committed: (counts: ChangeCounts) => Promise<void>;
}

export interface PassToSweep {
  readonly resource: Resource;
  readonly checkpoint: SnapshotCheckpoint;
  readonly seen: SeenSet;
  readonly isStable: boolean;
  readonly events: EventOptions;
}

export interface Swept {
  readonly checkpoint: Checkpoint;
  readonly verdict: Verdict;
  readonly deleted: number;
  /** Deletions that the database refuses: in quarantine with the reason, and tried again at the end of the next pass. */
  readonly refused: number;
  /** More records were rejected than the config allows. */
  readonly hasTooManyRejects: boolean;
}

/** What became of the deletions. */
export type Removed = Pick<Swept, 'checkpoint' | 'deleted' | 'refused'>;

/** What a complete pass did not bring. */
export interface Missing {
  readonly live: number;
  /** Live and not seen. */
  readonly unseen: number;
  /** Of these, missing in so many passes running that they count as gone. */
  readonly gone: number;
}

const idsPerBatch = 1000;

/**
 * Ends a snapshot pass all of whose pages are committed.
 *
 * 1. Count what is live and was not seen.
 * 2. Let the guard judge.
 * 3. Walk over the live records once, in batches, each a transaction with its events and the checkpoint: delete what is
 *    gone, count what is missing, forget that something was missing once. A pass that proves nothing only forgets: what
 *    it brought was not missing in passes running.
 * 4. The pass is done; or held, with its seen set, until a permission or the next pass. Where it may not have it all, the
 *    next pass must read everything again.
 *
 * Killed on the way, the next run counts the same again, with what is deleted already as deletions of late: the verdict
 * stays the same.
 */
export async function sweep(pass: PassToSweep, deps: SweepDeps): Promise<Swept> {
  const { resource, seen } = pass;
  const confirmations = confirmationsNeeded(resource.guard, pass.checkpoint.progress.pages, pass.isStable);
  const missing = await countMissing(pass, deps.target, confirmations);
  const verdict = judgePass(pass.checkpoint, resource, missing, deps.now());

  const proves = verdict.delete !== 'none';
  const isToWalk = pass.checkpoint.missing > 0 || (proves && missing.unseen > 0);
  const walked = isToWalk
    ? await walk(pass, missing, verdict, confirmations, deps)
    : { checkpoint: pass.checkpoint, deleted: 0, refused: 0 };
  const held = verdict.delete === 'held' ? heldDeletes(missing, verdict.because, deps.now()) : null;
  const stillMissing = proves ? missing.unseen - walked.deleted : Math.min(pass.checkpoint.missing, missing.unseen);
  const isWhole = verdict.delete === 'all' && stillMissing === 0 && pass.checkpoint.progress.rejected === 0;
  const { progress } = pass.checkpoint;
  const done = complete(walked.checkpoint, deps.now(), held);
  const end = {
    ...done,
    fullAt: lossOf({ progress, maxRejectRatio: resource.maxRejectRatio }) === undefined ? done.fullAt : null,
    validators: isWhole ? pass.checkpoint.validators : null,
    missing: stillMissing,
    sweptTo: 0,
  };
  deps.assertTrusted();
  await deps.target.save(resource.table.resource, { checkpoint: end, seen: held ? seen.serialize() : null });
  const isOver = hasTooManyRejects(progress, resource.maxRejectRatio);
  return { ...walked, checkpoint: end, verdict, hasTooManyRejects: isOver };
}

/** The guard's verdict on a complete pass, for a run and for a dry run. */
export function judgePass(checkpoint: Checkpoint, resource: Resource, missing: Missing, now: number): Verdict {
  const { progress, deletions, permission } = checkpoint;
  const { maxRejectRatio, guard } = resource;
  const { live, gone } = missing;
  return judgeDeletes({ progress, maxRejectRatio, live, gone, deletions, permission, now }, guard);
}

/** Counts what a complete pass did not bring, each record by itself; walks over the live ones only where one is missing. */
export async function countMissing(
  { resource, checkpoint, seen }: Pick<PassToSweep, 'resource' | 'checkpoint' | 'seen'>,
  target: TargetReader,
  confirmations: number,
): Promise<Missing> {
  const live = await target.countLive(resource.table.resource);
  if (live === seen.count) return { live, unseen: 0, gone: 0 };
  let unseen = 0;
  let gone = 0;
  for await (const page of livePages(target, resource, 0)) {
    for (const [at, id] of page.ids.entries()) {
      if (seen.has(id)) continue;
      unseen += 1;
      if (isGone({ id, missed: page.missed[at] ?? 0 }, checkpoint, confirmations)) gone += 1;
    }
  }
  return { live, unseen, gone };
}

/** Ids of what is gone, in pages: what a dry run shows. */
export async function* goneIds(
  { resource, checkpoint, seen }: Pick<PassToSweep, 'resource' | 'checkpoint' | 'seen'>,
  target: TargetReader,
  confirmations: number,
): AsyncGenerator<number[]> {
  for await (const page of livePages(target, resource, 0)) {
    yield page.ids.filter(
      (id, at) => !seen.has(id) && isGone({ id, missed: page.missed[at] ?? 0 }, checkpoint, confirmations),
    );
  }
}

async function walk(
  pass: PassToSweep,
  { live, unseen }: Missing,
  verdict: Verdict,
  confirmations: number,
  deps: SweepDeps,
): Promise<Removed> {
  const { resource } = pass;
  let checkpoint = { ...pass.checkpoint, missing: Math.max(pass.checkpoint.missing, unseen) };
  let deleted = 0;
  let refused = 0;
  for await (const page of livePages(deps.target, resource, firstToSweep(checkpoint))) {
    for (const batch of cut(fatesOf(page, pass, checkpoint, confirmations, verdict))) {
      const removal = () => {
        const before = checkpoint;
        const left = live - deleted;
        const after = (count: number, isWhole: boolean) => {
          const to = isWhole ? batch.upTo : before.sweptTo;
          checkpoint = sweptPast(before, to, count, left, resource.guard, deps.now());
          return { checkpoint };
        };
        return { ...batch, table: resource.table, events: pass.events, checkpoint: after };
      };
      for await (const committed of removeUntilFree(removal, deps)) {
        deleted += committed.counts.deleted;
        refused += committed.refused.length;
        await deps.committed(committed.counts);
      }
    }
  }
  return { checkpoint, deleted, refused };
}

/** A pass that is held has been counted already: only what is gone is looked for again, from the first record on. */
function firstToSweep({ phase, sweptTo }: Checkpoint): number {
  return phase === 'held' ? 0 : sweptTo;
}

/** A record's count is as of the pass before, unless this pass has counted it already. A new shape counts anew. */
function isGone(
  { id, missed }: { readonly id: number; readonly missed: number },
  { phase, isRemap, sweptTo }: Checkpoint,
  confirmations: number,
): boolean {
  if (confirmations === 1) return true;
  const isCounted = phase === 'held' || id <= sweptTo;
  return (isRemap ? 0 : missed) + (isCounted ? 0 : 1) >= confirmations;
}

type Fate = { readonly id: number; readonly is: 'gone' | 'missing' | 'found' };

/** What becomes of each live record that is not simply there. Where the guard holds, what is gone is only counted. */
function fatesOf(
  page: LiveIds,
  { seen }: PassToSweep,
  checkpoint: Checkpoint,
  confirmations: number,
  verdict: Verdict,
): Fate[] {
  const fates: Fate[] = [];
  const counts = verdict.delete !== 'none' && checkpoint.phase !== 'held' && confirmations > 1;
  for (const [at, id] of page.ids.entries()) {
    const missed = page.missed[at] ?? 0;
    const isForgotten = missed > 0 && (seen.has(id) || (checkpoint.isRemap && confirmations > 1));
    if (isForgotten) fates.push({ id, is: 'found' });
    else if (seen.has(id)) continue;
    else if (verdict.delete === 'all' && isGone({ id, missed }, checkpoint, confirmations))
      fates.push({ id, is: 'gone' });
    else if (counts && missed < confirmations) fates.push({ id, is: 'missing' });
  }
  return fates;
}

interface FateBatch {
  readonly ids: readonly number[];
  readonly missing: readonly number[];
  readonly found: readonly number[];
  readonly upTo: number;
}

function* cut(fates: readonly Fate[]): Generator<FateBatch> {
  for (let at = 0; at < fates.length; at += idsPerBatch) {
    const batch = fates.slice(at, at + idsPerBatch);
    const idsOf = (is: Fate['is']) => batch.filter((fate) => fate.is === is).map(({ id }) => id);
    yield { ids: idsOf('gone'), missing: idsOf('missing'), found: idsOf('found'), upTo: batch.at(-1)?.id ?? 0 };
  }
}

function sweptPast(
  checkpoint: SnapshotCheckpoint,
  sweptTo: number,
  deleted: number,
  live: number,
  { windowMs }: Guard,
  at: number,
): SnapshotCheckpoint {
  return {
    ...checkpoint,
    sweptTo,
    deletions:
      deleted > 0 ? noteDeletions(checkpoint.deletions, { at, live, deleted }, windowMs) : checkpoint.deletions,
  };
}

function heldDeletes({ live, gone }: Missing, because: string, at: number): HeldDeletes {
  return { count: gone, live, because, at };
}

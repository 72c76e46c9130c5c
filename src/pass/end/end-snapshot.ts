import type { Checkpoint, HeldDeletes } from '../../checkpoint.ts';
import type { RunContext } from '../../run/context.ts';
import type { LiveIds } from '../../target.ts';
import { lossOf, type Verdict } from '../guard.ts';
import type { HeldSet } from '../held-set.ts';
import type { PassState } from '../resource.ts';
import { SeenSet } from '../seen-set.ts';
import { complete, type SnapshotCheckpoint } from '../transitions.ts';
import { type DeleteBatch, type Deleted, deleteMissing, deletesPerBatch } from './delete.ts';
import type { ValuesEnd } from './end-values.ts';
import { confirmationsOf, type Judgement, judgeEnd, livePages, permittedOf } from './judge.ts';
import { lastSnapshot } from './last-snapshot.ts';

/** How a pass ended: what a run reports of it. */
export interface PassEnded
  extends Pick<Deleted, 'deleted' | 'refused'>,
    Pick<Judgement, 'verdict'>,
    Pick<ValuesEnd, 'heldEmptied' | 'heldUpdates' | 'refusedEmptied' | 'refusedUpdates'> {
  /** Fewer records came than the third party says that there are. */
  readonly isIncomplete: boolean;
  /** More records were rejected than the config allows. */
  readonly hasTooManyRejects: boolean;
  /** More records have the key of another one than the config allows to be rejected. */
  readonly hasTooManyDuplicates: boolean;
}

/** The last step of a pass, and what is to be stored with it. */
export interface Ending {
  readonly ended: PassEnded;
  readonly checkpoint: Checkpoint;
  /** The pass keeps its seen set, for a permission. */
  readonly keepsSeen: boolean;
  readonly held: HeldSet;
}

type SnapshotState = PassState<SnapshotCheckpoint>;

/**
 * Ends a snapshot pass whose pages are all committed.
 *
 * 1. Count the live records that were not seen.
 * 2. Let the guard judge.
 * 3. Walk over the live records once, in batches, each a transaction with its events and the checkpoint. Delete what is
 *    gone, count what is missing, and reset the count of what came back. A pass that proves nothing only resets counts.
 * 4. The pass is done; or it is held, with its seen set, until a permission or the next pass. If it may not have
 *    everything, the next pass must read everything again.
 *
 * If the run is killed on the way, the next run counts again, and what was deleted by then counts as a recent deletion: the
 * verdict stays the same.
 */
export async function endSnapshot(state: SnapshotState, values: ValuesEnd, run: RunContext): Promise<Ending> {
  const { checkpoint, resource } = state;
  const judgement = await judgeEnd(state, run);
  const { verdict, live, unseen, hasTooManyRejects, hasTooManyDuplicates, isIncomplete } = judgement;
  const { deleted, refused, checkpoint: after } = await deleteUnseen(state, judgement, run);

  const heldDeletes = heldIn(judgement, state);
  const held = heldBy(judgement, state, run.now());
  const proves = verdict.delete !== 'none';
  const missing = proves ? unseen - deleted : Math.min(checkpoint.missing, unseen);
  const isWhole = verdict.delete === 'all' && missing === 0 && checkpoint.progress.rejected === 0 && !values.leavesSome;
  const done = complete(after, run.now(), held, values);
  const hasEverything = lossOf({ ...checkpoint, maxRejectRatio: resource.maxRejectRatio, live }) === undefined;
  return {
    ended: {
      ...{ verdict, deleted, refused, hasTooManyRejects, hasTooManyDuplicates, isIncomplete },
      ...endedValues(values),
    },
    checkpoint: {
      ...withPermitUsed(done, state, verdict),
      heldSince: judgement.heldSince,
      ...lastSnapshot(checkpoint, resource, run.now()),
      fullAt: hasEverything && !values.leavesSome ? done.fullAt : null,
      validators: isWhole ? checkpoint.validators : null,
      missing,
      sweptTo: 0,
    },
    keepsSeen: done.phase === 'held',
    held: values.held.with({ deletes: heldDeletes }),
  };
}

/** What a run reports of the values. */
export function endedValues({ heldEmptied, heldUpdates, refusedEmptied, refusedUpdates }: ValuesEnd) {
  return { heldEmptied, heldUpdates, refusedEmptied, refusedUpdates };
}

/** A person who has permitted deletions has looked: what is deleted later is counted from here. */
export function withPermitUsed(done: Checkpoint, { checkpoint }: PassState, verdict: Verdict): Checkpoint {
  const isUsed = checkpoint.permission !== null && verdict.delete !== 'none';
  return isUsed ? { ...done, deletions: [] } : done;
}

/** What the guard holds back, since the first of the consecutive passes that held something; null if it holds nothing. */
export function heldBy(judgement: Judgement, state: PassState, now: number): HeldDeletes | null {
  const { verdict, base } = judgement;
  if (verdict.delete !== 'held') return null;
  const { pass, held } = state.checkpoint;
  const { count } = heldIn(judgement, state);
  return { pass, count, live: base, because: verdict.because, at: held?.at ?? now };
}

/** The records whose deletion the guard holds back. */
export function heldIn({ verdict, gone }: Judgement, state: PassState): SeenSet {
  return verdict.delete === 'held' ? gone.without(permittedOf(state, gone)) : new SeenSet();
}

/** The records that may be deleted: what the guard allows, or what a person has permitted. */
export function allowedIn({ verdict, gone }: Judgement, state: PassState): SeenSet {
  if (verdict.delete === 'all') return gone;
  return verdict.delete === 'held' ? permittedOf(state, gone) : new SeenSet();
}

async function deleteUnseen(state: SnapshotState, judgement: Judgement, run: RunContext): Promise<Deleted> {
  const { checkpoint } = state;
  const { verdict, live, unseen } = judgement;
  const mustWalk = checkpoint.missing > 0 || (verdict.delete !== 'none' && unseen > 0);
  if (!mustWalk) return { checkpoint, deleted: 0, refused: 0 };
  const walking = { ...state, checkpoint: { ...checkpoint, missing: Math.max(checkpoint.missing, unseen) } };
  return deleteMissing(walking, live, batchesOf(walking, judgement, run), run);
}

/** A held pass has counted already: it only looks again for what is gone, from the first record on. */
async function* batchesOf(state: SnapshotState, judgement: Judgement, run: RunContext): AsyncGenerator<DeleteBatch> {
  const { phase, sweptTo } = state.checkpoint;
  const confirmations = confirmationsOf(state, run);
  const fate = { confirmations, allowed: allowedIn(judgement, state), proves: judgement.verdict.delete !== 'none' };
  for await (const page of livePages(run.target, state.resource, phase === 'held' ? 0 : sweptTo)) {
    yield* cut(fatesOf(page, state, fate));
  }
}

interface Deciding {
  readonly confirmations: number;
  /** Records that may be deleted. */
  readonly allowed: SeenSet;
  /** The pass proves that what it did not bring is missing. */
  readonly proves: boolean;
}

type Fate = { readonly id: number; readonly is: 'gone' | 'missing' | 'found' };

/** What becomes of each live record that is not simply there. While the guard holds, what is gone is only counted. */
function fatesOf(
  page: LiveIds,
  { seen, checkpoint }: SnapshotState,
  { confirmations, allowed, proves }: Deciding,
): Fate[] {
  const fates: Fate[] = [];
  const counts = proves && checkpoint.phase !== 'held' && confirmations > 1;
  for (const [at, id] of page.ids.entries()) {
    const missed = page.missed[at] ?? 0;
    const isReset = missed > 0 && (seen.has(id) || (checkpoint.isRemap && confirmations > 1));
    if (isReset) fates.push({ id, is: 'found' });
    else if (seen.has(id)) continue;
    else if (allowed.has(id)) fates.push({ id, is: 'gone' });
    else if (counts && missed < confirmations) fates.push({ id, is: 'missing' });
  }
  return fates;
}

function* cut(fates: readonly Fate[]): Generator<DeleteBatch> {
  for (let at = 0; at < fates.length; at += deletesPerBatch) {
    const batch = fates.slice(at, at + deletesPerBatch);
    const idsOf = (is: Fate['is']) => batch.filter((fate) => fate.is === is).map(({ id }) => id);
    const after = { sweptTo: batch.at(-1)?.id ?? 0 };
    yield { ids: idsOf('gone'), missing: idsOf('missing'), found: idsOf('found'), after };
  }
}

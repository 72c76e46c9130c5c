import type { Mode } from '../adapter.ts';
import { type ChangeCounts, noChanges, sizeOf } from '../change.ts';
import { type BackOff, type Checkpoint, type Failure, type HeldDeletes, noProgress } from '../checkpoint.ts';
import { isAhead } from './due.ts';
import { type Guard, isIncomplete, noteDeletions } from './guard.ts';
import type { Resource } from './resource.ts';

/** A pass is abandoned after this many consecutive failures at one cursor. */
const failuresPerCursor = 5;

/** The checkpoint of a pass over everything. Only such a pass may delete what it did not see. */
export type SnapshotCheckpoint = Checkpoint & { readonly mode: 'snapshot' };

export function isSnapshot(checkpoint: Checkpoint): checkpoint is SnapshotCheckpoint {
  return checkpoint.mode === 'snapshot';
}

/** The mode of a pass that is to bring everything. An adapter that knows only changes gives them without a bookmark. */
export function wholeMode(modes: readonly Mode[]): Mode {
  return modes.includes('snapshot') ? 'snapshot' : 'changes';
}

/**
 * The mode of the next pass. It is `changes` only if a whole pass has left a bookmark, and for at most `fullEvery`: a
 * snapshot finds what changes miss. Only a snapshot can judge held deletions again.
 */
export function nextMode(
  before: Checkpoint | null,
  { shape, changes }: Pick<Resource, 'shape' | 'changes'>,
  whole: Mode,
  now: number,
): Mode {
  if (!changes || before === null || before.shape !== shape || before.phase === 'held') return whole;
  if (before.bookmark === null || before.fullAt === null || isAhead(before.fullAt, now)) return whole;
  return now - before.fullAt >= changes.fullEveryMs ? whole : 'changes';
}

/** The checkpoint of a new pass. It takes over from the pass before it what lasts longer than a pass. */
export function startPass<M extends Mode>(
  before: Checkpoint | null,
  shape: string,
  mode: M,
  now: number,
): Checkpoint & { readonly mode: M } {
  const isReshaped = before !== null && before.shape !== shape;
  return {
    pass: (before?.pass ?? 0) + 1,
    mode,
    phase: 'walking',
    shape,
    isRemap: isReshaped || (before?.isRemap === true && before.completedAt === null),
    ...(before?.verifies && { verifies: true }),
    cursor: null,
    bookmark: isReshaped ? null : (before?.bookmark ?? null),
    nextBookmark: null,
    validators: isReshaped ? null : (before?.validators ?? null),
    chunks: isReshaped ? null : (before?.chunks ?? null),
    lastFields: before?.lastFields ?? null,
    ...(before?.lostFields && !isReshaped && { lostFields: before.lostFields }),
    lastCount: isReshaped ? null : (before?.lastCount ?? null),
    countUnmetSince: isReshaped ? null : (before?.countUnmetSince ?? null),
    changedAt: isReshaped ? now : (before?.changedAt ?? now),
    fullAt: isReshaped ? null : (before?.fullAt ?? null),
    tombstones: [],
    progress: noProgress,
    startedAt: now,
    completedAt: isReshaped ? null : (before?.completedAt ?? null),
    triedAt: before?.triedAt ?? 0,
    failures: 0,
    backOff: null,
    failingSince: before?.failingSince ?? null,
    failure: before?.failure ?? null,
    succeededAt: before?.succeededAt ?? null,
    previousCompletedAt: before?.previousCompletedAt ?? null,
    totals: before?.totals ?? noChanges,
    moved: isReshaped ? {} : (before?.moved ?? {}),
    held: isReshaped ? null : (before?.held ?? null),
    heldSince: before?.heldSince ?? null,
    permission: isReshaped ? null : (before?.permission ?? null),
    heldNames: isReshaped ? null : (before?.heldNames ?? null),
    incomplete: isReshaped ? null : (before?.incomplete ?? null),
    heldEmptied: isReshaped ? null : (before?.heldEmptied ?? null),
    heldUpdates: isReshaped ? null : (before?.heldUpdates ?? null),
    emptiedPermission: isReshaped ? null : (before?.emptiedPermission ?? null),
    deletions: before?.deletions ?? [],
    emptiedCounts: before?.emptiedCounts ?? [],
    missing: before?.missing ?? 0,
    sweptTo: 0,
    home: before?.home ?? [],
    nextHome: before?.nextHome ?? [],
    hadGuests: before !== null && (before.hadGuests ?? true),
  };
}

/**
 * The checkpoint of a new pass, with how many rows are live now: what the guard measures deletions by. Counts of a table that
 * is being filled for the first time, or is empty, are not remembered: a share of them says nothing.
 */
export function withLive(
  started: Checkpoint,
  before: Checkpoint | null,
  live: number,
  { windowMs }: Pick<Guard, 'windowMs'>,
): Checkpoint {
  const wasComplete = before !== null && (before.completedAt !== null || before.deletions.length > 0);
  if (!wasComplete || live === 0) return { ...started, liveAtStart: live };
  const deletions = noteDeletions(started.deletions, { at: started.startedAt, live, deleted: 0 }, windowMs);
  return { ...started, liveAtStart: live, deletions };
}

/**
 * Notes all changes that are committed, and that some of them are new. What a new mapping writes is not a change at the third
 * party.
 */
export function noteChanges<C extends Checkpoint>(checkpoint: C, totals: ChangeCounts, now: number): C {
  const isNew = sizeOf(totals) > sizeOf(checkpoint.totals ?? noChanges);
  return { ...checkpoint, totals, ...(isNew && !checkpoint.isRemap && { changedAt: now }) };
}

/** Whether a new pass must start: there is none, the last one is over, or the shape or the mode has changed. A permitted one continues. */
export function needsNewPass(before: Checkpoint | null, shape: string, modes: readonly Mode[]): boolean {
  if (before === null || before.shape !== shape || before.phase === 'done') return true;
  if (before.phase === 'held') return !isPermitted(before) || isUpdatePermitted(before);
  return before.phase === 'walking' && !modes.includes(before.mode);
}

/** The new values of rows are not kept: to write them, a pass must bring them again. */
function isUpdatePermitted({ heldUpdates = null, emptiedPermission = null }: Checkpoint): boolean {
  return heldUpdates !== null && emptiedPermission !== null;
}

/** Whether a person has permitted what is held. */
export function isPermitted({ permission, emptiedPermission = null }: Checkpoint): boolean {
  return permission !== null || emptiedPermission !== null;
}

/** The third party says that nothing has changed since the last complete pass. */
export function completeUnmodified(checkpoint: Checkpoint, now: number): Checkpoint {
  const { bookmark, progress } = checkpoint;
  const met = {
    ...checkpoint,
    nextBookmark: bookmark,
    progress: { ...progress, pages: 1 },
    ...succeeded(now),
  };
  return complete(met, now, null);
}

/**
 * The pass is over. A snapshot that brought no bookmark leaves none. A held pass stays a remap: a deletion that is permitted
 * later has the same cause.
 */
export function complete(
  { verifies: _verifies, ...checkpoint }: Checkpoint,
  now: number,
  held: HeldDeletes | null,
  { heldEmptied = null, heldUpdates = null }: Pick<Checkpoint, 'heldEmptied' | 'heldUpdates'> = {},
): Checkpoint {
  const { progress, phase } = checkpoint;
  const isHeld = held !== null || heldEmptied !== null || heldUpdates !== null;
  return {
    ...checkpoint,
    phase: isHeld ? 'held' : 'done',
    isRemap: isHeld && checkpoint.isRemap,
    completedAt: now,
    // A held pass that is permitted is complete already, and no other one.
    previousCompletedAt: phase === 'held' ? (checkpoint.previousCompletedAt ?? null) : checkpoint.completedAt,
    cursor: null,
    held,
    permission: null,
    heldEmptied,
    heldUpdates,
    emptiedPermission: null,
    heldNames: null,
    incomplete: isIncomplete(checkpoint) ? { records: progress.records, total: progress.total ?? 0 } : null,
    home: checkpoint.nextHome ?? [],
    bookmark: checkpoint.nextBookmark ?? (isSnapshot(checkpoint) ? null : checkpoint.bookmark),
    fullAt: isSnapshot(checkpoint) ? now : checkpoint.fullAt,
    tombstones: [],
    progress: { ...progress, digests: [] },
  };
}

/** What a page that is in changes in a checkpoint: a series of failures is over. */
export function succeeded(now: number) {
  return { failures: 0, backOff: null, failingSince: null, failure: null, succeededAt: now } as const;
}

/** Remembers a failure of the third party, and since when there are nothing but failures. */
export function noteFailure(checkpoint: Checkpoint, failure: Failure, now: number): Checkpoint {
  return { ...checkpoint, failingSince: checkpoint.failingSince ?? now, failure };
}

/**
 * A page could not be read. The next try is at the same cursor; after five failures there, or if the cursor has expired, it is
 * at the first page of a new pass. A bookmark that has expired is too old for the third party to know what has changed since:
 * then the new pass reads everything.
 */
export function fail(
  checkpoint: Checkpoint,
  now: number,
  backOff: BackOff | null,
  expired: 'cursor' | 'bookmark' | null = null,
  whole: Mode = 'snapshot',
): Checkpoint {
  const failures = checkpoint.failures + 1;
  if (expired === null && failures < failuresPerCursor) return { ...checkpoint, failures, backOff };
  const isTooOld = isBookmarkExpired(expired, checkpoint);
  if (checkpoint.cursor === null && !isTooOld) return { ...checkpoint, failures, backOff };
  const before = isTooOld ? { ...checkpoint, bookmark: null, fullAt: null } : checkpoint;
  const restarted = startPass(before, checkpoint.shape, isTooOld ? whole : checkpoint.mode, now);
  const { isRemap, completedAt, liveAtStart } = checkpoint;
  // The first load that starts over has rows by then: they are measured like those of any other pass.
  const base = liveAtStart === undefined || liveAtStart === 0 ? {} : { liveAtStart };
  return { ...restarted, isRemap, completedAt, backOff, ...base };
}

function isBookmarkExpired(expired: 'cursor' | 'bookmark' | null, checkpoint: Checkpoint): boolean {
  if (expired === null || isSnapshot(checkpoint)) return false;
  return expired === 'bookmark' || checkpoint.cursor === null;
}

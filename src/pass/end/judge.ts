import type { Checkpoint, HeldSince } from '../../checkpoint.ts';
import type { RunContext, ThirdParty } from '../../run/context.ts';
import type { LiveIds, TargetReader } from '../../target.ts';
import {
  baseOf,
  confirmationsNeeded,
  hasTooManyDuplicates,
  hasTooManyRejects,
  heldSince,
  isIncomplete,
  judge,
  type PassEnd,
  type Verdict,
} from '../guard.ts';
import type { PassState, Resource } from '../resource.ts';
import { SeenSet } from '../seen-set.ts';
import { isSnapshot } from '../transitions.ts';

/** What a complete pass has found missing, and what the guard says of it. */
export interface Judgement extends Missing {
  readonly verdict: Verdict;
  /** The rows of which the guard allows a share. */
  readonly base: number;
  readonly heldSince: HeldSince | null;
  readonly hasTooManyRejects: boolean;
  readonly hasTooManyDuplicates: boolean;
  readonly isIncomplete: boolean;
}

/** What a complete snapshot did not bring, or what a changes pass found deleted. */
interface Missing {
  readonly live: number;
  /** Live and not seen. */
  readonly unseen: number;
  /** Ids of those that count as gone: they are missing from enough consecutive passes, or have a tombstone. */
  readonly gone: SeenSet;
}

interface Judging extends Pick<RunContext, 'now'> {
  readonly target: TargetReader;
  readonly thirdParty: Pick<ThirdParty, 'adapter'>;
}

/** Counts what a complete pass would delete, and asks the guard. A run and a dry run call this one function. */
export async function judgeEnd(state: PassState, context: Judging): Promise<Judgement> {
  const { mode, progress, deletions, liveAtStart, heldSince: since } = state.checkpoint;
  const { maxRejectRatio, guard } = state.resource;
  const missing = await (isSnapshot(state.checkpoint) ? countMissing(state, context) : countTombstones(state, context));
  const { live } = missing;
  const gone = missing.gone.count;
  const permitted = permittedOf(state, missing.gone).count;
  const now = context.now();
  const end: PassEnd = { mode, progress, maxRejectRatio, live, liveAtStart, gone, permitted, deletions, since, now };
  const base = baseOf(end, guard);
  const faults = {
    hasTooManyRejects: hasTooManyRejects(end),
    hasTooManyDuplicates: hasTooManyDuplicates(end),
    isIncomplete: isIncomplete(end),
  };
  const verdict = judge(end, guard);
  return { ...missing, ...faults, base, heldSince: heldSince(end, guard, verdict), verdict };
}

/** Those of these records whose deletion a person has permitted. A permit is for the records that were held, and no others. */
export function permittedOf({ checkpoint, held }: PassState, gone: SeenSet): SeenSet {
  return checkpoint.permission === null ? new SeenSet() : gone.and(held.deletes);
}

/** The ids of the records that a changes pass found deleted, without those that it has brought as well. */
export function tombstonesOf({ checkpoint, seen }: PassState): readonly number[] {
  return checkpoint.tombstones.filter((id) => !seen.has(id));
}

/** In how many consecutive complete passes a record must be missing from before this pass deletes it. */
export function confirmationsOf(
  { resource, checkpoint }: PassState,
  { thirdParty }: Pick<Judging, 'thirdParty'>,
): number {
  const isStable = thirdParty.adapter.isStable(resource.table.resource);
  return confirmationsNeeded(resource.guard, checkpoint.progress.pages, isStable);
}

/**
 * Whether a record that this pass did not bring counts as gone. `missed` is its count as of the pass before, unless this
 * pass has counted it already. A new shape starts to count again.
 */
export function isGone(
  id: number,
  missed: number,
  { phase, isRemap, sweptTo }: Checkpoint,
  confirmations: number,
): boolean {
  if (confirmations === 1) return true;
  const isCounted = phase === 'held' || id <= sweptTo;
  return (isRemap ? 0 : missed) + (isCounted ? 0 : 1) >= confirmations;
}

const idsPerRead = 10_000;

/** The live records after this id, in pages, each with the number of consecutive complete passes it is missing from. */
export async function* livePages(target: TargetReader, { table }: Resource, after: number): AsyncGenerator<LiveIds> {
  let from = after;
  for (;;) {
    const page = await target.liveAfter(table.resource, from, idsPerRead);
    const last = page.ids.at(-1);
    if (last === undefined) return;
    yield page;
    from = last;
  }
}

/** Counts each missing record by itself. Walks over the live records only if one is missing. */
async function countMissing(state: PassState, context: Judging): Promise<Missing> {
  const { resource, checkpoint, seen } = state;
  const live = await context.target.countLive(resource.table.resource);
  const gone = new SeenSet();
  if (live === seen.count) return { live, unseen: 0, gone };
  const confirmations = confirmationsOf(state, context);
  let unseen = 0;
  for await (const page of livePages(context.target, resource, 0)) {
    for (const [at, id] of page.ids.entries()) {
      if (seen.has(id)) continue;
      unseen += 1;
      if (isGone(id, page.missed[at] ?? 0, checkpoint, confirmations)) gone.add(id);
    }
  }
  return { live, unseen, gone };
}

async function countTombstones(state: PassState, { target }: Judging): Promise<Missing> {
  const gone = new SeenSet();
  gone.addAll(tombstonesOf(state));
  return { live: await target.countLive(state.resource.table.resource), unseen: gone.count, gone };
}

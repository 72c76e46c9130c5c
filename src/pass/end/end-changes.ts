import type { RunContext } from '../../run/context.ts';
import type { PassState } from '../resource.ts';
import { complete } from '../transitions.ts';
import { type DeleteBatch, deleteMissing, deletesPerBatch } from './delete.ts';
import { allowedIn, type Ending, endedValues, heldBy, heldIn, withPermitUsed } from './end-snapshot.ts';
import type { ValuesEnd } from './end-values.ts';
import { judgeEnd, livePages } from './judge.ts';

/**
 * Ends a changes pass whose pages are all committed. What it did not see proves nothing.
 *
 * 1. Of the records that the third party called gone, leave out those that the pass has brought.
 * 2. Let the guard judge their number.
 * 3. Reset the counts of missing passes of what was brought. Delete what is gone in batches, each a transaction with its
 *    events and a checkpoint that names the rest.
 * 4. The pass is done. The next pass judges what the guard held; it reads everything if the adapter can, and may be
 *    permitted. After a held pass, and after one that may have missed something, the bookmark stays: what was left over
 *    must come again.
 */
export async function endChanges(state: PassState, values: ValuesEnd, run: RunContext): Promise<Ending> {
  const judgement = await judgeEnd(state, run);
  const { verdict, live, hasTooManyRejects } = judgement;
  const allowed = [...allowedIn(judgement, state)];
  const heldDeletes = heldIn(judgement, state);
  const gone = { allowed, others: [...judgement.gone].filter((id) => heldDeletes.has(id)) };
  const { checkpoint, deleted, refused } = await deleteMissing(state, live, batchesOf(state, gone, run), run);

  const isAll = verdict.delete === 'all' && !values.leavesSome;
  const isWhole = isAll && refused === 0 && !hasTooManyRejects && !state.checkpoint.progress.shifted;
  const done = complete({ ...checkpoint, ...(!isWhole && { nextBookmark: null }) }, run.now(), null);
  const end = { ...withPermitUsed(done, state, verdict), heldSince: judgement.heldSince };
  const held = heldBy(judgement, state, run.now());
  return {
    ended: {
      ...{ verdict, deleted, refused, hasTooManyRejects },
      hasTooManyDuplicates: false,
      isIncomplete: false,
      ...endedValues(values),
    },
    checkpoint: isAll ? end : { ...end, held, ...heldValues(values), fullAt: null },
    keepsSeen: false,
    held: values.held.with({ deletes: heldDeletes }),
  };
}

function heldValues({ heldEmptied, heldUpdates }: ValuesEnd) {
  return { heldEmptied, heldUpdates };
}

interface Gone {
  /** Ids of the records that may be deleted. */
  readonly allowed: readonly number[];
  readonly others: readonly number[];
}

async function* batchesOf(state: PassState, { allowed, others }: Gone, run: RunContext): AsyncGenerator<DeleteBatch> {
  yield* foundAgain(state, run);
  for (let at = 0; at < allowed.length; at += deletesPerBatch) {
    const after = { tombstones: [...others, ...allowed.slice(at + deletesPerBatch)] };
    yield { ids: allowed.slice(at, at + deletesPerBatch), missing: [], found: [], after };
  }
}

/** Records that the pass has brought, and that the passes before it missed. */
async function* foundAgain({ resource, checkpoint, seen }: PassState, run: RunContext): AsyncGenerator<DeleteBatch> {
  if (checkpoint.missing === 0) return;
  for await (const page of livePages(run.target, resource, 0)) {
    const found = page.ids.filter((id, at) => seen.has(id) && (page.missed[at] ?? 0) > 0);
    for (let at = 0; at < found.length; at += deletesPerBatch) {
      yield { ids: [], missing: [], found: found.slice(at, at + deletesPerBatch), after: {} };
    }
  }
}

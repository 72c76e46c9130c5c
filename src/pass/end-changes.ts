import type { RunContext } from '../run/context.ts';
import { type DeleteBatch, deleteMissing, idsPerBatch } from './delete.ts';
import { type Ending, heldBy } from './end-snapshot.ts';
import { judgeEnd, livePages, tombstonesOf } from './judge.ts';
import type { PassState } from './resource.ts';
import { complete } from './transitions.ts';

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
export async function endChanges(state: PassState, run: RunContext): Promise<Ending> {
  const judgement = await judgeEnd(state, run);
  const { verdict, live, hasTooManyRejects } = judgement;
  const gone = verdict.delete === 'all' ? tombstonesOf(state) : [];
  const { checkpoint, deleted, refused } = await deleteMissing(state, live, batchesOf(state, gone, run), run);

  const isWhole = verdict.delete === 'all' && refused === 0 && !hasTooManyRejects && !state.checkpoint.progress.shifted;
  const end = complete({ ...checkpoint, ...(!isWhole && { nextBookmark: null }) }, run.now(), null);
  const held = heldBy(judgement, run.now());
  return {
    ended: { verdict, deleted, refused, hasTooManyRejects, hasTooManyDuplicates: false },
    checkpoint: verdict.delete === 'all' ? end : { ...end, held, fullAt: null },
    keepsSeen: false,
  };
}

async function* batchesOf(state: PassState, gone: readonly number[], run: RunContext): AsyncGenerator<DeleteBatch> {
  yield* foundAgain(state, run);
  for (let at = 0; at < gone.length; at += idsPerBatch) {
    const after = { tombstones: gone.slice(at + idsPerBatch) };
    yield { ids: gone.slice(at, at + idsPerBatch), missing: [], found: [], after };
  }
}

/** Records that the pass has brought, and that the passes before it missed. */
async function* foundAgain({ resource, checkpoint, seen }: PassState, run: RunContext): AsyncGenerator<DeleteBatch> {
  if (checkpoint.missing === 0) return;
  for await (const page of livePages(run.target, resource, 0)) {
    const found = page.ids.filter((id, at) => seen.has(id) && (page.missed[at] ?? 0) > 0);
    for (let at = 0; at < found.length; at += idsPerBatch) {
      yield { ids: [], missing: [], found: found.slice(at, at + idsPerBatch), after: {} };
    }
  }
}

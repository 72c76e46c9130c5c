import type { Checkpoint, HeldEmptied, HeldUpdates } from '../../checkpoint.ts';
import type { WriteContext } from '../../run/context.ts';
import { HeldSet } from '../held-set.ts';
import type { PassState } from '../resource.ts';
import { endEmptied } from './end-emptied.ts';
import { endUpdates } from './end-updates.ts';

/** What became of the updates and of the empty values that a pass has kept until its end. */
export interface ValuesEnd {
  readonly checkpoint: Checkpoint;
  /** The updates and the values that are held back. */
  readonly held: HeldSet;
  readonly heldUpdates: HeldUpdates | null;
  readonly heldEmptied: HeldEmptied | null;
  /** Rows that the database refuses to update, or of which it refuses to empty values. */
  readonly refusedUpdates: number;
  readonly refusedEmptied: number;
  /** Some rows are not as the third party has them: the next pass must read them again. */
  readonly leavesSome: boolean;
}

/** Writes the updates first, and then empties values: each as far as the guard allows. */
export async function endValues(state: PassState, run: WriteContext): Promise<ValuesEnd> {
  const updates = await endUpdates(state, run);
  const emptied = await endEmptied(updates.state, { keepsAll: updates.held !== null }, run);
  // Before the pass is over: the next one must not find the records of this one.
  if (state.held.deferred.count > 0) await run.target.dropDeferred(state.resource.table.resource);
  return {
    checkpoint: emptied.checkpoint,
    held: new HeldSet().with({ updates: updates.rows, emptied: emptied.held }),
    ...{ heldUpdates: updates.held, heldEmptied: emptied.heldEmptied },
    ...{ refusedUpdates: updates.refused, refusedEmptied: emptied.refused },
    leavesSome: updates.leavesSome || emptied.leavesSome,
  };
}

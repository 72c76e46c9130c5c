import type { Batch, Step } from '../../batch.ts';
import type { HeldUpdates } from '../../checkpoint.ts';
import { digestFields } from '../../field-digests.ts';
import type { WriteContext } from '../../run/context.ts';
import { planSteps } from '../plan.ts';
import type { PassState } from '../resource.ts';
import { SeenSet } from '../seen-set.ts';
import { judgeUpdates, updateLimit } from '../updates.ts';
import { idsPerBatch } from './delete.ts';
import { candidatesOf, permittedIn, verdictsOf } from './end-emptied.ts';
import { EndWriter } from './end-writer.ts';

/** What became of the updates that a pass has kept until its end. */
export interface UpdatesEnd {
  /** The pass without the updates that are written. */
  readonly state: PassState;
  readonly held: HeldUpdates | null;
  /** The records whose update is held back. */
  readonly rows: SeenSet;
  /** Rows that the database refuses to update. */
  readonly refused: number;
  /** Some rows are not as the third party has them: the next pass must read them again. */
  readonly leavesSome: boolean;
}

/**
 * Writes the updates of a complete pass, if the guard allows their number. Until here each row has kept its values, so that
 * nothing of a mass change is written before the whole pass is known.
 *
 * 1. Judge how many rows would be updated, or lose a value that the guard would allow.
 * 2. Write the records that were kept, in batches; or hold all of them back.
 */
export async function endUpdates(state: PassState, run: WriteContext): Promise<UpdatesEnd> {
  const { checkpoint, held } = state;
  if (checkpoint.phase === 'held') return asBefore(state);
  const waiting = held.deferred.count;
  if (checkpoint.progress.isMixed) return { ...asBefore(state), leavesSome: true };
  const rows = updatedIn(state);
  const heldUpdates = judgeEndUpdates(state, rows, run.now());
  if (heldUpdates !== null) return { ...nothing(state), held: heldUpdates, rows, leavesSome: true };
  return waiting === 0 ? nothing(state) : writeDeferred(state, run);
}

/** What the guard holds back of these rows. A run and a dry run call this one function. */
export function judgeEndUpdates({ checkpoint, resource }: PassState, rows: SeenSet, now: number): HeldUpdates | null {
  const { pass, heldUpdates } = checkpoint;
  return judgeUpdates(rows, updateLimit(checkpoint, resource.guard), { pass, at: heldUpdates?.at ?? now });
}

/** The rows that a complete pass would update: those of which it would only empty a value count as well, if that is allowed. */
export function updatedIn(state: PassState): SeenSet {
  const { checkpoint, held, resource } = state;
  if (updateLimit(checkpoint, resource.guard) === null) return new SeenSet();
  const rows = held.deferred.with([]);
  for (const { column, isHeld } of verdictsOf(state)) {
    const ids = candidatesOf(state).get(column);
    if (ids && !isHeld) rows.addAll([...ids.without(permittedIn(state, column))]);
  }
  return checkpoint.emptiedPermission ? rows.without(held.updates) : rows;
}

/** What was held stays so: the pass proves nothing, or it is over, and a person has permitted something else. */
function asBefore(state: PassState): UpdatesEnd {
  const { heldUpdates = null, progress } = state.checkpoint;
  const refused = progress.refusedUpdates ?? 0;
  return { state, held: heldUpdates, rows: state.held.updates, refused, leavesSome: heldUpdates !== null };
}

function nothing(state: PassState): UpdatesEnd {
  const refused = state.checkpoint.progress.refusedUpdates ?? 0;
  return { state, held: null, rows: new SeenSet(), refused, leavesSome: refused > 0 };
}

async function writeDeferred(state: PassState, run: WriteContext): Promise<UpdatesEnd> {
  const { resource, held } = state;
  const writer = new EndWriter(state, run, 'refusedUpdates');
  const ids = [...held.deferred];
  const left = held.deferred.with([]);
  let lost = 0;
  for (let at = 0; at < ids.length; at += idsPerBatch) {
    const batch = ids.slice(at, at + idsPerBatch);
    const records = await run.target.deferred(resource.table.resource, batch);
    lost += batch.length - records.length;
    left.removeAll(batch);
    await writer.write({ records, plan: planOf(state), rest: held.with({ deferred: left }) });
  }
  const after = { ...state, checkpoint: writer.checkpoint, held: held.with({ deferred: left }) };
  const { refused } = writer;
  return { ...nothing(after), refused, leavesSome: lost > 0 || refused > 0 };
}

/** Plans on what the row holds now. A record that is gone meanwhile stays so. */
function planOf({ resource }: PassState): Batch['plan'] {
  const { mapped: columns } = resource.table;
  const digest = digestFields(columns);
  return (records, found) =>
    planSteps(records, found, { hash: resource.hash, digest, columns }).map((step, at): Step => {
      const { entry = null } = found[at] ?? {};
      return entry === null || entry.deleted ? { record: step.record, change: 'none' } : step;
    });
}

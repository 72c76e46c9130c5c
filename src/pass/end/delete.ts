import { setTimeout as sleep } from 'node:timers/promises';
import type { Removal } from '../../batch.ts';
import { noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint } from '../../checkpoint.ts';
import { UnreachableError } from '../../errors.ts';
import { assertTrusted, eventOptions, type WriteContext } from '../../run/context.ts';
import { noteDeletions } from '../guard.ts';
import type { PassState } from '../resource.ts';
import { noteChanges } from '../transitions.ts';

/** What one call deletes, in one or several transactions, counts as missing, and finds again. */
export interface DeleteBatch extends Pick<Removal, 'ids' | 'missing' | 'found'> {
  /** How the checkpoint says, once the whole batch is done, what is left to do. */
  readonly after: Partial<Pick<Checkpoint, 'sweptTo' | 'tombstones'>>;
}

/** What became of the deletions. */
export interface Deleted {
  readonly checkpoint: Checkpoint;
  readonly deleted: number;
  /** Deletions that the database refuses: in quarantine with the reason, and tried again at the end of the next pass. */
  readonly refused: number;
}

/** So many records are deleted by one call: as many as a batch of a page has at most. The target makes several transactions of it. */
export const deletesPerBatch = 4000;

/** So many records are written together at the end of a pass. */
export const idsPerBatch = 1000;

/** Deletes batch by batch, for snapshots and for tombstones: each transaction has its events and a checkpoint. */
export async function deleteMissing(
  state: PassState,
  live: number,
  batches: AsyncIterable<DeleteBatch>,
  run: WriteContext,
): Promise<Deleted> {
  const deleting = new Deleting(state, live, run);
  for await (const batch of batches) await deleting.delete(batch);
  return deleting.result();
}

class Deleting {
  readonly #state: PassState;
  readonly #live: number;
  readonly #run: WriteContext;
  #checkpoint: Checkpoint;
  #deleted = 0;
  #refused = 0;

  constructor(state: PassState, live: number, run: WriteContext) {
    this.#state = state;
    this.#live = live;
    this.#run = run;
    this.#checkpoint = state.checkpoint;
  }

  result(): Deleted {
    return { checkpoint: this.#checkpoint, deleted: this.#deleted, refused: this.#refused };
  }

  /** Repeats the batch until the system holds none of its rows locked. What is deleted by then is skipped and counts once. */
  async delete(batch: DeleteBatch): Promise<void> {
    const until = performance.now() + this.#run.timings.targetBusyMs;
    for (;;) {
      const busy = await this.#tryOnce(batch);
      if (busy === 0) return;
      if (performance.now() > until) {
        throw new UnreachableError(
          `the system has kept ${busy} rows locked that are to be deleted; what was deleted stays deleted, and the next run continues`,
        );
      }
      await sleep(100, undefined, { signal: this.#run.signal });
    }
  }

  /** How many rows the system holds locked. The checkpoint moves only after the commit: a transaction may be repeated. */
  async #tryOnce({ after, ...batch }: DeleteBatch): Promise<number> {
    const { target, signal, events, now, committed } = this.#run;
    const { table, guard } = this.#state.resource;
    const [before, live] = [this.#checkpoint, this.#live - this.#deleted];
    let candidate = before;
    const checkpoint = (deleted: number, isWhole: boolean) => {
      const deletions = noteDeletions(before.deletions, { at: now(), live, deleted }, guard.windowMs);
      const totals = sumCounts(before.totals ?? noChanges, { ...noChanges, deleted });
      candidate = noteChanges({ ...before, ...(isWhole && after), deletions }, totals, now());
      return { checkpoint: candidate };
    };
    assertTrusted(this.#run);
    const removed = await target.remove({ ...batch, table, events: eventOptions(before, events), checkpoint }, signal);
    this.#checkpoint = candidate;
    this.#deleted += removed.counts.deleted;
    this.#refused += removed.refused.length;
    await committed(table.resource, removed.counts);
    return removed.busy.length;
  }
}

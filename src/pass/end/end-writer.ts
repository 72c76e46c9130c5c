import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch } from '../../batch.ts';
import { type ChangeCounts, noChanges, sumCounts } from '../../change.ts';
import type { Checkpoint, PassProgress } from '../../checkpoint.ts';
import { crashPoint } from '../../crash.ts';
import { UnreachableError } from '../../errors.ts';
import type { Prepared } from '../../record.ts';
import { assertTrusted, eventOptions, type WriteContext } from '../../run/context.ts';
import type { HeldSet } from '../held-set.ts';
import type { PassState } from '../resource.ts';
import { noteChanges } from '../transitions.ts';

/** What one call writes. */
export interface EndBatch {
  readonly records: readonly Prepared[];
  readonly plan: Batch['plan'];
  /** What is left to do once the batch is written, as the checkpoint has it: a run that is killed continues from there. */
  readonly rest: HeldSet;
}

/** Writes what a pass has kept until its end: each transaction has its events and names the rest. */
export class EndWriter {
  readonly #state: PassState;
  readonly #run: WriteContext;
  /** Where the checkpoint counts what the database refuses. */
  readonly #counter: keyof Pick<PassProgress, 'refusedEmptied' | 'refusedUpdates'>;
  #refused: number;
  #changed: ChangeCounts;

  constructor(state: PassState, run: WriteContext, counter: 'refusedEmptied' | 'refusedUpdates') {
    this.#state = state;
    this.#run = run;
    this.#counter = counter;
    this.#refused = state.checkpoint.progress[counter] ?? 0;
    this.#changed = state.checkpoint.totals ?? noChanges;
  }

  get refused(): number {
    return this.#refused;
  }

  get checkpoint(): Checkpoint {
    return this.#checkpoint();
  }

  /** Repeats the batch until the system holds none of its rows locked. */
  async write({ records, plan, rest }: EndBatch): Promise<void> {
    const until = performance.now() + this.#run.timings.targetBusyMs;
    for (let left = records; ; ) {
      const busy = new Set(await this.#commit(left, plan, rest));
      left = left.filter(({ key }) => busy.has(key));
      if (left.length === 0) return;
      if (performance.now() > until) throw stillLocked(left.length);
      await sleep(100, undefined, { signal: this.#run.signal });
    }
  }

  async #commit(records: readonly Prepared[], plan: Batch['plan'], rest: HeldSet): Promise<readonly string[]> {
    const { target, signal, events, committed: noteCommit } = this.#run;
    const { checkpoint, resource } = this.#state;
    assertTrusted(this.#run);
    const committed = await target.commit(
      {
        table: resource.table,
        records,
        plan,
        rejected: [],
        pass: checkpoint.pass,
        events: eventOptions(checkpoint, events),
        checkpoint: (_ids, counts, refused) => ({
          checkpoint: this.#checkpoint(refused, counts),
          held: rest.serialize(),
        }),
      },
      signal,
    );
    crashPoint('committed');
    this.#refused += committed.refused.length;
    this.#changed = sumCounts(this.#changed, committed.counts);
    await noteCommit(resource.table.resource, committed.counts);
    return committed.busy;
  }

  /** A run that is killed must still know that the database has refused something. */
  #checkpoint(refused = 0, counts = noChanges): Checkpoint {
    const { checkpoint } = this.#state;
    const progress = { ...checkpoint.progress, [this.#counter]: this.#refused + refused };
    return noteChanges({ ...checkpoint, progress }, sumCounts(this.#changed, counts), this.#run.now());
  }
}

function stillLocked(count: number): UnreachableError {
  return new UnreachableError(
    `the system has kept ${count} rows locked that are to be written at the end of the pass; what was written stays, and the next run continues`,
  );
}

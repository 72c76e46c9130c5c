import type { Batch, Committed, Removal } from '../../batch.ts';
import { IntegrityError } from '../../errors.ts';
import type { FirstLoads } from '../sql/first-loads.ts';
import { commitBatch, type PartCommitted } from './commit.ts';
import type { RunFence, Writing } from './fence/run-fence.ts';
import { idleMs, type Pace, Paces } from './pace.ts';
import { commitInParts, removeInParts } from './parts.ts';
import { type PartRemoved, type RemovalPart, removeBatch } from './remove.ts';
import type { Shapes } from './shape/shapes.ts';

export interface BatchesOptions {
  readonly fence: RunFence;
  readonly firstLoads: FirstLoads;
  readonly shapes: Shapes;
}

/** Writes batches and removals in transactions of about the same length, however fast the rows of each table are. */
export class Batches {
  readonly #fence: RunFence;
  readonly #firstLoads: FirstLoads;
  readonly #shapes: Shapes;
  readonly #commitPaces = new Paces();
  readonly #removePaces = new Paces();

  constructor({ fence, firstLoads, shapes }: BatchesOptions) {
    this.#fence = fence;
    this.#firstLoads = firstLoads;
    this.#shapes = shapes;
  }

  commit(batch: Batch, signal: AbortSignal): Promise<Committed> {
    const { resource } = batch.table;
    const pace = this.#commitPaces.of(resource);
    return commitInParts(batch, pace, (part) =>
      this.#firstLoads.commit(resource, (isFirstLoad) => this.#commitPart(part, { pace, isFirstLoad, signal })),
    );
  }

  remove(removal: Removal, signal: AbortSignal): Promise<Committed> {
    const pace = this.#removePaces.of(removal.table.resource);
    return removeInParts(removal, pace, (part) => this.#removePart(removal, part, { pace, signal }));
  }

  #commitPart(
    batch: Batch,
    { pace, isFirstLoad, signal }: { readonly pace: Pace; readonly isFirstLoad: boolean; readonly signal: AbortSignal },
  ): Promise<PartCommitted> {
    const write = async (writing: Writing): Promise<PartCommitted> => {
      const shape = await this.#shapes.of(writing.session, batch.table);
      if (shape) return commitBatch(writing, batch, { shape, isFirstLoad });
      throw new IntegrityError(`the table of ${batch.table.resource} has lost its key; nothing was written`);
    };
    return this.#measured(pace, batch.records.length, write, signal);
  }

  #removePart(
    removal: Removal,
    part: RemovalPart,
    { pace, signal }: { readonly pace: Pace; readonly signal: AbortSignal },
  ): Promise<PartRemoved> {
    const write = async (writing: Writing): Promise<PartRemoved> =>
      removeBatch(writing, removal, await this.#shapes.of(writing.session, removal.table), part);
    return this.#measured(pace, part.ids.length, write, signal);
  }

  /**
   * Runs one transaction, and learns how long its rows took. The wait for the fence row does not count, nor does what a statement
   * takes on this host if it has nothing to do.
   */
  async #measured<Part extends PartCommitted | PartRemoved>(
    pace: Pace,
    rows: number,
    write: (writing: Writing) => Promise<Part>,
    signal: AbortSignal,
  ): Promise<Part> {
    let startedAt = performance.now();
    let othersMs = 0;
    const part = await this.#fence.giveOut(async (writing) => {
      startedAt = performance.now();
      const written = await write(writing);
      othersMs = idleMs(writing.session.waits());
      return written;
    }, signal);
    pace.learn(rows - part.left.length, performance.now() - startedAt, othersMs);
    return part;
  }
}

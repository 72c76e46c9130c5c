import type { Comparison } from '../../batch.ts';
import type { RecordBatch } from '../../record.ts';
import { beside } from '../../turns.ts';

/** A batch, and what was known of its records when the batch before it began to be written. */
export interface ComparedBatch {
  readonly read: RecordBatch;
  /** Null where batches are not compared ahead. */
  readonly compared: Comparison | null;
}

export interface AheadOptions {
  /** Null: a batch can be compared only when the one before it is written. */
  readonly compare: ((batch: RecordBatch) => Promise<Comparison>) | null;
  /** Ends the reading at once. */
  readonly stop: () => void;
}

/**
 * Reads a page ahead of its writer: while a batch is written, the next one is compared, and the one after that is read. No more
 * than these three are in memory.
 */
export class BatchesAhead implements AsyncIterable<ComparedBatch> {
  readonly #batches: AsyncGenerator<RecordBatch>;
  readonly #compare: AheadOptions['compare'];
  readonly #stop: () => void;
  #reading: Promise<IteratorResult<RecordBatch>>;
  #comparing: Promise<ComparedBatch | null>;

  constructor(batches: AsyncGenerator<RecordBatch>, { compare, stop }: AheadOptions) {
    this.#batches = batches;
    this.#compare = compare;
    this.#stop = stop;
    this.#reading = beside(batches.next());
    this.#comparing = beside(this.#compareNext());
  }

  /** A failure is thrown in its turn, once everything before it is written. */
  async *[Symbol.asyncIterator](): AsyncGenerator<ComparedBatch> {
    for (;;) {
      const next = await this.#comparing;
      if (next === null) return;
      this.#comparing = beside(this.#compareNext());
      yield next;
    }
  }

  /** Ends what is under way. What goes wrong with it no longer matters: the page is over, or has failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await Promise.allSettled([this.#comparing, this.#reading, this.#batches.return(undefined)]);
  }

  async #compareNext(): Promise<ComparedBatch | null> {
    const { done, value: read } = await this.#reading;
    if (done) return null;
    this.#reading = beside(this.#batches.next());
    return { read, compared: this.#compare && (await this.#compare(read)) };
  }
}

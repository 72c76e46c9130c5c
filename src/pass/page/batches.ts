import type { Page } from '../../adapter.ts';
import { isRejected, type Prepare, type Prepared, type RecordBatch, type Rejected } from '../../record.ts';
import { Turns } from '../../turns.ts';

type Records = Exclude<Page, { mode: 'not-modified' }>['records'];

/** A batch is full once its texts have this many characters: memory holds three batches at a time. */
const mostChars = 1_000_000;

/** How the records of a page become batches. */
export interface Batching {
  readonly prepare: Prepare;
  readonly size: () => number;
  /** Which of several records with one key counts. */
  readonly counts: 'first' | 'last';
}

/**
 * Maps, validates and hashes a page's records, in batches of `size()` records, or fewer if they are large. There is always
 * a last batch, which may be empty. Each batch is yielded only once another record is read, so that the last one is known.
 */
export async function* batchesOf(records: Records, { prepare, size, counts }: Batching): AsyncGenerator<RecordBatch> {
  let ready: RecordBatch | undefined;
  let filling = new Filling(counts);
  const turns = new Turns();
  for await (const record of records) {
    if (ready) yield ready;
    ready = undefined;
    filling.add(prepare(record));
    if (filling.isFull(size())) {
      ready = filling.batch();
      filling = new Filling(counts);
    }
    if (turns.isOver) await turns.giveWay();
  }
  yield { ...(ready ?? filling.batch()), isLast: true };
}

/** A batch that is being read. */
class Filling {
  readonly #counts: Batching['counts'];
  raw = 0;
  readonly #byKey = new Map<string, Prepared>();
  readonly #rejected: Rejected[] = [];
  #chars = 0;

  constructor(counts: Batching['counts']) {
    this.#counts = counts;
  }

  add(record: Prepared | Rejected): void {
    this.raw += 1;
    if (isRejected(record)) {
      this.#rejected.push(record);
      return;
    }
    if (this.#counts === 'first' && this.#byKey.has(record.key)) return;
    this.#byKey.set(record.key, record);
    for (const value of record.values) if (typeof value === 'string') this.#chars += value.length;
  }

  isFull(size: number): boolean {
    return this.raw >= size || this.#chars >= mostChars;
  }

  batch(): RecordBatch {
    const duplicates = this.raw - this.#rejected.length - this.#byKey.size;
    return {
      records: [...this.#byKey.values()],
      rejected: this.#rejected,
      raw: this.raw,
      duplicates,
      isLast: false,
    };
  }
}

/** Of records that are written. More cost memory and are not faster. */
const mostWritten = 2000;

/** Of records that did not change: there is no transaction for which more of them are worth it. Fewer die before they are moved. */
const mostUnchanged = 1000;

/**
 * How many records make a batch. The size adapts so that a batch takes about `batchMs`. The run yields to the event loop between
 * batches: otherwise the lock could not be renewed.
 */
export class BatchSize {
  #size = mostUnchanged;
  readonly #batchMs: number;

  constructor(batchMs: number) {
    this.#batchMs = batchMs;
  }

  get value(): number {
    return this.#size;
  }

  /** Adapts to how long a batch of this many records took, and to whether any of them were written. */
  learn(records: number, tookMs: number, written = records): void {
    if (records < this.#size / 2) return;
    const most = written > 0 ? mostWritten : mostUnchanged;
    const fitting = (records * this.#batchMs) / Math.max(tookMs, 0.1);
    this.#size = Math.round(Math.min(most, Math.max(200, (this.#size + fitting) / 2)));
  }
}

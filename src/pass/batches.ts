import type { Page } from '../adapter.ts';
import { isRejected, type Prepare, type Prepared, type RecordBatch, type Rejected } from '../record.ts';

type Records = Exclude<Page, { mode: 'not-modified' }>['records'];

/** The texts of a batch are so many characters at the most, but for its last record. Another batch is read meanwhile. */
const mostChars = 4_000_000;

/**
 * Maps, validates and hashes a page's records, in batches of `size()`, or fewer where they are large. There is always a last
 * batch, which may be empty. The next batch is read before the one before it is given out, so that the last is known as such.
 */
export async function* batchesOf(records: Records, prepare: Prepare, size: () => number): AsyncGenerator<RecordBatch> {
  let ready: RecordBatch | undefined;
  let filling = new Filling();
  for await (const record of records) {
    filling.add(prepare(record));
    if (!filling.isFull(size())) continue;
    if (ready) yield ready;
    ready = filling.batch();
    filling = new Filling();
  }
  if (ready && filling.raw > 0) yield ready;
  yield { ...(filling.raw > 0 || !ready ? filling.batch() : ready), isLast: true };
}

/** A batch that is being read. */
class Filling {
  raw = 0;
  readonly #byKey = new Map<string, Prepared>();
  readonly #rejected: Rejected[] = [];
  #chars = 0;

  add(record: Prepared | Rejected): void {
    this.raw += 1;
    if (isRejected(record)) {
      this.#rejected.push(record);
      return;
    }
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

/**
 * How many records make a batch: adapts so that one takes about `batchMs`, between 200 and 4000 (more are no faster, and
 * cost memory). Work yields to the event loop between batches, or it would starve the renewal of its own lock.
 */
export class BatchSize {
  #size = 2000;
  readonly #batchMs: number;

  constructor(batchMs: number) {
    this.#batchMs = batchMs;
  }

  get value(): number {
    return this.#size;
  }

  /** Learns from how long a batch of so many records took. */
  learn(records: number, tookMs: number): void {
    if (records < this.#size / 2) return;
    const fitting = (records * this.#batchMs) / Math.max(tookMs, 0.1);
    this.#size = Math.round(Math.min(4000, Math.max(200, (this.#size + fitting) / 2)));
  }
}

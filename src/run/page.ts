import type { Page } from '../adapter.ts';
import { isRejected, type Prepare, type Prepared, type RawRecord, type Rejected } from '../record.ts';

/** Some records of a page, in the system's shape. */
export interface RecordBatch {
  /** Each key once: of two records with one key the later counts. */
  readonly records: readonly Prepared[];
  readonly rejected: readonly Rejected[];
  /** Raw records that went in, and how many of them a later one with the same key replaced. */
  readonly raw: number;
  readonly duplicates: number;
  /** No batch of this page comes after it: what follows the page is known. */
  readonly isLast: boolean;
}

type Records = Exclude<Page, { mode: 'not-modified' }>['records'];

/**
 * Maps, validates and hashes a page's records, in batches of `size()`. There is always a last batch, which may be empty.
 * The next batch is read before the one before it is given out, so that the last is known as such.
 */
export async function* batchesOf(records: Records, prepare: Prepare, size: () => number): AsyncGenerator<RecordBatch> {
  let ready: RecordBatch | undefined;
  let raw: RawRecord[] = [];
  for await (const record of records) {
    raw.push(record);
    if (raw.length < size()) continue;
    if (ready) yield ready;
    ready = batchOf(raw, prepare);
    raw = [];
  }
  if (ready && raw.length > 0) yield ready;
  yield { ...(raw.length > 0 || !ready ? batchOf(raw, prepare) : ready), isLast: true };
}

function batchOf(raw: readonly RawRecord[], prepare: Prepare): RecordBatch {
  const byKey = new Map<string, Prepared>();
  const rejected: Rejected[] = [];
  for (const record of raw) {
    const prepared = prepare(record);
    if (isRejected(prepared)) rejected.push(prepared);
    else byKey.set(prepared.key, prepared);
  }
  const duplicates = raw.length - rejected.length - byKey.size;
  return { records: [...byKey.values()], rejected, raw: raw.length, duplicates, isLast: false };
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

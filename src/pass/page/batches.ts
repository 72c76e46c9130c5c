import type { Page, RecognisableChunk, RecordChunk, SnapshotPage } from '../../adapter.ts';
import type { KnownChunk, ReadChunk } from '../../chunk.ts';
import {
  isRejected,
  type Prepare,
  type Prepared,
  type RawRecord,
  type RecordBatch,
  type Rejected,
} from '../../record.ts';
import { Turns } from '../../turns.ts';

type Paged = Pick<Exclude<Page, { mode: 'not-modified' }>, 'records'> & Pick<SnapshotPage, 'chunks'>;

/** A batch is full once its texts have this many characters: memory holds three batches at a time. */
const mostChars = 1_000_000;

/** How the records of a page become batches. */
export interface Batching {
  readonly prepare: Prepare;
  readonly size: () => number;
  /** Which of several records with one key counts. */
  readonly counts: 'first' | 'last';
  /** What is known of the page's chunks; absent where each record is read. */
  readonly known?: KnownChunks | undefined;
}

/** What is known of chunks. */
export interface KnownChunks {
  find(digest: string): KnownChunk | undefined;
  /** Called in place of reading the records of a chunk. */
  passOver(known: KnownChunk, chunk: RecognisableChunk): void;
}

/**
 * Maps, validates and hashes a page's records, in batches of `size()` records, or fewer if they are large. There is always
 * a last batch, which may be empty. Each batch is yielded only once another record is read, so that the last one is known.
 *
 * A chunk that is known is passed over. Only where a few records wait for the rest of their batch, it is read like any other: a
 * batch has its chunks that are passed over before its records.
 */
export async function* batchesOf(page: Paged, batching: Batching): AsyncGenerator<RecordBatch> {
  const reading = new Reading(batching);
  const turns = new Turns();
  for await (const chunk of page.chunks ?? [{ digest: null, records: page.records }]) {
    const known = reading.known(chunk);
    if (known && chunk.digest !== null) {
      batching.known?.passOver(known, chunk);
      const full = reading.passOver(known);
      if (full) yield full;
      continue;
    }
    reading.begin(chunk);
    if (Symbol.iterator in chunk.records) {
      for (const record of chunk.records) {
        const full = reading.add(record);
        if (full) yield full;
        if (turns.isOver) await turns.giveWay();
      }
      continue;
    }
    for await (const record of chunk.records) {
      const full = reading.add(record);
      if (full) yield full;
      if (turns.isOver) await turns.giveWay();
    }
  }
  yield reading.last();
}

/** A page while it is read: the batch that is being filled, and the one that is full. */
class Reading {
  readonly #batching: Batching;
  #filling: Filling;
  #full: RecordBatch | undefined;
  /** The chunk that is being read, if it can be recognised. */
  #chunk: { readonly digest: string; count: number } | null = null;

  constructor(batching: Batching) {
    this.#batching = batching;
    this.#filling = new Filling(batching.counts);
  }

  /** What is known of a chunk that is to be passed over; undefined: it is to be read. */
  known(chunk: Pick<RecordChunk, 'digest'>): KnownChunk | undefined {
    const { known, size } = this.#batching;
    const { own } = this.#filling;
    if (!known || chunk.digest === null || (own > 0 && own < size() / 4)) return undefined;
    return known.find(chunk.digest);
  }

  /** Returns a batch that is full by then. */
  passOver(known: KnownChunk): RecordBatch | undefined {
    this.#chunk = null;
    if (this.#filling.own > 0) this.#close();
    const full = this.#takeFull();
    this.#filling.passOver(known);
    if (this.#filling.isFull(this.#batching.size())) this.#close();
    return full;
  }

  /** The records that follow are those of a chunk. */
  begin(chunk: Pick<RecordChunk, 'digest'>): void {
    const digest = this.#batching.known ? chunk.digest : null;
    this.#chunk = digest === null ? null : { digest, count: 0 };
    if (this.#chunk) this.#filling.begin(this.#chunk);
  }

  /** Returns a batch that was full before. */
  add(record: RawRecord): RecordBatch | undefined {
    const full = this.#takeFull();
    if (this.#chunk) this.#chunk.count += 1;
    this.#filling.add(this.#batching.prepare(record));
    if (this.#filling.isFull(this.#batching.size())) this.#close();
    return full;
  }

  last(): RecordBatch {
    return { ...(this.#takeFull() ?? this.#filling.batch()), isLast: true };
  }

  #takeFull(): RecordBatch | undefined {
    const full = this.#full;
    this.#full = undefined;
    return full;
  }

  #close(): void {
    this.#full = this.#filling.batch();
    this.#filling = new Filling(this.#batching.counts);
    if (this.#chunk) this.#filling.begin(this.#chunk);
  }
}

/** A batch that is being read. */
class Filling {
  readonly #counts: Batching['counts'];
  readonly #byKey = new Map<string, Prepared>();
  readonly #rejected: Rejected[] = [];
  readonly #known: KnownChunk[] = [];
  readonly #read: { readonly chunk: ReadChunk; readonly from: number }[] = [];
  #passedOver = 0;
  #chars = 0;
  /** How many records were read into it. */
  own = 0;

  constructor(counts: Batching['counts']) {
    this.#counts = counts;
  }

  passOver(known: KnownChunk): void {
    this.#known.push(known);
    this.#passedOver += known.ids.count;
  }

  begin(chunk: ReadChunk): void {
    this.#read.push({ chunk, from: this.#byKey.size });
  }

  add(record: Prepared | Rejected): void {
    this.own += 1;
    if (isRejected(record)) {
      this.#rejected.push(record);
      return;
    }
    if (this.#counts === 'first' && this.#byKey.has(record.key)) return;
    this.#byKey.set(record.key, record);
    for (const value of record.values) if (typeof value === 'string') this.#chars += value.length;
  }

  isFull(size: number): boolean {
    return this.own + this.#passedOver >= size || this.#chars >= mostChars;
  }

  batch(): RecordBatch {
    const [known, read] = [this.#known, this.#read];
    return {
      records: [...this.#byKey.values()],
      rejected: this.#rejected,
      raw: this.own + this.#passedOver,
      duplicates: this.own - this.#rejected.length - this.#byKey.size,
      isLast: false,
      ...(known.length + read.length > 0 && { chunks: { known, read } }),
    };
  }
}

/** Of records that are written. More cost memory and are not faster. */
const mostWritten = 2000;

/** Of records that did not change: no transaction gains from more of them, and fewer die before V8 moves them. */
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

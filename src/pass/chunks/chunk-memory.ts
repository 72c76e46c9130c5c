import { hash } from 'node:crypto';
import { type BatchChunks, IdRuns, type KnownChunk, type ReadChunk } from '../../chunk.ts';
import type { Prepared } from '../../record.ts';
import { restoreChunks, serializeChunks } from './chunk-bytes.ts';

/** How the chunks of a resource are remembered. */
export interface Remembering {
  /** Names what a record depends on beside the bytes that it was read from. */
  readonly meaning: string;
  /** A pass with fewer records is not remembered: to read what is known of its chunks takes as long as to compare the records. */
  readonly leastRecords: number;
}

/** No more runs of ids are kept: in memory they take some 16 MB. */
const mostRuns = 1_000_000;

/** Which chunks the last pass has found in our rows as they are, and which ones this pass finds. */
export class ChunkMemory {
  readonly #remembering: Remembering;
  /** The name of what is stored; null: nothing is. */
  #stored: string | null;
  #known: ReadonlyMap<string, KnownChunk> | null = null;
  readonly #found = new Map<string, KnownChunk>();
  readonly #reading = new Map<ReadChunk, Reading>();
  /** What belongs to the page that is being read. */
  #ofPage: KnownChunk[] = [];
  #runs = 0;

  /** `stored`: the name that the checkpoint has. */
  constructor(remembering: Remembering, stored: string | null) {
    this.#remembering = remembering;
    this.#stored = stored;
  }

  /** Reads what is stored, once. It counts only if it has the very name. */
  async open(read: () => Promise<Uint8Array | null>): Promise<void> {
    if (this.#known !== null) return;
    const bytes = this.#stored === null ? null : await read();
    const isMeant = bytes !== null && this.#nameOf(bytes) === this.#stored;
    if (!isMeant) this.#stored = null;
    this.#known = new Map(isMeant ? restoreChunks(bytes).map((chunk) => [chunk.digest, chunk]) : []);
  }

  /** What is known of the chunk with this digest. */
  find(digest: string): KnownChunk | undefined {
    return this.#known?.get(digest);
  }

  /** Notes a chunk that was not read: it stays known. */
  keep(chunk: KnownChunk): void {
    this.#ofPage.push(chunk);
  }

  /** Notes the records of a batch. Of each: the id of the row that has its values; null where there is none, or it counts elsewhere. */
  note(read: BatchChunks['read'], records: readonly Prepared[], ids: readonly (number | null)[]): void {
    for (const [n, { chunk, from }] of read.entries()) {
      const reading = this.#reading.get(chunk) ?? new Reading();
      this.#reading.set(chunk, reading);
      const to = read[n + 1]?.from ?? records.length;
      for (let at = from; at < to; at += 1) reading.add(ids[at] ?? null, records[at]);
    }
  }

  /** The page is committed. `content` is its digest. */
  endPage(content: string | null): void {
    for (const [chunk, { ids, kept }] of this.#reading)
      if (ids.count === chunk.count) this.#ofPage.push({ digest: chunk.digest, ids, kept, content: null });
    const isWhole = this.#reading.size <= 1 && this.#ofPage.length === 1;
    for (const chunk of this.#ofPage)
      this.#add(isWhole && content !== null && content !== chunk.content ? { ...chunk, content } : chunk);
    this.#ofPage = [];
    this.#reading.clear();
  }

  /** What is to be stored with the checkpoint of a pass that is over. The bytes are absent where they are stored already. */
  toStore(): { readonly name: string | null; readonly bytes?: Uint8Array | null } {
    const chunks = [...this.#found.values()];
    const isSame = chunks.length === this.#known?.size && chunks.every((chunk) => this.find(chunk.digest) === chunk);
    if (isSame && this.#stored !== null) return { name: this.#stored };
    const records = chunks.reduce((sum, { ids }) => sum + ids.count, 0);
    if (records < this.#remembering.leastRecords) return { name: null, bytes: null };
    const bytes = serializeChunks(chunks);
    return { name: this.#nameOf(bytes), bytes };
  }

  #nameOf(bytes: Uint8Array): string {
    const { meaning } = this.#remembering;
    return hash('sha256', Buffer.concat([Buffer.from(`${meaning}\n`), bytes]), 'base64url').slice(0, 22);
  }

  #add(chunk: KnownChunk): void {
    this.#runs += chunk.ids.runs.length / 2;
    if (this.#runs <= mostRuns && !this.#found.has(chunk.digest)) this.#found.set(chunk.digest, chunk);
  }
}

/** A chunk while its records are noted. */
class Reading {
  readonly ids = new IdRuns();
  readonly kept: number[] = [];

  add(id: number | null, record: Prepared | undefined): void {
    if (id === null || record === undefined) return;
    this.ids.add(id);
    const { values } = record;
    for (let at = 0; at < values.length; at += 1) this.kept[at] = (this.kept[at] ?? 0) + (values[at] === null ? 0 : 1);
  }
}

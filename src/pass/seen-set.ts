import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

const idsPerChunk = 65_536;
const bytesPerChunk = idsPerChunk / 8;

/** Ids of records, such as those that a pass has seen. Each takes a bit, so that ten million take about a megabyte. */
export class SeenSet {
  #chunks = new Map<number, Uint8Array>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(id: number): void {
    const chunk = this.#chunkOf(id);
    const at = id % idsPerChunk;
    const bit = 1 << (at & 7);
    const byte = chunk[at >> 3] ?? 0;
    if (byte & bit) return;
    chunk[at >> 3] = byte | bit;
    this.#count += 1;
  }

  addAll(ids: readonly number[]): void {
    for (const id of ids) this.add(id);
  }

  /** A copy that has seen these ids as well. A transaction that is repeated starts from the original again. */
  with(ids: readonly number[]): SeenSet {
    const copy = new SeenSet();
    for (const [number, chunk] of this.#chunks) copy.#chunks.set(number, chunk.slice());
    copy.#count = this.#count;
    copy.addAll(ids);
    return copy;
  }

  /** Removes ids that the pass has seen and that are gone since. */
  removeAll(ids: readonly number[]): void {
    for (const id of ids) {
      if (!this.has(id)) continue;
      const at = id % idsPerChunk;
      const chunk = this.#chunkOf(id);
      chunk[at >> 3] = (chunk[at >> 3] ?? 0) & ~(1 << (at & 7));
      this.#count -= 1;
    }
  }

  has(id: number): boolean {
    const at = id % idsPerChunk;
    const byte = this.#chunks.get(Math.floor(id / idsPerChunk))?.[at >> 3] ?? 0;
    return (byte & (1 << (at & 7))) !== 0;
  }

  /** The ids that are in both sets. */
  and(other: SeenSet): SeenSet {
    const both = new SeenSet();
    both.addAll([...this].filter((id) => other.has(id)));
    return both;
  }

  /** The ids that are not in the other set. */
  without(other: SeenSet): SeenSet {
    const rest = new SeenSet();
    rest.addAll([...this].filter((id) => !other.has(id)));
    return rest;
  }

  /** Names the ids, as 16 hexadecimal digits: the same ids in whatever order have the same digest. */
  get digest(): string {
    const digest = createHash('sha256');
    for (const number of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.#chunks.get(number);
      if (chunk?.some((byte) => byte !== 0)) digest.update(`${number}:`).update(chunk);
    }
    return digest.digest('hex').slice(0, 16);
  }

  /** The ids, in order. */
  *[Symbol.iterator](): Generator<number> {
    for (const number of [...this.#chunks.keys()].sort((a, b) => a - b)) {
      const chunk = this.#chunks.get(number) ?? [];
      for (const [at, byte] of chunk.entries()) {
        for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) yield number * idsPerChunk + at * 8 + bit;
      }
    }
  }

  /** Deflated chunks: 4 bytes for the number of the chunk (little-endian), and 8192 bytes of bits. */
  serialize(): Uint8Array {
    const bytes = new Uint8Array(this.#chunks.size * (4 + bytesPerChunk));
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const [number, chunk] of this.#chunks) {
      view.setUint32(at, number, true);
      bytes.set(chunk, at + 4);
      at += 4 + bytesPerChunk;
    }
    return deflateRawSync(bytes, { level: 1 });
  }

  static restore(serialized: Uint8Array | null): SeenSet {
    const seen = new SeenSet();
    if (serialized === null) return seen;
    const bytes = inflateRawSync(serialized);
    for (let at = 0; at < bytes.length; at += 4 + bytesPerChunk) {
      const chunk = new Uint8Array(bytes.subarray(at + 4, at + 4 + bytesPerChunk));
      seen.#chunks.set(bytes.readUInt32LE(at), chunk);
      seen.#count += chunk.reduce((count, byte) => count + bitsIn(byte), 0);
    }
    return seen;
  }

  #chunkOf(id: number): Uint8Array {
    const number = Math.floor(id / idsPerChunk);
    const known = this.#chunks.get(number);
    if (known) return known;
    const chunk = new Uint8Array(bytesPerChunk);
    this.#chunks.set(number, chunk);
    return chunk;
  }
}

function bitsIn(byte: number): number {
  let count = 0;
  for (let rest = byte; rest > 0; rest &= rest - 1) count += 1;
  return count;
}

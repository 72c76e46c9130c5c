import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { IdRuns, type KnownChunk } from '../../chunk.ts';

/**
 * Chunks as they are stored: deflated, one after the other. A text is its length and its bytes; a list is its length and its
 * numbers; a number has seven bits in each byte, the lowest first, and the eighth says that more follow. The first id of a run is
 * stored as its distance from the end of the run before, of which the lowest bit is the sign.
 */
export function serializeChunks(chunks: readonly KnownChunk[]): Uint8Array {
  const out = new Writer();
  for (const { digest, ids, kept, content } of chunks) {
    out.text(digest);
    out.text(content ?? '');
    out.number(kept.length);
    for (const count of kept) out.number(count);
    out.number(ids.runs.length / 2);
    let end = 0;
    for (let at = 0; at < ids.runs.length; at += 2) {
      const [first = 0, length = 0] = [ids.runs[at], ids.runs[at + 1]];
      out.number(first >= end ? (first - end) * 2 : (end - first) * 2 + 1);
      out.number(length);
      end = first + length;
    }
  }
  return deflateRawSync(out.bytes(), { level: 1 });
}

export function restoreChunks(stored: Uint8Array): KnownChunk[] {
  const chunks: KnownChunk[] = [];
  const from = new Reader(inflateRawSync(stored));
  while (!from.isAtEnd) {
    const digest = from.text();
    const content = from.text();
    const kept = Array.from({ length: from.number() }, () => from.number());
    const runs: number[] = [];
    let end = 0;
    for (let left = from.number(); left > 0; left -= 1) {
      const distance = from.number();
      const first = distance % 2 === 0 ? end + distance / 2 : end - (distance - 1) / 2;
      const length = from.number();
      runs.push(first, length);
      end = first + length;
    }
    chunks.push({ digest, ids: new IdRuns(runs), kept, content: content === '' ? null : content });
  }
  return chunks;
}

class Writer {
  readonly #bytes: number[] = [];

  number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }

  /** Of ASCII characters. */
  text(value: string): void {
    this.number(value.length);
    for (let at = 0; at < value.length; at += 1) this.#bytes.push(value.charCodeAt(at));
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  number(): number {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = this.#bytes[this.#at] ?? 0;
      this.#at += 1;
      value += (byte % 128) * unit;
      if (byte < 128) return value;
    }
  }

  text(): string {
    const length = this.number();
    this.#at += length;
    return this.#bytes.toString('latin1', this.#at - length, this.#at);
  }
}

import { ByteWriter } from './byte-writer.ts';

const newline = 0x0a;

/** Events, each a line of UTF-8: as they are compressed for the outbox, and as they are sent to Redis. No JSON text of ours has a newline. */
export class EventLines {
  static readonly none = new EventLines(Buffer.alloc(0), []);
  /** Every line ends with a newline. */
  readonly bytes: Buffer;
  /** Where each line ends, after its newline. */
  readonly #ends: readonly number[];

  /** `ends` has where each line ends in `bytes`. */
  constructor(bytes: Buffer, ends: readonly number[]) {
    this.bytes = bytes;
    this.#ends = ends;
  }

  static of(events: readonly string[]): EventLines {
    const writer = new LineWriter();
    for (const event of events) writer.add(event);
    return writer.lines();
  }

  /** Reads bytes whose last line ends with a newline. */
  static in(bytes: Buffer): EventLines {
    const ends: number[] = [];
    for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) ends.push(at + 1);
    return new EventLines(bytes, ends);
  }

  static join(parts: readonly EventLines[]): EventLines {
    const [only] = parts;
    if (only && parts.length === 1) return only;
    const ends: number[] = [];
    let before = 0;
    for (const part of parts) {
      for (const end of part.#ends) ends.push(before + end);
      before += part.bytes.length;
    }
    return new EventLines(Buffer.concat(parts.map(({ bytes }) => bytes)), ends);
  }

  get count(): number {
    return this.#ends.length;
  }

  /** The lines from `from` on, until before `to`. */
  slice(from: number, to = this.count): EventLines {
    if (from <= 0 && to >= this.count) return this;
    const first = Math.max(0, from);
    const start = this.#endBefore(first);
    const ends = this.#ends.slice(first, to).map((end) => end - start);
    return new EventLines(this.bytes.subarray(start, start + (ends.at(-1) ?? 0)), ends);
  }

  /** So many lines from `from` on, and no more than fit into `mostBytes`, but one in any case. */
  cut(from: number, most: number, mostBytes: number): EventLines {
    const start = this.#endBefore(from);
    let to = Math.min(from + most, this.count);
    while (to > from + 1 && (this.#ends[to - 1] ?? 0) - start > mostBytes) to -= 1;
    return this.slice(from, to);
  }

  texts(): string[] {
    return this.#ends.map((end, at) => this.bytes.toString('utf8', this.#endBefore(at), end - 1));
  }

  #endBefore(at: number): number {
    return at <= 0 ? 0 : (this.#ends[at - 1] ?? this.bytes.length);
  }
}

/** Events with consecutive numbers. */
export interface NumberedEvents {
  readonly firstSeq: number;
  readonly lines: EventLines;
}

/** Puts events together. */
export class LineWriter {
  readonly #writer: ByteWriter;
  readonly #ends: number[] = [];

  /** `capacity`: how many bytes are expected. */
  constructor(capacity = 4096) {
    this.#writer = new ByteWriter(capacity);
  }

  add(event: string): void {
    this.#writer.text(event);
    this.#writer.byte(newline);
    this.#ends.push(this.#writer.length);
  }

  lines(): EventLines {
    return new EventLines(this.#writer.bytes, this.#ends);
  }
}

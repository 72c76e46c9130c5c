import { hash } from 'node:crypto';
import type { RecognisableChunk } from '../../adapter.ts';
import type { RawRecord } from '../../record.ts';
import { LineCutter } from './line-cutter.ts';
import type { Bytes } from './source.ts';
import { broken, decode, largestRecord, parserFor } from './text.ts';

const newline = 0x0a;
const openObject = 0x7b;

/**
 * The records of newline-delimited JSON, in chunks that begin and end with the same lines in each pass. Blank lines are skipped.
 * Each record is parsed when it is asked for: what is not needed any more is garbage before the next one.
 */
export async function* ndjsonLines(
  bytes: Bytes,
  label: string,
  cutter: LineCutter = new LineCutter(),
): AsyncGenerator<RecognisableChunk> {
  let before = 0;
  for await (const chunk of bytes) {
    for (const piece of cutter.pieces(chunk)) {
      const lines = new LineChunk(piece, label, before);
      yield lines;
      before += lines.count;
    }
    if (cutter.openSize > largestRecord) throw broken(label, `in line ${before + 1}, which does not end`);
  }
  yield new LineChunk(cutter.rest(), label, before);
}

/** Some whole lines, without the line feed after the last. */
class LineChunk implements RecognisableChunk {
  readonly #bytes: Buffer;
  readonly #label: string;
  /** How many lines come before these. */
  readonly #before: number;
  #lines: Lines | undefined;
  #digest: string | undefined;

  constructor(bytes: Buffer, label: string, before: number) {
    this.#bytes = bytes;
    this.#label = label;
    this.#before = before;
  }

  /** Of 132 bits: nobody finds other lines with it. Made when it is first asked for. */
  get digest(): string {
    this.#digest ??= hash('sha256', this.#bytes, 'base64url').slice(0, 22);
    return this.#digest;
  }

  /** How many lines these are. Those that were not read are counted. */
  get count(): number {
    if (this.#lines?.isOver) return this.#lines.count - this.#before;
    let count = 1;
    for (let at = this.#bytes.indexOf(newline); at !== -1; at = this.#bytes.indexOf(newline, at + 1)) count += 1;
    return count;
  }

  get records(): Iterable<RawRecord> {
    this.#lines = this.#open();
    return this.#lines;
  }

  pick(positions: readonly number[]): RawRecord[] {
    const lines = this.#open();
    let at = 0;
    return positions.flatMap((position) => {
      while (at < position && lines.skip()) at += 1;
      const { done, value } = lines.next();
      at += 1;
      return done ? [] : [value];
    });
  }

  #open(): Lines {
    return new Lines(decode(this.#bytes, this.#label), this.#label, this.#before);
  }
}

/** Some whole lines, which are read once. */
class Lines implements IterableIterator<RawRecord> {
  readonly #text: string;
  readonly #label: string;
  readonly #parse: (line: string) => unknown;
  #at = 0;
  /** How many lines were read, with those before these. */
  count: number;

  constructor(text: string, label: string, before: number) {
    this.#text = text;
    this.#label = label;
    this.#parse = parserFor(text);
    this.count = before;
  }

  [Symbol.iterator]() {
    return this;
  }

  next(): IteratorResult<RawRecord, undefined> {
    const line = this.#nextRecord();
    if (line === undefined) return { done: true, value: undefined };
    try {
      return { done: false, value: this.#parse(line) };
    } catch (error) {
      throw broken(this.#label, `in line ${this.count}`, error);
    }
  }

  get isOver(): boolean {
    return this.#at > this.#text.length;
  }

  /** Passes over a record. Returns whether there was one. */
  skip(): boolean {
    return this.#nextRecord() !== undefined;
  }

  #nextRecord(): string | undefined {
    while (this.#at <= this.#text.length) {
      const line = this.#nextLine();
      if (line.charCodeAt(0) === openObject || line.trim() !== '') return line;
    }
    return undefined;
  }

  #nextLine(): string {
    const found = this.#text.indexOf('\n', this.#at);
    const end = found === -1 ? this.#text.length : found;
    const line = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    this.count += 1;
    return line;
  }
}

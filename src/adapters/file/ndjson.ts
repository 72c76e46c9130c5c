import type { RawRecord } from '../../record.ts';
import type { Bytes } from './source.ts';
import { broken, decode, largestRecord, parserFor } from './text.ts';

const newline = 0x0a;
const openObject = 0x7b;

/**
 * The records of newline-delimited JSON, in batches as they arrive. Blank lines are skipped. Each record is parsed when it is
 * asked for: what is not needed any more is garbage before the next one.
 */
export async function* ndjsonLines(bytes: Bytes, label: string): AsyncGenerator<Iterable<RawRecord>> {
  let open: Uint8Array[] = [];
  let openSize = 0;
  let lines = new Lines('', label, 0);

  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      open.push(chunk);
      openSize += chunk.length;
      if (openSize > largestRecord) throw broken(label, `in line ${lines.count + 1}, which does not end`);
      continue;
    }
    lines = new Lines(decode(Buffer.concat([...open, chunk.subarray(0, end)]), label), label, lines.count);
    yield lines;
    open = [chunk.subarray(end + 1)];
    openSize = chunk.length - end - 1;
  }
  yield new Lines(decode(Buffer.concat(open), label), label, lines.count);
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
    while (this.#at <= this.#text.length) {
      const line = this.#nextLine();
      if (line.charCodeAt(0) !== openObject && line.trim() === '') continue;
      try {
        return { done: false, value: this.#parse(line) };
      } catch (error) {
        throw broken(this.#label, `in line ${this.count}`, error);
      }
    }
    return { done: true, value: undefined };
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

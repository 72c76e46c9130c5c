/** Longer texts are encoded by the engine: up to here, the call takes longer than the characters. */
const mostByHand = 24;

/** V8 looks this method up at every character, where texts of many kinds come. */
const { charCodeAt } = String.prototype;

/** Puts bytes together. A text becomes UTF-8 at once, so that no text stays in memory until there are many. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** `capacity`: how many bytes are expected. */
  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Returns how many bytes the text has. */
  text(text: string): number {
    const { length } = text;
    // A character takes three bytes at most; a pair of surrogates, which is two characters, takes four.
    this.#makeRoom(length * 3);
    const size = length <= mostByHand && this.#ascii(text, length) ? length : this.#bytes.write(text, this.#length);
    this.#length += size;
    return size;
  }

  byte(byte: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  /** Leaves room for a number, and returns where: it may be known only after what follows it. */
  room(): number {
    this.#makeRoom(4);
    const at = this.#length;
    this.#length += 4;
    return at;
  }

  /** Writes a number of 32 bits, big end first, where there is room for it. */
  int32(at: number, value: number): void {
    const bytes = this.#bytes;
    bytes[at] = value >>> 24;
    bytes[at + 1] = (value >>> 16) & 255;
    bytes[at + 2] = (value >>> 8) & 255;
    bytes[at + 3] = value & 255;
  }

  /** Writes the characters as bytes; false, and nothing counts, where they are not all ASCII. */
  #ascii(text: string, length: number): boolean {
    const bytes = this.#bytes;
    const from = this.#length;
    for (let at = 0; at < length; at += 1) {
      const code = charCodeAt.call(text, at);
      if (code > 127) return false;
      bytes[from + at] = code;
    }
    return true;
  }

  #makeRoom(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

const newline = 0x0a;

/** How large pieces are, in bytes. */
export interface PieceSizes {
  /** No piece ends before. */
  readonly least: number;
  /** A piece ends with the first line after this, whatever the line is. */
  readonly most: number;
}

const usual: PieceSizes = { least: 32 * 1024, most: 256 * 1024 };

/** After the least size, one line in so many ends its piece. */
const linesPerCut = 64;

/** So many bytes of a line decide whether it ends its piece. */
const looked = 64;

/**
 * Cuts bytes into pieces of whole lines. Where a piece ends depends on its lines alone: a line that is inserted changes its own
 * piece, and at most some after it.
 */
export class LineCutter {
  readonly #sizes: PieceSizes;
  #open: Uint8Array[] = [];
  #openSize = 0;
  /** Up to here, the lines of what is open do not end it. */
  #looked = 0;

  constructor(sizes: PieceSizes = usual) {
    this.#sizes = sizes;
  }

  /** Bytes that are not part of a piece yet. */
  get openSize(): number {
    return this.#openSize;
  }

  /** The pieces that end in a chunk of bytes, without the line feed at the end of each. */
  *pieces(chunk: Uint8Array): Generator<Buffer> {
    this.#add(chunk);
    if (!chunk.includes(newline)) return;
    const bytes = Buffer.concat(this.#open);
    let start = 0;
    let from = this.#looked;
    for (;;) {
      const end = bytes.indexOf(newline, Math.max(from, start + this.#sizes.least));
      if (end === -1) break;
      from = end + 1;
      if (end - start < this.#sizes.most && !endsPiece(bytes, start, end)) continue;
      yield bytes.subarray(start, end);
      start = from;
    }
    this.#open = [];
    this.#openSize = 0;
    this.#looked = Math.max(from - start, 0);
    this.#add(bytes.subarray(start));
  }

  /** What comes after the last line that ended a piece. */
  rest(): Buffer {
    return Buffer.concat(this.#open);
  }

  #add(bytes: Uint8Array): void {
    this.#open.push(bytes);
    this.#openSize += bytes.length;
  }
}

/** Whether the line that ends here ends its piece as well: by a hash of bytes that are spread over it (FNV-1a, 32 bits). */
function endsPiece(bytes: Buffer, start: number, end: number): boolean {
  const from = Math.max(bytes.lastIndexOf(newline, end - 1) + 1, start);
  const step = Math.max(1, Math.floor((end - from) / looked));
  let hash = 0x811c9dc5;
  for (let at = end - 1; at >= from; at -= step) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  hash ^= hash >>> 16;
  return (Math.imul(hash, 0x85ebca6b) >>> 0) % linesPerCut === 0;
}

import { jsonByte } from './json-bytes.ts';

/** Finds where to cut the inside of a JSON array between its elements, wherever chunks begin and end. */
export interface ElementScanner {
  scan(chunk: Uint8Array, from: number): Cuts;
}

export interface Cuts {
  /** Where the array closes. */
  readonly end: number | undefined;
  /** The last comma between two elements. */
  readonly lastComma: number | undefined;
}

/** Understands only strings, escapes and nesting. The elements are parsed later. */
export function elementScanner(): ElementScanner {
  let depth = 0;
  let isString = false;
  let isEscaped = false;

  function scan(chunk: Uint8Array, from: number): Cuts {
    let lastComma: number | undefined;
    for (let at = from; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (isString) {
        if (isEscaped) isEscaped = false;
        else if (byte === jsonByte.backslash) isEscaped = true;
        else if (byte === jsonByte.quote) isString = false;
      } else if (byte === jsonByte.quote) {
        isString = true;
      } else if (byte === jsonByte.openObject || byte === jsonByte.openArray) {
        depth += 1;
      } else if (byte === jsonByte.closeObject || byte === jsonByte.closeArray) {
        if (depth === 0) return { end: at, lastComma };
        depth -= 1;
      } else if (byte === jsonByte.comma && depth === 0) {
        lastComma = at;
      }
    }
    return { end: undefined, lastComma };
  }

  return { scan };
}

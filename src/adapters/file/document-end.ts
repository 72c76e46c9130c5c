import { elementScanner } from './element-scanner.ts';
import { isSpace, jsonByte } from './json-bytes.ts';

/** Watches what comes after the array of records. A document is whole only if all its objects are closed. */
export interface DocumentEnd {
  /** False if something comes after the end of the document. */
  read(chunk: Uint8Array, from: number): boolean;
  isReached(): boolean;
}

/** The end of a document in which this many objects are open. */
export function documentEnd(objects: number): DocumentEnd {
  let open = objects;
  let scanner = elementScanner();

  function read(chunk: Uint8Array, from: number): boolean {
    let at = from;
    while (open > 0) {
      const { end } = scanner.scan(chunk, at);
      if (end === undefined) return true;
      if (chunk[end] !== jsonByte.closeObject) return false;
      open -= 1;
      scanner = elementScanner();
      at = end + 1;
    }
    return chunk.subarray(at).every(isSpace);
  }

  return { read, isReached: () => open === 0 };
}

import type { RawRecord } from '../../record.ts';
import { arrayFinder } from './array-finder.ts';
import { documentEnd } from './document-end.ts';
import { elementScanner } from './element-scanner.ts';
import { jsonByte } from './json-bytes.ts';
import type { Bytes } from './source.ts';
import { broken, decode, largestRecord, parserFor } from './text.ts';

/**
 * The elements of the array at a path of a JSON document, in batches as they arrive:
 *
 * 1. Before the array, walk the path.
 * 2. Inside the array, cut between elements, and parse all whole elements of a chunk at once.
 * 3. After the array, check that the document is closed.
 */
export async function* arrayElements(
  bytes: Bytes,
  path: readonly string[],
  label: string,
): AsyncGenerator<readonly RawRecord[]> {
  const finder = arrayFinder(path, label);
  const scanner = elementScanner();
  const behind = documentEnd(path.length);
  const elements = elementParser(label);
  let place: 'before' | 'inside' | 'behind' = 'before';

  for await (const chunk of bytes) {
    let at = 0;
    if (place === 'before') {
      const start = finder.find(chunk);
      if (start === undefined) continue;
      at = start;
      place = 'inside';
    }
    if (place === 'inside') {
      const { end, lastComma } = scanner.scan(chunk, at);
      if (end !== undefined && chunk[end] !== jsonByte.closeArray) throw elements.broken('with the wrong bracket');
      const batch = elements.parse(chunk.subarray(at), cutAt(end ?? lastComma, at), end !== undefined);
      if (batch.length > 0) yield batch;
      if (end === undefined) continue;
      at = end + 1;
      place = 'behind';
    }
    if (!behind.read(chunk, at)) throw elements.broken('behind the array');
  }
  if (place !== 'behind' || !behind.isReached()) throw elements.broken('without its closing bracket');
}

function cutAt(found: number | undefined, from: number): number | undefined {
  return found === undefined ? undefined : found - from;
}

/** Parses whole elements, and keeps the bytes of an element that is not whole yet. */
function elementParser(label: string) {
  let open: Uint8Array[] = [];
  let openSize = 0;
  let count = 0;
  let isFirst = true;

  function parse(chunk: Uint8Array, cut: number | undefined, isEnd: boolean): readonly RawRecord[] {
    if (cut === undefined) {
      open.push(chunk);
      openSize += chunk.length;
      if (openSize > largestRecord) throw failure('in a record that does not end');
      return [];
    }
    const batch = parsed(decode(Buffer.concat([...open, chunk.subarray(0, cut)]), label));
    // A comma stands only between two elements. Only an empty array has no element.
    if (batch.length === 0 && !(isFirst && isEnd)) throw failure('at a comma');
    isFirst = false;
    count += batch.length;
    open = [chunk.subarray(cut + 1)];
    openSize = chunk.length - cut - 1;
    return batch;
  }

  function parsed(text: string): readonly RawRecord[] {
    try {
      return parserFor(text)(`[${text}]`) as RawRecord[];
    } catch (error) {
      throw failure('in a record', error);
    }
  }

  function failure(where: string, cause?: unknown) {
    return broken(label, `${where}, after ${count} good records`, cause);
  }

  return { parse, broken: failure };
}

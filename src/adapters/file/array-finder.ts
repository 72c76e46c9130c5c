import { ProtocolError } from '../../errors.ts';
import { isSpace, jsonByte } from './json-bytes.ts';

/** Walks into a JSON document, byte by byte, to the array at a path. */
export interface ArrayFinder {
  /** Where the first element of the array begins in this chunk; undefined if it begins later. Throws if there is no array. */
  find(chunk: Uint8Array): number | undefined;
}

/** Finds the array at a path of member names, whatever comes before it. */
export function arrayFinder(path: readonly string[], label: string): ArrayFinder {
  let depth = 0;
  /** The depth of the innermost object that is on the path. */
  let home = 0;
  let matched = 0;
  /** Whether the next value is on the path or at its end. */
  let isWanted = true;
  let isKeyNext = false;
  let string: number[] | undefined;
  let isEscaped = false;
  let key = '';

  function find(chunk: Uint8Array): number | undefined {
    for (const [at, byte] of chunk.entries()) {
      if (string) inString(byte, string);
      else if (isWanted && !isSpace(byte)) {
        if (enters(byte)) return at + 1;
      } else outside(byte);
    }
    return undefined;
  }

  function inString(byte: number, bytes: number[]): void {
    const isKey = isKeyNext && depth === home;
    if (isKey) bytes.push(byte);
    if (isEscaped) isEscaped = false;
    else if (byte === jsonByte.backslash) isEscaped = true;
    else if (byte === jsonByte.quote) {
      if (isKey) key = keyOf(bytes);
      string = undefined;
    }
  }

  /** True if the array begins here. */
  function enters(byte: number): boolean {
    if (matched === path.length && byte === jsonByte.openArray) return true;
    if (matched === path.length || byte !== jsonByte.openObject) throw notThere(path.slice(0, matched), byte, label);
    isWanted = false;
    isKeyNext = true;
    depth += 1;
    home = depth;
    return false;
  }

  function outside(byte: number): void {
    if (byte === jsonByte.quote) string = [byte];
    else if (byte === jsonByte.openObject || byte === jsonByte.openArray) depth += 1;
    else if (byte === jsonByte.closeObject || byte === jsonByte.closeArray) closes();
    else if (depth === home && byte === jsonByte.comma) isKeyNext = true;
    else if (depth === home && byte === jsonByte.colon) names();
  }

  function closes(): void {
    if (depth === home) throw missing(path, label);
    depth -= 1;
  }

  function names(): void {
    isKeyNext = false;
    isWanted = key === path[matched];
    if (isWanted) matched += 1;
  }

  return { find };
}

function keyOf(bytes: readonly number[]): string {
  const text = Buffer.from(bytes).toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function missing(path: readonly string[], label: string): ProtocolError {
  return new ProtocolError(
    `${label} has nothing at \`${path.join('.')}\`, and the array of records was expected there; nothing of this page was written`,
  );
}

function notThere(path: readonly string[], byte: number, label: string): ProtocolError {
  const place = path.length === 0 ? 'the document' : `\`${path.join('.')}\``;
  return new ProtocolError(
    `${place} of ${label} is ${kindOf(byte)}, not the array of records; nothing of this page was written`,
    {
      hint: "Set the resource's `records` to the path of the array of records.",
    },
  );
}

function kindOf(byte: number): string {
  if (byte === jsonByte.openObject) return 'an object';
  if (byte === jsonByte.openArray) return 'an array';
  if (byte === jsonByte.quote) return 'a string';
  if (byte === 0x6e) return 'null';
  return byte === 0x3c ? 'HTML or XML' : `something that starts with \`${String.fromCharCode(byte)}\``;
}

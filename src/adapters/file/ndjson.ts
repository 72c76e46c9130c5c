import type { RawRecord } from '../../record.ts';
import type { Bytes } from './source.ts';
import { broken, decode, largestRecord, parserFor } from './text.ts';

const newline = 0x0a;

/** The records of newline-delimited JSON, in batches as they arrive. Blank lines are skipped. */
export async function* ndjsonLines(bytes: Bytes, label: string): AsyncGenerator<readonly RawRecord[]> {
  let open: Uint8Array[] = [];
  let openSize = 0;
  let line = 0;

  function parse(chunks: readonly Uint8Array[]): RawRecord[] {
    const text = decode(Buffer.concat(chunks), label);
    const parseLine = parserFor(text);
    const records: RawRecord[] = [];
    for (const record of text.split('\n')) {
      line += 1;
      if (record === '' || record.trim() === '') continue;
      try {
        records.push(parseLine(record));
      } catch (error) {
        throw broken(label, `in line ${line}`, error);
      }
    }
    return records;
  }

  for await (const chunk of bytes) {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) {
      open.push(chunk);
      openSize += chunk.length;
      if (openSize > largestRecord) throw broken(label, `in line ${line + 1}, which does not end`);
      continue;
    }
    yield parse([...open, chunk.subarray(0, end)]);
    open = [chunk.subarray(end + 1)];
    openSize = chunk.length - end - 1;
  }
  yield parse(open);
}

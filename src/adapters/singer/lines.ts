import { isUtf8 } from 'node:buffer';
import { ProtocolError } from '../../errors.ts';

const newline = 10;

/** Cuts bytes into lines. The last line may lack a newline. Throws `ProtocolError` for a line that is too long or not UTF-8. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  let begun: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      yield textOf([...begun, chunk.subarray(from, end)]);
      [begun, length, from] = [[], 0, end + 1];
    }
    begun.push(chunk.subarray(from));
    length += chunk.length - from;
    if (length > longest)
      throw new ProtocolError(`the tap wrote a line of more than ${longest} bytes; nothing is deleted`);
  }
  yield textOf(begun);
}

function textOf(parts: readonly Uint8Array[]): string {
  const bytes = Buffer.concat(parts);
  if (!isUtf8(bytes)) throw new ProtocolError('the tap wrote bytes that are not UTF-8; nothing is deleted');
  return bytes.toString();
}

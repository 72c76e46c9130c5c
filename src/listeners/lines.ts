import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** How many characters are kept of what one command writes to one stream. The rest is read and dropped. */
const outputLimit = 65_536;

/** Calls `onLine` for each line of a stream that is not empty. The result returns the last of these lines. */
export function captureLines(stream: Readable, onLine: (line: string) => void): () => string {
  let rest = '';
  let left = outputLimit;
  let last = '';
  const report = (raw: string) => {
    const line = stripVTControlCharacters(raw).trimEnd();
    if (line === '') return;
    last = line;
    onLine(line);
  };
  stream.setEncoding('utf8').on('data', (text: string) => {
    if (left === 0) return;
    const lines = (rest + text.slice(0, left)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) report(line);
    left = Math.max(0, left - text.length);
    if (left > 0) return;
    report(rest);
    rest = '';
    onLine('… the rest of its output is left out');
  });
  stream.on('error', () => {});
  stream.once('close', () => report(rest));
  return () => last;
}

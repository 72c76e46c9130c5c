import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';

/** How much of what one command writes to one stream is kept, in characters; the rest is read and dropped. */
const outputLimit = 65_536;

/** Passes on what a stream says, line by line; gives the last line that was not empty. */
export function captureLines(stream: Readable, say: (line: string) => void): () => string {
  let rest = '';
  let left = outputLimit;
  let last = '';
  const tell = (raw: string) => {
    const line = stripVTControlCharacters(raw).trimEnd();
    if (line === '') return;
    last = line;
    say(line);
  };
  stream.setEncoding('utf8').on('data', (text: string) => {
    if (left === 0) return;
    const lines = (rest + text.slice(0, left)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) tell(line);
    left = Math.max(0, left - text.length);
    if (left > 0) return;
    tell(rest);
    rest = '';
    say('… the rest of its output is left out');
  });
  stream.on('error', () => {});
  stream.once('close', () => tell(rest));
  return () => last;
}

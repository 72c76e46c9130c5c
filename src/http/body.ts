import type { Readable } from 'node:stream';
import { ProtocolError } from '../errors.ts';
import { placeOf, TimeoutError, translateBodyFailure } from './translate.ts';

/** How far, and for how long, a body is read. */
export interface BodyLimits {
  /** How long the body may take to bring another piece. */
  readonly timeoutMs: number;
  /** Bytes of the decoded body. */
  readonly maxBody: number;
  readonly signal: AbortSignal;
}

/** Reads a decoded body, up to `maxBody` bytes, as long as it keeps arriving. */
export async function* readBody(
  stream: Readable,
  url: URL,
  { signal, timeoutMs, maxBody }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  let isWaiting = true;
  let stopped: TimeoutError | undefined;
  const watch = setTimeout(() => {
    // The time that the reader spends on a piece does not count.
    if (!isWaiting) return;
    stopped = new TimeoutError(timeoutMs);
    stream.destroy(stopped);
  }, timeoutMs);
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      isWaiting = false;
      size += chunk.byteLength;
      if (size > maxBody) throw tooLarge(url, maxBody);
      yield chunk;
      isWaiting = true;
      watch.refresh();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw translateBodyFailure(stopped ?? error, url);
  } finally {
    clearTimeout(watch);
    stream.destroy();
  }
}

function tooLarge(url: URL, maxBody: number): ProtocolError {
  return new ProtocolError(`the body from ${placeOf(url)} is larger than ${maxBody} bytes; nothing of it was written`, {
    hint: 'Ask for smaller pages, or raise maxBody.',
  });
}

import type { Readable } from 'node:stream';
import { ProtocolError } from '../errors.ts';
import type { ClientOptions } from './client.ts';
import { placeOf, TimeoutError, translateBodyFailure } from './translate.ts';

/** Reads a decoded body: no further than `maxBody`, and only while it keeps coming. */
export async function* readBody(
  stream: Readable,
  url: URL,
  options: ClientOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { signal, timeoutMs, maxBody } = options;
  let size = 0;
  let isWaiting = true;
  let stopped: TimeoutError | undefined;
  const watch = setTimeout(() => {
    // Time that the reader takes for what it has got does not count.
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

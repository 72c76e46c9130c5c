import type { Readable } from 'node:stream';
import { ProtocolError } from '../errors.ts';
import { refuseBomb } from '../unpacking.ts';
import { TimeoutError } from './connection/timeout.ts';
import { placeOf, translateBodyFailure } from './translate.ts';

/** How far, and for how long, a body is read. */
export interface BodyLimits {
  /** How long the whole answer may take, from the request to the end of the body. The time of the reader does not count. */
  readonly timeoutMs: number;
  /** Bytes of the decoded body. */
  readonly maxBody: number;
  readonly signal: AbortSignal;
}

/** A body that is on its way. */
export interface Arriving {
  /** The decoded body. */
  readonly stream: Readable;
  readonly url: URL;
  /** How long the answer has taken already. */
  readonly tookMs: number;
  /** How many bytes have come over the connection. */
  readonly received: () => number;
}

/** Reads a decoded body: up to `maxBody` bytes, in what is left of the time, and no bomb. */
export async function* readBody(
  { stream, url, tookMs, received }: Arriving,
  { signal, timeoutMs, maxBody }: BodyLimits,
): AsyncGenerator<Uint8Array, void, undefined> {
  let size = 0;
  let stopped: TimeoutError | undefined;
  const patience = new Patience(timeoutMs - tookMs, () => {
    stopped = new TimeoutError(timeoutMs, 'the answer did not end');
    stream.destroy(stopped);
  });
  try {
    patience.resume();
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      patience.pause();
      size += chunk.byteLength;
      if (size > maxBody) throw tooLarge(url, maxBody);
      refuseBomb(`the body from ${placeOf(url)}`, { packed: received(), unpacked: size });
      yield chunk;
      patience.resume();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw translateBodyFailure(stopped ?? error, url);
  } finally {
    patience.pause();
    stream.destroy();
  }
}

/** A time limit on waiting. */
class Patience {
  #leftMs: number;
  readonly #end: () => void;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(leftMs: number, end: () => void) {
    this.#leftMs = leftMs;
    this.#end = end;
  }

  resume(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(this.#end, Math.max(1, this.#leftMs));
  }

  pause(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs -= performance.now() - this.#since;
  }
}

function tooLarge(url: URL, maxBody: number): ProtocolError {
  return new ProtocolError(`the body from ${placeOf(url)} is larger than ${maxBody} bytes; nothing of it was written`, {
    hint: 'Ask for smaller pages, or raise maxBody.',
  });
}

import type { Socket } from 'node:net';
import { translateFailure } from '../translate.ts';
import { connectInTime, type Way } from './connect.ts';

export interface LineOptions {
  /** How long the connection may take to stand, with the look-up of the name, the tunnel and the encryption. */
  readonly timeoutMs: number;
  readonly way?: Way | undefined;
  readonly signal: AbortSignal;
}

/**
 * The connection of one request, which is made ahead of it: a slow name server must not cost the request its slot. No byte
 * of the request is written here.
 */
export class Line implements Disposable {
  readonly #url: URL;
  readonly #options: LineOptions;
  #socket: Socket | null = null;

  constructor(url: URL, options: LineOptions) {
    this.#url = url;
    this.#options = options;
  }

  /** Connects, unless the connection stands. Throws `ThirdPartyError`: then nothing was sent. */
  async open(): Promise<void> {
    const { signal, timeoutMs, way = {} } = this.#options;
    signal.throwIfAborted();
    if (this.#socket && !this.#socket.destroyed) return;
    try {
      this.#socket = await connectInTime(this.#url, way, { timeoutMs, signal });
    } catch (error) {
      signal.throwIfAborted();
      throw translateFailure(error, this.#url, false);
    }
  }

  /** Hands the connection over to the request, which closes it from then on. */
  take(): Socket {
    const socket = this.#socket;
    if (!socket) throw new Error('a request was to be sent before its connection stands');
    this.#socket = null;
    return socket;
  }

  /** Closes a connection that no request has taken. */
  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

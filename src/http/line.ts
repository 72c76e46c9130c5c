import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { TimeoutError, translateFailure } from './translate.ts';

export interface LineOptions {
  /** How long the connection may take to stand, with the look-up of the name and the encryption. */
  readonly timeoutMs: number;
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
    const { signal, timeoutMs } = this.#options;
    signal.throwIfAborted();
    if (this.#socket && !this.#socket.destroyed) return;
    try {
      this.#socket = await standing(connect(this.#url), AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    } catch (error) {
      signal.throwIfAborted();
      const failure = isTimeout(error) ? new TimeoutError(timeoutMs, 'the connection did not stand') : error;
      throw translateFailure(failure, this.#url, false);
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

/** No connection is reused: one that the server is just closing would cost a hit. */
function connect({ protocol, hostname, port }: URL): Socket {
  const host = hostname.replace(/^\[|\]$/g, '');
  const isSecure = protocol === 'https:';
  const agent = isSecure ? new HttpsAgent() : new HttpAgent();
  const options = { host, port: Number(port || (isSecure ? 443 : 80)), servername: isIP(host) === 0 ? host : '' };
  return agent.createConnection(options) as Socket;
}

function standing(socket: Socket, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    // Stays: a connection that breaks while nobody uses it must not end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('the connection was closed')));
    socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(socket);
    });
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'TimeoutError';
}

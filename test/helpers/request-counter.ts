import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';

/** Counts what a client asks a Postgres server for. */
export interface RequestCounter extends AsyncDisposable {
  readonly port: number;
  /** What has come by since the last call. */
  take(): Requests;
}

export interface Requests {
  /** How often a client has waited for an answer: simple queries, and the ends of extended ones. */
  readonly waits: number;
  readonly commits: number;
}

const typeOfQuery = 'Q'.charCodeAt(0);
const typeOfSync = 'S'.charCodeAt(0);

/** Starts a proxy before a server on 127.0.0.1. Its clients must not use TLS. */
export async function aRequestCounter(serverPort: number): Promise<RequestCounter> {
  const sockets = new Set<Socket>();
  const requests = { waits: 0, commits: 0 };
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    const messages = new Messages();
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .setNoDelay()
        .on('error', () => {})
        .on('close', () => sockets.delete(socket));
    }
    client.on('data', (bytes) => {
      for (const message of messages.endIn(bytes)) {
        if (message[0] !== typeOfQuery && message[0] !== typeOfSync) continue;
        requests.waits += 1;
        if (message.includes('COMMIT')) requests.commits += 1;
      }
    });
    client.pipe(upstream);
    upstream.pipe(client);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    take() {
      const taken = { ...requests };
      Object.assign(requests, { waits: 0, commits: 0 });
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The messages of one client (PostgreSQL documentation, 54.7): a type, a length that counts itself, and the rest; the first one has no type. */
class Messages {
  #left: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #hasStarted = false;

  *endIn(bytes: Buffer): Generator<Buffer<ArrayBufferLike>> {
    this.#left = Buffer.concat([this.#left, bytes]);
    for (;;) {
      const head = this.#hasStarted ? 1 : 0;
      if (this.#left.length < head + 4) return;
      const end = head + this.#left.readInt32BE(head);
      if (this.#left.length < end) return;
      if (this.#hasStarted) yield this.#left.subarray(0, end);
      this.#hasStarted = true;
      this.#left = this.#left.subarray(end);
    }
  }
}

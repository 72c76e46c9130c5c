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
  /** How often a client sent something that the server had to answer, while no other answer was due: what follows it waits less. */
  readonly waits: number;
  /** Simple queries, and the ends of extended ones. */
  readonly statements: number;
  readonly commits: number;
}

const typeOfQuery = 'Q'.charCodeAt(0);
const typeOfSync = 'S'.charCodeAt(0);
const typeOfReady = 'Z'.charCodeAt(0);

/** Starts a proxy before a server on 127.0.0.1. Its clients must not use TLS. */
export async function aRequestCounter(serverPort: number): Promise<RequestCounter> {
  const sockets = new Set<Socket>();
  const requests = { waits: 0, statements: 0, commits: 0 };
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    const messages = new Messages(false);
    const answers = new Messages(true);
    let due = 0;
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
        requests.statements += 1;
        if (due === 0) requests.waits += 1;
        due += 1;
        if (message.includes('COMMIT\0')) requests.commits += 1;
      }
    });
    upstream.on('data', (bytes) => {
      // The first one is for the start.
      for (const [type] of answers.endIn(bytes)) if (type === typeOfReady) due = Math.max(0, due - 1);
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
      Object.assign(requests, { waits: 0, statements: 0, commits: 0 });
      return taken;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/**
 * The messages of one side (PostgreSQL documentation, 54.7): a type, a length that counts itself, and the rest; the first one of
 * a client has no type.
 */
class Messages {
  #left: Buffer<ArrayBufferLike> = Buffer.alloc(0);
  #hasStarted: boolean;

  constructor(hasStarted: boolean) {
    this.#hasStarted = hasStarted;
  }

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

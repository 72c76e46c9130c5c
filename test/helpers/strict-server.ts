import { createServer, type Server } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { certificate } from './tls.ts';

/** An HTTPS server of a private authority that demands a certificate of every client. */
export interface StrictServer extends AsyncDisposable {
  /** `https://localhost:PORT`: the certificate is for this name. */
  readonly origin: string;
  readonly port: number;
  /** The requests that it got: `GET /people`. */
  readonly requests: readonly string[];
  /** How many connections were made. */
  connected(): number;
}

/** `records` are what it answers to each request. */
export async function aStrictServer(records: readonly object[] = []): Promise<StrictServer> {
  const requests: string[] = [];
  let connected = 0;
  const server: Server = createServer({ ...certificate, requestCert: true }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume();
    response.setHeader('content-type', 'application/json').end(JSON.stringify(records));
  });
  server.on('connection', () => {
    connected += 1;
  });
  // `localhost` may be another family than the one that a proxy asks first.
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    port,
    requests,
    connected: () => connected,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

/** A front that speaks TLS, with our certificate, before a server that does not: its URL. */
export async function aTlsFront(port: number): Promise<{ readonly url: string } & AsyncDisposable> {
  const open = new Set<Socket>();
  const front = createTlsServer(certificate, (socket) => {
    const back = connect(port, '127.0.0.1');
    socket.pipe(back).pipe(socket);
    for (const end of [socket, back]) open.add(end.on('error', () => {}));
  });
  await new Promise<void>((done) => front.listen(0, 'localhost', done));
  const { port: own } = front.address() as AddressInfo;
  return {
    url: `https://localhost:${own}`,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => front.close(done));
    },
  };
}

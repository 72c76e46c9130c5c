import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** A server that takes connections at once and begins to speak TLS only after a while, as a far one or a slow name server does. */
export interface SlowTlsServer extends AsyncDisposable {
  readonly origin: string;
  requests(): number;
  /** How many connections were made. */
  connected(): number;
}

export async function aSlowTlsServer(afterMs: number): Promise<SlowTlsServer> {
  const [key, cert = ''] = ['key', 'crt'].map((end) =>
    readFileSync(new URL(`../fixtures/tls/localhost.${end}`, import.meta.url), 'utf8'),
  );
  const known = getCACertificates('default');
  setDefaultCACertificates([...known, cert]);
  let requests = 0;
  let connected = 0;
  const https = createHttpsServer({ key, cert }, (_request, response) => {
    requests += 1;
    response.end('[]');
  });
  const open = new Set<Socket>();
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    connected += 1;
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => {});
    setTimeout(() => {
      https.emit('connection', socket);
      socket.resume();
    }, afterMs);
  });
  await new Promise<void>((done) => server.listen(0, 'localhost', done));
  const { port } = server.address() as { port: number };
  return {
    origin: `https://localhost:${port}`,
    requests: () => requests,
    connected: () => connected,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((done) => server.close(done));
      setDefaultCACertificates(known);
    },
  };
}

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const perPage = 1000;

/** Serves the lines of a file as pages of a JSON array: `/customers?page=1`. After the last page come empty ones. */
export async function servePages(file: string): Promise<{ url: string } & AsyncDisposable> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const count = Math.ceil(lines.length / perPage);
  const pages = Array.from(
    { length: count },
    (_, at) => `[${lines.slice(at * perPage, (at + 1) * perPage).join(',')}]`,
  );
  const server = createServer(({ url = '' }, response) => {
    const page = Number(new URL(url, 'http://localhost').searchParams.get('page') ?? 1);
    response.setHeader('content-type', 'application/json');
    response.end(pages[page - 1] ?? '[]');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

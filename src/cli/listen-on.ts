import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, UnreachableError } from '../errors.ts';

/** Where a server listens. */
export interface ListenAddress {
  /** Empty: every address of this host. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** A server that listens, until it is closed. Whoever is connected then is cut off. */
export interface ListeningServer extends AsyncDisposable {
  /** `http://127.0.0.1:9090`, without a slash at the end. */
  readonly url: string;
}

/** Reads `HOST:PORT`, `[::1]:PORT`, or `:PORT` for every address of this host; undefined for anything else. */
export function parseAddress(text: string): ListenAddress | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([0-9a-f:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: bracketed ?? plain, port };
}

/** Starts an HTTP server. Throws `UnreachableError`, with this hint, if it cannot listen on the address. */
export async function listenOn(
  listener: RequestListener,
  { host, port }: ListenAddress,
  hint: string,
): Promise<ListeningServer> {
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const message = `cannot listen on ${host}:${port} (${reasonOf(error)}); nothing was read`;
      reject(new UnreachableError(message, { hint, cause: error }));
    });
    server.listen({ port, ...(host !== '' && { host }) }, resolve);
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'EADDRINUSE' ? 'another program listens there: EADDRINUSE' : messageOf(error);
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

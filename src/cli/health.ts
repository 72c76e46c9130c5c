import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf, UnreachableError } from '../errors.ts';
import type { Metrics } from './metrics.ts';

/** The daemon's state as it knows it. Asked for each request, answered from memory. */
export interface HealthState {
  /** Why its loop makes no progress, so that it should be restarted. Null: it makes progress, if only by trying to reconnect. */
  readonly stuck: string | null;
  /** Why it can deliver nothing now: it is starting, it is stopping, or Redis is away. Null: it can deliver. */
  readonly unready: string | null;
  /** For people, by group: what it does, when it last read, what is in flight. */
  readonly groups: Readonly<Record<string, unknown>>;
}

export interface HealthServerOptions {
  /** Empty: every address of this host. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly state: () => HealthState;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
}

export interface HealthServer extends AsyncDisposable {
  /** `http://127.0.0.1:9090`, without a slash at the end. */
  readonly url: string;
}

interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Answers Kubernetes and Prometheus: `/livez` and `/healthz` say whether the loop makes progress, `/readyz` whether it can
 * deliver, `/metrics` everything in numbers. Throws `UnreachableError` if it cannot listen on the address.
 */
export async function createHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const { host, port } = options;
  const server = createServer(replier(options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const hint = 'Give another address with --http.';
      const message = `cannot listen on ${host}:${port} (${messageOf(error)}); nothing was read`;
      reject(new UnreachableError(message, { hint, cause: error }));
    });
    server.listen({ port, ...(host !== '' && { host }) }, resolve);
  });
  return {
    url: urlOf(server.address() as AddressInfo),
    [Symbol.asyncDispose]: () => close(server),
  };
}

/** Reads `HOST:PORT`, `[::1]:PORT`, or `:PORT` for every address of this host; undefined for anything else. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, bracketed, plain = '', digits] = /^(?:\[([0-9a-f:.]+)\]|([^:\s[\]]*)):(\d{1,5})$/i.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return { host: bracketed ?? plain, port };
}

function replier({ state, metrics }: HealthServerOptions): RequestListener {
  return async ({ method, url = '/' }, response) => {
    const isRead = method === 'GET' || method === 'HEAD';
    const { status, contentType, body } = isRead ? await replyTo(url, state(), metrics) : refusal(405, 'only GET');
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : body);
  };
}

async function replyTo(url: string, state: HealthState, metrics: HealthServerOptions['metrics']): Promise<Reply> {
  const [path] = url.split('?');
  if (path === '/livez' || path === '/healthz') return verdict(state.stuck, state);
  if (path === '/readyz') return verdict(state.stuck ?? state.unready, state);
  if (path !== '/metrics') return refusal(404, 'there are /livez, /healthz, /readyz and /metrics');
  try {
    return { status: 200, contentType: metrics.contentType, body: await metrics.text() };
  } catch (error) {
    return refusal(500, messageOf(error));
  }
}

function verdict(problem: string | null, { stuck, unready, groups }: HealthState): Reply {
  const body = JSON.stringify({ status: problem ?? 'ok', stuck, unready, groups });
  return { status: problem === null ? 200 : 503, contentType: 'application/json', body: `${body}\n` };
}

function refusal(status: number, why: string): Reply {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${why}\n` };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}

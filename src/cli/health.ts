import type { RequestListener } from 'node:http';
import { messageOf } from '../errors.ts';
import { type ListenAddress, type ListeningServer, listenOn } from './listen-on.ts';
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

export interface HealthServerOptions extends ListenAddress {
  readonly state: () => HealthState;
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Answers every other path; without it there is nothing else. */
  readonly page?: RequestListener | undefined;
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
export function createHealthServer(options: HealthServerOptions): Promise<ListeningServer> {
  return listenOn(replier(options), options, 'Give another address with --http.');
}

function replier({ state, metrics, page }: HealthServerOptions): RequestListener {
  return async (request, response) => {
    const { method, url = '/' } = request;
    if (page && !ownPaths.has(pathOf(url))) return page(request, response);
    const isRead = method === 'GET' || method === 'HEAD';
    const { status, contentType, body } = isRead ? await replyTo(url, state(), metrics) : refusal(405, 'only GET');
    response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : body);
  };
}

const ownPaths: ReadonlySet<string> = new Set(['/livez', '/healthz', '/readyz', '/metrics']);

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

async function replyTo(url: string, state: HealthState, metrics: HealthServerOptions['metrics']): Promise<Reply> {
  const path = pathOf(url);
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

import type { HttpClient, HttpRequest } from '../adapter.ts';
import { SyncError } from '../errors.ts';
import type { Span, Tracer } from '../tracer.ts';

/** Opens a client that calls `onHit` right before a request is sent. */
type OpenClient = (onHit: () => void) => HttpClient;

/**
 * Records each request as two spans: `slot.wait` until it leaves, and the HTTP client's (OpenTelemetry semantic conventions
 * for HTTP spans) until its headers are in. What a program hits by itself has the first only.
 */
export function tracedHttp(open: OpenClient, tracer: Tracer): HttpClient {
  let left = () => {};
  const client = open(() => left());
  const { takeSlot } = client;
  return {
    ...(takeSlot && {
      async takeSlot(account: string) {
        const wait = tracer.begin('slot.wait');
        try {
          return await takeSlot(account);
        } finally {
          wait.end();
        }
      },
    }),
    async request(request) {
      let span = tracer.begin('slot.wait');
      left = () => {
        span.end();
        span = beginRequest(request, tracer);
      };
      try {
        const response = await client.request(request);
        span.set({ 'http.response.status_code': response.status });
        span.end();
        return response;
      } catch (error) {
        if (error instanceof SyncError && error.status !== undefined) {
          span.set({ 'http.response.status_code': error.status });
        }
        span.end(error);
        throw error;
      }
    },
  };
}

function beginRequest({ url, method = 'GET' }: HttpRequest, tracer: Tracer): Span {
  const template = pathTemplate(url.pathname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return tracer.begin(`${method} ${template}`, {
    kind: 'client',
    attributes: {
      'http.request.method': method,
      'server.address': url.hostname,
      'server.port': Number(port),
      'url.full': url.origin + template,
      'url.template': template,
    },
  });
}

/** The path with `{}` in place of whatever is not a plain word: an id, or a key. */
export function pathTemplate(path: string): string {
  const isPlain = (segment: string) => /^(v\d{1,3}|[a-z][a-z._-]{0,29}|)$/i.test(segment);
  return path
    .split('/')
    .map((segment) => (isPlain(segment) ? segment : '{}'))
    .join('/');
}

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Request as Stream } from 'got';
import type { HttpRequest, HttpResponse } from '../adapter.ts';
import { type BodyLimits, readBody } from './body.ts';
import { openGate } from './connection/gate.ts';
import { TimeoutError } from './connection/timeout.ts';
import { headerFields } from './headers.ts';
import { translateFailure } from './translate.ts';

export interface ClientOptions extends BodyLimits {
  readonly userAgent: string;
}

/**
 * Makes exactly one request over a connection that stands, whatever comes back: no retry, no redirect, no error for a status.
 * `beforeSend` is called right before the first byte is written. If it throws, or is never called, nothing was sent.
 */
export type Client = (request: HttpRequest, socket: Socket, beforeSend: () => void) => Promise<HttpResponse>;

/** Loads the HTTP library. Called for the first hit, since a run that is throttled does not need it. */
export async function loadClient(options: ClientOptions): Promise<Client> {
  const { default: got } = await import('got');
  const { signal, timeoutMs } = options;

  return async (request, socket, beforeSend) => {
    const gate = openGate(socket, beforeSend);
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    try {
      signal.throwIfAborted();
      const stream = got.stream(request.url, {
        method: request.method ?? 'GET',
        headers: { 'user-agent': options.userAgent, ...request.headers },
        ...(request.body === undefined ? {} : { body: request.body }),
        agent: { http: gate.guard(new HttpAgent()), https: gate.guard(new HttpsAgent()) },
        followRedirect: false,
        throwHttpErrors: false,
        retry: { limit: 0 },
        timeout: { send: timeoutMs, response: timeoutMs },
        signal: AbortSignal.any([signal, deadline.signal]),
      });
      const startedAt = performance.now();
      return await answerOf(stream, request, (url) => {
        const tookMs = performance.now() - startedAt;
        return readBody({ stream, url, tookMs, received: gate.received }, options);
      });
    } catch (error) {
      gate.close();
      signal.throwIfAborted();
      if (gate.refusal() !== undefined) throw gate.refusal();
      const failure = deadline.signal.aborted ? new TimeoutError(timeoutMs) : error;
      throw translateFailure(failure, request.url, gate.isPassed());
    } finally {
      clearTimeout(timer);
    }
  };
}

function answerOf(
  stream: Stream,
  { url }: HttpRequest,
  bodyOf: (url: URL) => HttpResponse['body'],
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    // Stays for the stream's life: a connection that breaks while nobody reads the body must not end the process.
    stream.on('error', reject);
    stream.once('response', ({ statusCode, rawHeaders }: { statusCode: number; rawHeaders: string[] }) => {
      if (statusCode === 204 || statusCode === 304) stream.resume();
      resolve({ status: statusCode, url, headers: headerFields(rawHeaders), body: bodyOf(url) });
    });
  });
}

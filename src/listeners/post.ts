import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Answer } from './answer.ts';

/** How much of an answer is read, and for how long, so that the connection can be used again. A longer answer is cut off. */
const bodyLimit = 65_536;
const bodyMs = 1000;
/** How many characters of it are quoted in a message. */
const excerptLimit = 200;
/** Servers usually keep an idle connection for longer than this. A connection that is just being closed costs an attempt. */
const idleMs = 4000;

/** Exactly one request: no retry, no redirect. */
export interface Posting {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** Posts to one URL, and keeps its connections open. */
export interface Poster extends Disposable {
  /** Rejects with Node's error if there was no answer, or if the signal fired. */
  post(posting: Posting): Promise<Answer>;
}

export function openPoster(url: URL, { lookup }: { readonly lookup?: LookupFunction }): Poster {
  const isSecure = url.protocol === 'https:';
  const kept = { keepAlive: true, timeout: idleMs, ...(lookup && { lookup }) };
  const agent = isSecure ? new HttpsAgent(kept) : new HttpAgent(kept);
  const send = isSecure ? requestHttps : requestHttp;
  return {
    post({ headers, body, signal }) {
      const length = String(Buffer.byteLength(body));
      const request = send(url, { method: 'POST', agent, signal, headers: { ...headers, 'content-length': length } });
      request.end(body);
      return answerTo(request);
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

function answerTo(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('close', () => reject(new Error('the connection was closed without an answer')));
    request.once('response', (response) => resolve(read(response)));
  });
}

async function read(response: IncomingMessage): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const excerpt = await drain(response);
  return { status, retryAfter: headers['retry-after'], date: headers.date, excerpt };
}

/** Reads the start of the body. A body that breaks off or never ends changes nothing: the status counts. */
async function drain(response: IncomingMessage): Promise<string> {
  const start: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => response.destroy(), bodyMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (size < excerptLimit * 4) start.push(chunk);
      size += chunk.byteLength;
      if (size > bodyLimit) break;
    }
  } catch {
  } finally {
    clearTimeout(timer);
  }
  const line = Buffer.concat(start).toString('utf8').replace(/\s+/g, ' ').trim();
  return line.length > excerptLimit ? `${line.slice(0, excerptLimit)}…` : line;
}

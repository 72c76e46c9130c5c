import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { LookupFunction, Socket } from 'node:net';
import { excerpt, type Mask } from '../excerpt.ts';
import type { Tls } from '../tls.ts';
import type { Answer } from './answer.ts';
import { untilAborted } from './until-aborted.ts';

/** How much of an answer is read, and for how long, so that the connection can be used again. A longer answer is cut off. */
const bodyLimit = 65_536;
const bodyMs = 1000;
/** How many bytes of it are kept, for a message that quotes the start. */
const keptLimit = 4096;
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

/** How connections to the receiver are made. */
export interface PosterWay {
  readonly tls?: Tls | undefined;
  /** Connects through a proxy, which looks the name up. */
  readonly connect?: ((signal: AbortSignal) => Promise<Socket>) | undefined;
}

export interface PosterOptions extends PosterWay {
  readonly lookup?: LookupFunction;
  /** Keeps secrets out of what an answer is quoted with. */
  readonly redact: Mask;
}

export function openPoster(url: URL, { lookup, redact, tls, connect }: PosterOptions): Poster {
  const isSecure = url.protocol === 'https:';
  const kept = { keepAlive: true, timeout: idleMs, ...(lookup && { lookup }), ...(isSecure && tls) };
  const agent = isSecure ? new HttpsAgent(kept) : new HttpAgent(kept);
  const closing = new AbortController();
  if (connect) {
    agent.createConnection = (_options, done) => {
      connect(closing.signal).then(
        (socket) => done?.(null, socket),
        // Node takes no socket beside an error.
        (error) => done?.(error, undefined as never),
      );
      return undefined;
    };
  }
  const send = isSecure ? requestHttps : requestHttp;
  return {
    post({ headers, body, signal }) {
      const length = String(Buffer.byteLength(body));
      const request = send(url, { method: 'POST', agent, signal, headers: { ...headers, 'content-length': length } });
      request.end(body);
      // A request has no socket yet while a tunnel is made, and Node does not end it before it has one.
      return untilAborted(answerTo(request, redact), signal);
    },
    [Symbol.dispose]() {
      closing.abort();
      agent.destroy();
    },
  };
}

function answerTo(request: ClientRequest, redact: Mask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.once('close', () => reject(new Error('the connection was closed without an answer')));
    request.once('response', (response) => resolve(read(response, redact)));
  });
}

async function read(response: IncomingMessage, redact: Mask): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const start = await drain(response);
  return { status, retryAfter: headers['retry-after'], date: headers.date, excerpt: excerpt(start, redact) };
}

/** Reads the start of the body. A body that breaks off or never ends changes nothing: the status counts. */
async function drain(response: IncomingMessage): Promise<string> {
  const start: Buffer[] = [];
  let size = 0;
  const timer = setTimeout(() => response.destroy(), bodyMs);
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (size < keptLimit) start.push(chunk.subarray(0, keptLimit - size));
      size += chunk.byteLength;
      if (size > bodyLimit) break;
    }
  } catch {
  } finally {
    clearTimeout(timer);
  }
  const text = Buffer.concat(start).toString('utf8');
  return size > keptLimit ? `${text}…` : text;
}

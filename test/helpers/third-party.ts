import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** One request, as it reached the third party. */
export interface Arrival {
  /** On the third party's own monotonic clock. */
  readonly at: number;
  /** Milliseconds since the arrival before; infinite for the first. */
  readonly gapMs: number;
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What to do with one request instead of serving the collection. Everything is optional. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as it is; an object is sent as JSON. */
  readonly body?: string | Buffer | object;
  /** Before the headers. */
  readonly delayMs?: number;
  /** Nothing is answered before this resolves. */
  readonly until?: Promise<unknown>;
  /** Cuts the socket: before anything is answered, or in the middle of the body, which is announced as longer. */
  readonly cut?: 'before' | 'in-body';
  /** Sends headers and a piece, and then nothing for ever. */
  readonly hang?: 'before' | 'in-body';
}

export type Dialect = 'none' | 'page' | 'offset' | 'cursor' | 'link' | 'next-url';

export interface ThirdPartyOptions {
  /** The collection, served under every path. */
  readonly records?: readonly object[];
  /** How it is cut into pages; the parameters are in `dialectConfig`. */
  readonly dialect?: Dialect;
  readonly pageSize?: number;
  /** Requests that come earlier than this after the one before are answered 429, and counted in `tooEarly`. */
  readonly minGapMs?: number;
  readonly gzip?: boolean;
}

/** A third party on a real port, with its own clock, that remembers every request. */
export interface ThirdParty extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly arrivals: readonly Arrival[];
  /** Arrivals that broke `minGapMs`: a test of the limit expects none. */
  readonly tooEarly: readonly Arrival[];
  /** Replaces the collection. */
  set(records: readonly object[]): void;
  /** Serves the collection in another way than its dialect's from now on. */
  serveBy(page: (url: URL, records: readonly object[]) => Scripted): void;
  /** What the next requests get, one each; then the collection is served again. A function decides by the request. */
  script(...answers: readonly (Scripted | ((arrival: Arrival) => Scripted))[]): void;
  /** The same, in place of what was scripted before. */
  rescript(...answers: readonly (Scripted | ((arrival: Arrival) => Scripted))[]): void;
  /** How many connections are open now. */
  connections(): Promise<number>;
  close(): Promise<void>;
}

/** The `pagination`, `records` and `total` of a rest resource that reads each dialect, for pages of this size. */
export function dialectConfig(dialect: Dialect, pageSize = 2) {
  const wrapped = { records: 'data', total: 'meta.total' } as const;
  switch (dialect) {
    case 'none':
      return { pagination: { type: 'none' } } as const;
    case 'page':
      return {
        ...wrapped,
        pagination: { type: 'page', param: 'page', start: 1, sizeParam: 'size', size: pageSize },
      } as const;
    case 'offset':
      return {
        ...wrapped,
        pagination: { type: 'offset', param: 'offset', limitParam: 'limit', limit: pageSize },
      } as const;
    case 'cursor':
      return { ...wrapped, pagination: { type: 'cursor', next: 'meta.next', param: 'cursor' } } as const;
    case 'link':
      return { pagination: { type: 'link', rel: 'next' }, total: { header: 'X-Total-Count' } } as const;
    case 'next-url':
      return { ...wrapped, pagination: { type: 'next-url', next: 'links.next' } } as const;
  }
}

/** Starts a third party: `await using party = await aThirdParty({ records: people(5), dialect: 'cursor' })`. */
export async function aThirdParty(options: ThirdPartyOptions = {}): Promise<ThirdParty> {
  const arrivals: Arrival[] = [];
  const tooEarly: Arrival[] = [];
  const scripts: (Scripted | ((arrival: Arrival) => Scripted))[] = [];
  let records = options.records ?? [];
  let pageAt = (url: URL, all: readonly object[]): Scripted => collectionPage(url, all, options);

  const server = createServer(async (request, response) => {
    const arrival = await arrivalOf(request, arrivals.at(-1));
    arrivals.push(arrival);
    if (arrival.gapMs < (options.minGapMs ?? 0)) {
      tooEarly.push(arrival);
      response.writeHead(429).end();
      return;
    }
    const next = scripts.shift();
    const scripted = typeof next === 'function' ? next(arrival) : next;
    await answer(response, scripted ?? pageAt(arrival.url, records));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;

  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    arrivals,
    tooEarly,
    set: (replacement) => {
      records = replacement;
    },
    serveBy: (page) => {
      pageAt = page;
    },
    script: (...answers) => void scripts.push(...answers),
    rescript: (...answers) => void scripts.splice(0, scripts.length, ...answers),
    connections: () => new Promise((done) => server.getConnections((_error, count) => done(count))),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function arrivalOf(request: IncomingMessage, before: Arrival | undefined): Promise<Arrival> {
  const at = performance.now();
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return {
    at,
    gapMs: before ? at - before.at : Number.POSITIVE_INFINITY,
    method: request.method ?? '',
    url: new URL(request.url ?? '/', `http://${request.headers.host}`),
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
  };
}

async function answer(response: ServerResponse, scripted: Scripted): Promise<void> {
  const { status = 200, headers = {}, body = '', delayMs = 0, until, cut, hang } = scripted;
  if (delayMs > 0) await sleep(delayMs);
  await until;
  if (hang === 'before') return;
  if (cut === 'before') return void response.socket?.destroy();
  const isBytes = typeof body === 'string' || Buffer.isBuffer(body);
  const bytes = Buffer.from(isBytes ? body : JSON.stringify(body));
  const type = isBytes ? {} : { 'content-type': 'application/json' };
  if (!cut && !hang) return void response.writeHead(status, { ...type, ...asFields(headers) }).end(bytes);
  response.writeHead(status, { ...type, 'content-length': bytes.length + 100, ...asFields(headers) });
  response.write(bytes, () => cut && response.socket?.destroy());
}

function asFields(headers: NonNullable<Scripted['headers']>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, typeof value === 'string' ? value : [...value]]),
  );
}

/** What `aThirdParty` serves at this URL. */
export function collectionPage(url: URL, records: readonly object[], options: ThirdPartyOptions): Scripted {
  const { dialect = 'none', pageSize = records.length } = options;
  const from = startOf(url, dialect, pageSize);
  const size = dialect === 'offset' ? Number(url.searchParams.get('limit') ?? pageSize) : pageSize;
  const data = dialect === 'none' ? records : records.slice(from, from + size);
  const next = from + size < records.length ? from + size : null;
  const page = dialectBody(url, dialect, { data, next, total: records.length });
  if (!options.gzip) return page;
  return {
    ...page,
    headers: { ...page.headers, 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify(page.body)),
  };
}

function startOf(url: URL, dialect: Dialect, pageSize: number): number {
  const number = (name: string, absent: number) => Number(url.searchParams.get(name) ?? absent);
  if (dialect === 'page') return (number('page', 1) - 1) * pageSize;
  return dialect === 'offset' ? number('offset', 0) : number('cursor', 0);
}

interface Slice {
  readonly data: readonly object[];
  /** Where the next page starts. */
  readonly next: number | null;
  readonly total: number;
}

function dialectBody(url: URL, dialect: Dialect, { data, next, total }: Slice): Scripted {
  const headers = { 'content-type': 'application/json' };
  const nextUrl = next === null ? null : withCursor(url, next);
  switch (dialect) {
    case 'none':
      return { headers, body: data };
    case 'page':
    case 'offset':
      return { headers, body: { data, meta: { total } } };
    case 'cursor':
      return { headers, body: { data, meta: { total, next } } };
    case 'link': {
      const link = nextUrl === null ? {} : { link: `<${nextUrl}>; rel="next"` };
      return { headers: { ...headers, 'x-total-count': String(total), ...link }, body: data };
    }
    case 'next-url':
      return { headers, body: { data, links: { next: nextUrl }, meta: { total } } };
  }
}

function withCursor(url: URL, next: number): string {
  const copy = new URL(url);
  copy.searchParams.set('cursor', String(next));
  return `${copy.pathname}${copy.search}`;
}

/** So many people, with ids from 1. */
export function people(count: number): { id: string; name: string; contact: { email: string } }[] {
  return Array.from({ length: count }, (_, at) => ({
    id: String(at + 1),
    name: `Person ${at + 1}`,
    contact: { email: `person${at + 1}@example.com` },
  }));
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request, as it reached the third party. */
export interface PartyHit {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface PartyAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** What goes wrong with one hit, in place of what the third party would serve. */
export interface PartyFault extends PartyAnswer {
  /** `cut`: the connection breaks in the middle of the body. `hang`: nothing is ever answered. */
  readonly connection?: 'cut' | 'hang';
}

/** What the third party has. */
export interface PartyState {
  readonly records: readonly object[];
  /** For a request that asks for changes: those of `records` that changed since the bookmark, and the keys that are gone. */
  readonly changed: readonly object[];
  readonly deleted: readonly string[];
}

/** A third party in one function: what it answers to a request, given what it has. */
export type ServeParty = (hit: PartyHit, state: PartyState) => PartyAnswer;

/** A third party on a real port of this machine. It remembers every request. */
export interface ScriptedParty extends AsyncDisposable {
  /** Without a slash at the end. */
  readonly url: string;
  readonly hits: readonly PartyHit[];
  /** Replaces what it has. */
  set(state: Partial<PartyState>): void;
  /** What happens to the next hits, one each; null is served as ever. A function is called when the hit arrives. */
  script(...faults: readonly (PartyFault | null | (() => PartyFault))[]): void;
  close(): Promise<void>;
}

/** Starts a third party that answers as `serve` says. Whoever calls this closes it. */
export async function openScriptedParty(serve: ServeParty): Promise<ScriptedParty> {
  const hits: PartyHit[] = [];
  const faults: (PartyFault | null | (() => PartyFault))[] = [];
  let state: PartyState = { records: [], changed: [], deleted: [] };

  const server = createServer(async (request, response) => {
    const hit = await hitOf(request);
    hits.push(hit);
    const next = faults.shift();
    const fault = typeof next === 'function' ? next() : next;
    send(response, fault ?? answerOf(serve, hit, state));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;

  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    set: (changes) => {
      state = { ...state, ...changes };
    },
    script: (...more) => void faults.push(...more),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The bytes of a body, as they are sent. */
export function bytesOf(body: unknown = ''): Buffer {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(JSON.stringify(body));
}

async function hitOf(request: IncomingMessage): Promise<PartyHit> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  return { method: request.method ?? 'GET', url, headers: request.headers, body: await text(request) };
}

/** A mistake in `serve` is shown to whoever reads the failed check. */
function answerOf(serve: ServeParty, hit: PartyHit, state: PartyState): PartyFault {
  try {
    return serve(hit, state);
  } catch (error) {
    return { status: 501, body: `serve() threw: ${error}` };
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, body, connection }: PartyFault): void {
  if (connection === 'hang') return;
  const bytes = bytesOf(body);
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const fields = { ...(isJson && { 'content-type': 'application/json' }), ...headers };
  if (connection !== 'cut') return void response.writeHead(status, fields).end(bytes);
  response.writeHead(status, { ...fields, 'content-length': bytes.length + 100 });
  response.write(bytes, () => response.socket?.destroy());
}

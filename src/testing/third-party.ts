import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** One request as it reached the third party. */
export interface ThirdPartyHit {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface ThirdPartyAnswer {
  /** Default: 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are; anything else as JSON. */
  readonly body?: unknown;
}

/** What happens to one hit instead of what the third party would answer. */
export interface ThirdPartyFault extends ThirdPartyAnswer {
  /** `cut` breaks the connection in the middle of the body. `hang` never answers. */
  readonly connection?: 'cut' | 'hang';
}

/** The data of the third party. */
export interface ThirdPartyState {
  readonly records: readonly object[];
  /** For a request that asks for changes: the records that changed since the bookmark, and the keys that are gone. */
  readonly changed: readonly object[];
  readonly deleted: readonly string[];
}

/** A third party as one function: its answer to a request, from the data that it has. */
export type ServeThirdParty = (hit: ThirdPartyHit, state: ThirdPartyState) => ThirdPartyAnswer;

/** A third party on a real port of this machine. It remembers every request. */
export interface ScriptedThirdParty extends AsyncDisposable {
  /** It has no slash at the end. */
  readonly url: string;
  readonly hits: readonly ThirdPartyHit[];
  /** Replaces its data. */
  set(state: Partial<ThirdPartyState>): void;
  /** What happens to the next hits, one each. Null is answered as usual. A function is called when the hit arrives. */
  script(...faults: readonly (ThirdPartyFault | null | (() => ThirdPartyFault))[]): void;
  close(): Promise<void>;
}

/** Starts a third party that answers with `serve`. The caller closes it. */
export async function openScriptedThirdParty(serve: ServeThirdParty): Promise<ScriptedThirdParty> {
  const hits: ThirdPartyHit[] = [];
  const faults: (ThirdPartyFault | null | (() => ThirdPartyFault))[] = [];
  let state: ThirdPartyState = { records: [], changed: [], deleted: [] };

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

/** The bytes of a body as they are sent. */
export function bytesOf(body: unknown = ''): Buffer {
  if (typeof body === 'string' || body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(JSON.stringify(body));
}

async function hitOf(request: IncomingMessage): Promise<ThirdPartyHit> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
  return { method: request.method ?? 'GET', url, headers: request.headers, body: await text(request) };
}

/** An error in `serve` becomes the answer, so that the failed check shows it. */
function answerOf(serve: ServeThirdParty, hit: ThirdPartyHit, state: ThirdPartyState): ThirdPartyFault {
  try {
    return serve(hit, state);
  } catch (error) {
    return { status: 501, body: `serve() threw: ${error}` };
  }
}

function send(response: ServerResponse, { status = 200, headers = {}, body, connection }: ThirdPartyFault): void {
  if (connection === 'hang') return;
  const bytes = bytesOf(body);
  const isJson = typeof body === 'object' && !(body instanceof Uint8Array);
  const fields = { ...(isJson && { 'content-type': 'application/json' }), ...headers };
  if (connection !== 'cut') return void response.writeHead(status, fields).end(bytes);
  response.writeHead(status, { ...fields, 'content-length': bytes.length + 100 });
  response.write(bytes, () => response.socket?.destroy());
}

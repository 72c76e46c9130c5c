import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A response definition of WireMock's. */
export interface StubResponse {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly base64Body?: string;
  readonly jsonBody?: unknown;
  readonly fault?: string;
  readonly fixedDelayMilliseconds?: number;
  readonly chunkedDribbleDelay?: { readonly numberOfChunks: number; readonly totalDuration: number };
}

/** A request of the tool's, as WireMock's journal has it. */
export interface Journaled {
  /** Path and query. */
  readonly url: string;
  readonly loggedDate: number;
}

/** A third party that is somebody else's program: it serves a list in pages, and fails when a test asks for it. */
export interface WireMock extends AsyncDisposable {
  readonly url: string;
  /** Serves the records under `/people?page=N`, so many on a page; forgets all that was scripted, and the journal. */
  serve(records: readonly object[], pageSize: number): Promise<void>;
  /** The next request for this page is answered so, once. */
  failOnce(page: number, response: StubResponse): Promise<void>;
  /** Everything that it answers, page by page. */
  records(): Promise<object[]>;
  /** What the tool has sent, oldest first. */
  journal(): Promise<Journaled[]>;
}

const build = join(dirname(createRequire(import.meta.url).resolve('wiremock/package.json')), 'build');
const own = 'x-test';

export async function aWireMock(): Promise<WireMock> {
  const { url, stop } = await start();
  const admin = async (path: string, body?: object, method = body ? 'POST' : 'GET') => {
    const response = await fetch(`${url}/__admin${path}`, { method, ...(body && { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`WireMock refuses ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };

  return {
    url,
    async serve(records, pageSize) {
      await admin('/mappings', undefined, 'DELETE');
      await admin('/scenarios/reset', {});
      await admin('/requests', undefined, 'DELETE');
      await admin('/mappings/import', { mappings: pagesOf(records, pageSize) });
    },
    async failOnce(page, response) {
      const scenario = { scenarioName: 'fault', requiredScenarioState: 'Started', newScenarioState: 'over' };
      const headers = { [own]: { absent: true } };
      await admin('/scenarios/reset', {});
      await admin('/mappings', { ...scenario, priority: 1, request: { ...requestFor(page), headers }, response });
    },
    async records() {
      const all: object[] = [];
      for (let page: number | null = 1; page !== null; ) {
        const response = await fetch(`${url}/people?page=${page}`, { headers: { [own]: 'own' } });
        const { data, next } = (await response.json()) as { data: object[]; next: number | null };
        all.push(...data);
        page = next;
      }
      return all;
    },
    async journal() {
      const { requests } = await admin('/requests');
      const entries = requests as { request: Journaled & { headers: Record<string, string> } }[];
      return entries
        .map(({ request }) => request)
        .filter(({ headers }) => !Object.keys(headers).some((name) => name.toLowerCase() === own))
        .map(({ url: path, loggedDate }) => ({ url: path, loggedDate }))
        .toSorted((a, b) => a.loggedDate - b.loggedDate);
    },
    [Symbol.asyncDispose]: stop,
  };
}

function pagesOf(records: readonly object[], pageSize: number): object[] {
  const pages = Math.max(1, Math.ceil(records.length / pageSize));
  return Array.from({ length: pages }, (_, at) => ({
    priority: 5,
    request: requestFor(at + 1),
    response: {
      status: 200,
      headers: { 'content-type': 'application/json' },
      jsonBody: { data: records.slice(at * pageSize, (at + 1) * pageSize), next: at + 1 < pages ? at + 2 : null },
    },
  }));
}

function requestFor(page: number): object {
  return { method: 'GET', urlPath: '/people', queryParameters: { page: { equalTo: String(page) } } };
}

async function start() {
  const jar = readdirSync(build).find((name) => name.endsWith('.jar')) ?? 'wiremock.jar';
  const options = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-jar', `${build}/${jar}`];
  const how = [
    '--port',
    '0',
    '--bind-address',
    '127.0.0.1',
    '--disable-banner',
    '--disable-request-logging',
    '--disable-gzip',
  ];
  const child = spawn('java', [...options, ...how], { stdio: ['ignore', 'pipe', 'inherit'] });
  const killIt = () => child.kill('SIGKILL');
  process.once('exit', killIt);
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.once('error', (cause) => reject(new Error('WireMock needs Java: install default-jre-headless', { cause })));
    child.once('exit', (code) => reject(new Error(`WireMock ended with ${code}: ${output}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const port = /^port:\s+(\d+)$/m.exec(output)?.[1];
      if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
    });
  });
  const stop = async () => {
    process.off('exit', killIt);
    const ended = once(child, 'exit');
    if (child.kill('SIGKILL')) await ended;
  };
  return { url, stop };
}

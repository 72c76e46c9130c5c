import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import type { Adapter, AdapterContext, Page, PageRequest } from '../../src/adapter.ts';
import { ThirdPartyError } from '../../src/errors.ts';
import {
  type AdapterSubject,
  adapterChecks,
  type Check,
  type ThirdPartyHit,
  type ThirdPartyState,
} from '../../src/testing.ts';

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
function serve({ url }: ThirdPartyHit, { records, changed, deleted }: ThirdPartyState) {
  if (url.searchParams.has('since')) return { body: { rows: changed, deleted, next: null, now: 'later' } };
  const from = Number(url.searchParams.get('from'));
  const next = from + 2 < records.length ? String(from + 2) : null;
  return { body: { rows: records.slice(from, from + 2), next, now: 'now' } };
}

type Fetch = (url: string, request: PageRequest, context: AdapterContext) => Promise<Page>;

const good: Fetch = async (url, request, context) => pageOf(await ask(url, request, context), request);

function aSubject(fetch: Fetch, parts: Partial<Adapter>, more: Partial<AdapterSubject>): AdapterSubject {
  return {
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
}

/** Which checks an adapter does not pass. */
function failed(fetch: Fetch, parts: Partial<Adapter> = {}, more: Partial<AdapterSubject> = {}) {
  return failedOf(adapterChecks(aSubject(fetch, parts, more)));
}

async function failedOf(checks: readonly Check[]): Promise<readonly string[]> {
  const outcomes = await Promise.all(
    checks.map(async ({ name, run }) => ({ name, error: await run().catch((error: Error) => error) })),
  );
  return outcomes.filter(({ error }) => error !== undefined).map(({ name }) => name);
}

describe('a good adapter passes every check', () => {
  test('that reads pages and changes', async () => {
    expect(await failed(good)).toEqual([]);
  });

  test('whose changes do not include what is gone', async () => {
    const fetch: Fetch = async (url, request, context) => {
      const { deleted: _, ...answer } = await ask(url, request, context);
      return pageOf(answer, request);
    };
    expect(await failed(fetch, {}, { tombstones: false })).toEqual([]);
  });

  test('that reads only changes', async () => {
    expect(await failed(good, { modes: () => ['changes'] })).toEqual([]);
  });

  test('that reads only snapshots', async () => {
    expect(await failed(good, { modes: () => ['snapshot'] }, { changes: false })).toEqual([]);
  });
});

const once = 'brings every record once, in order, with one hit and one slot a page';
const noEnd = 'treats a page that repeats as an error, or passes the repetition on';
const empty: Page = { mode: 'snapshot', records: [], next: null, bookmark: 'now' };

/** Goes past the client that cronsync gives it, and follows wherever it is sent. */
const past: Fetch = async (url, request) => {
  const answer = await fetch(`${url}/people?from=${request.cursor ?? 0}`);
  if (!answer.ok) throw new ThirdPartyError(`status ${answer.status}`, { backsOff: 'key' });
  return pageOf((await answer.json()) as Answered, request);
};

/** Asks for two pages at once, and keeps the other one for the run after. */
function ahead(): Fetch {
  const kept = new Map<string, Page>();
  return async (url, request, context) => {
    const page = kept.get(`${url} ${request.cursor}`) ?? (await good(url, request, context));
    if (request.cursor !== null || page.mode === 'not-modified' || typeof page.next !== 'string') return page;
    kept.set(`${url} ${page.next}`, await good(url, { ...request, cursor: page.next }, context));
    return page;
  };
}

/** After a failure it begins again. */
function forgetful(): Fetch {
  const hasFailed = new Set<string>();
  return (url, request, context) => {
    const from = hasFailed.delete(url) ? { ...request, cursor: null } : request;
    return good(url, from, context).catch((error: unknown) => {
      hasFailed.add(url);
      throw error;
    });
  };
}

function keepingPages(): Fetch {
  let calls = 0;
  return async (url, request, context) => {
    calls += 1;
    return good(url, { ...request, cursor: String((calls % 3) * 2) }, context);
  };
}

/** What it does to a body, before it reads it. */
const reading = (read: (body: AsyncIterable<Uint8Array>) => Promise<Answered | null>): Fetch => {
  return async (url, request, { http }) => {
    const since = request.bookmark === null ? '' : `&since=${request.bookmark}`;
    const { body } = await http.request({ url: new URL(`${url}/people?from=${request.cursor ?? 0}${since}`) });
    const answer = await read(body);
    return answer ? pageOf(answer, request) : empty;
  };
};

/** It meets a page that it had, and says so in its own way. */
const meetingItAgain = (meet: (answer: Answered) => Answered): Fetch => {
  return async (url, request, context) => {
    const answer = await ask(url, request, context);
    const isRepeated = request.cursor !== null && JSON.stringify(answer.rows).includes('Person 1');
    return pageOf(isRepeated ? meet(answer) : answer, request);
  };
};

/** Adapters with one thing wrong, and a check that each of them does not pass. */
const mutants: readonly (readonly [title: string, check: string, fetch: Fetch, parts?: Partial<Adapter>])[] = [
  ['goes past context.http', once, past],
  [
    'asks twice for a page',
    once,
    async (url, request, context) => {
      await ask(url, request, context);
      return good(url, request, context);
    },
  ],
  ['makes two hits for a page, and none for the next', once, ahead()],
  [
    'forgets the last page',
    once,
    async (url, request, context) => {
      const page = await good(url, request, context);
      return page.mode === 'snapshot' && request.cursor !== null ? { ...page, next: null } : page;
    },
  ],
  [
    'gives the total of the page as that of the pass',
    'gives a total that is true, or none',
    async (url, request, context) => ({ ...(await good(url, request, context)), total: 2 }),
  ],
  [
    'asks on after a page without records',
    'ends at once where there is nothing',
    async (url, request, context) => {
      const answer = await ask(url, request, context);
      const next = answer.rows.length === 0 && request.cursor === null ? '2' : answer.next;
      return pageOf({ ...answer, next }, request);
    },
  ],
  ['keeps the page in memory', 'gives the same page again for the same cursor, in another run', keepingPages()],
  [
    'leaves out records without a key',
    'passes on a key that comes twice, and a record without one',
    async (url, request, context) => {
      const answer = await ask(url, request, context);
      return pageOf({ ...answer, rows: answer.rows.filter((row) => 'id' in row) }, request);
    },
  ],
  ['has no mode', 'declares the modes that it has', good, { modes: () => [] }],
  ['treats a page that repeats as the end', noEnd, meetingItAgain((answer) => ({ ...answer, rows: [], next: null }))],
  [
    'trips over a page that repeats',
    noEnd,
    meetingItAgain(() => {
      throw new TypeError('undefined is not a function');
    }),
  ],
  [
    'reports a page that repeats as an unreachable third party',
    noEnd,
    meetingItAgain(() => {
      throw new ThirdPartyError('gone', { backsOff: 'resource' });
    }),
  ],
  ...[
    'treats 401 as refused credentials',
    'treats 403 as refused credentials',
    'treats 500 as a third party that fails',
    'treats 503 as a third party that is busy',
    'treats 418 as an error, not a page',
  ].map((check) => {
    const fetch: Fetch = (url, request, context) => good(url, request, context).catch(() => empty);
    return ['treats a failure as an empty page', check, fetch] as const;
  }),
  [
    'treats 304 as an empty page',
    'treats 304 without a condition as an error, not a page',
    async (url, request, context) => {
      const { status } = await context.http.request({ url: new URL(`${url}/people?from=${request.cursor ?? 0}`) });
      return status === 304 ? empty : good(url, request, context);
    },
  ],
  ['follows a redirect', 'treats a redirect as an error, not a page', past],
  ['ignores Retry-After', 'leaves the third party alone for as long as 429 with Retry-After says', past],
  [
    'tries again by itself',
    'treats 500 as a third party that fails',
    (url, request, context) => good(url, request, context).catch(() => good(url, request, context)),
  ],
  ['begins again after a failure', 'goes on where it was after a 500 on the last page', forgetful()],
  [
    'treats a body that ends too soon as an empty page',
    'treats a connection that is cut in the body as an error, not a page',
    reading(async (body) => {
      const whole = await buffer(body).catch(() => null);
      return whole && JSON.parse(strict.decode(whole));
    }),
  ],
  ...[
    'treats a body that is cut as an error, not a page',
    'treats HTML with status 200 as an error, not a page',
    'treats HTML without a content type as an error, not a page',
  ].map((check) => {
    const fetch = reading(async (body) => {
      const whole = strict.decode(await buffer(body));
      return whole.endsWith('}') ? JSON.parse(whole) : null;
    });
    return ['treats text that is not JSON as an empty page', check, fetch] as const;
  }),
  [
    'reads damaged bytes',
    'treats bytes that are not UTF-8 as an error, not a page',
    reading(async (body) => JSON.parse((await buffer(body)).toString())),
  ],
  [
    'forgets tombstones',
    'brings what changed and what is gone since a bookmark, and a new bookmark',
    async (url, request, context) => ({ ...(await good(url, request, context)), deleted: [] }),
  ],
  [
    'wraps what stopped it in an error of its own',
    'stops when the run does, with its reason',
    (url, request, context) =>
      good(url, request, context).catch((cause: unknown) => {
        throw new Error('it did not work', { cause });
      }),
  ],
];

for (const [title, check, fetch, parts] of mutants) {
  test.concurrent(`one that ${title} is found out: ${check}`, async () => {
    const checks = adapterChecks(aSubject(fetch, parts ?? {}, {})).filter(({ name }) => name === check);
    expect(await failedOf(checks)).toEqual([check]);
  });
}

test('for every check there is an adapter that fails it', () => {
  const names = adapterChecks(aSubject(good, {}, {})).map(({ name }) => name);
  expect(new Set(mutants.map(([, check]) => check))).toEqual(new Set(names));
});

test('an adapter that can read changes and does not declare it to the checks is found', async () => {
  expect(await failed(good, {}, { changes: false })).toEqual(['declares the modes that it has']);
});

test('an adapter whose changes include deletions and that does not declare it to the checks is found', async () => {
  expect(await failed(good, {}, { tombstones: false, serve: alwaysGone })).toEqual([
    'brings what changed since a bookmark, and a new bookmark',
  ]);
});

function alwaysGone(hit: ThirdPartyHit, state: ThirdPartyState) {
  return serve(hit, { ...state, deleted: ['1'] });
}

test('one that does not ask how its program ended is found out', async () => {
  const fetch: Fetch = (url, request, context) => good(url, request, context).catch(() => empty);
  expect(await failed(fetch, {}, { program: true })).toEqual(
    expect.arrayContaining([
      'treats a program that is refused as one that failed',
      'treats a program that meets an error as one that failed',
      'treats a program that is cut off in the body as one that failed',
    ]),
  );
});

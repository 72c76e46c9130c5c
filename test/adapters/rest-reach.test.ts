import { describe, expect, test } from 'vitest';
import type { RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { CursorExpiredError, ProtocolError } from '../../src/errors.ts';
import { party } from '../helpers/fresh-party.ts';
import { people } from '../helpers/third-party.ts';
import { readPage } from './page-reader.ts';

const adapterOf = (resource: Partial<RestResource>, more: object = {}) =>
  createRestAdapter({ baseUrl: party.url, resources: { people: { path: '/people', ...resource } }, ...more });
const page = (resource: Partial<RestResource>, cursor: string | null = null) =>
  readPage(adapterOf(resource), party.url, cursor);
const failure = (resource: Partial<RestResource>, cursor: string | null = null) =>
  page(resource, cursor).catch((error: unknown) => error);

describe('a cursor that is an object', () => {
  const pagination = { type: 'cursor', next: 'continue' } as const;
  const resource = { records: 'data', pagination, query: { limit: 2, from: 'a' } };
  const answer = (next: unknown) => ({ body: { data: [{ id: 1 }], continue: next } });

  test('is merged into the query, and its members win', async () => {
    party.script(answer({ from: 'b|c', page: 2, all: true, none: null }), answer(null));
    const { next } = await page(resource);
    expect((await page(resource, next)).next).toBeNull();
    const [first, second] = party.arrivals.map(({ url }) => Object.fromEntries(url.searchParams));
    expect(first).toEqual({ limit: '2', from: 'a' });
    expect(second).toEqual({ limit: '2', from: 'b|c', page: '2', all: 'true' });
  });

  test.each([null, undefined, false, '', {}, { none: null }])('%j ends the pass', async (next) => {
    party.script(answer(next));
    expect((await page(resource)).next).toBeNull();
  });

  test.each([
    ['abc', /the next cursor is a string, not an object of parameters/],
    [[1], /the next cursor is an array/],
    [{ from: { id: 1 } }, /the next cursor has an object in `from`/],
    [{ from: [] }, /the next cursor has an array in `from`/],
  ])('%j is an error', async (next, message) => {
    party.script(answer(next));
    const error = await failure(resource);
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toMatch(message);
  });

  test('the parameter with the credentials is not kept', async () => {
    party.script(answer({ token: 'secret', from: 'b' }));
    const adapter = adapterOf(resource, { auth: { type: 'query', param: 'token' } });
    expect((await readPage(adapter, party.url)).next).toBe('{"from":"b"}');
  });

  test('keeps an integer past 2^53, and a cursor of another kind starts the pass over', async () => {
    party.script({ body: '{"data": [], "continue": {"after": 12345678901234567890}}' });
    expect((await page(resource)).next).toBe('{"after":"12345678901234567890"}');
    for (const cursor of ['abc', '[1]', '{"a":{}}'])
      expect(await failure(resource, cursor)).toBeInstanceOf(CursorExpiredError);
  });

  test('goes into the body of a POST', async () => {
    party.script(answer({ 'page.from': 'b' }), answer(null));
    const post = { ...resource, query: {}, method: 'POST', body: { page: { size: 2 } } } as const;
    await page(post, (await page(post)).next);
    expect(party.arrivals.map(({ body }) => JSON.parse(body))).toEqual([
      { page: { size: 2 } },
      { page: { size: 2, from: 'b' } },
    ]);
  });
});

describe('the end of pages by a status', () => {
  const pagination = { type: 'page', param: 'page', start: 1, pastEnd: [400, 404] } as const;

  test.each([400, 404])('%i ends the pass after a page that was there', async (status) => {
    party.script({ body: people(2) }, { status, body: { code: 'rest_post_invalid_page_number' } });
    const first = await page({ pagination });
    expect(await page({ pagination }, first.next)).toMatchObject({ mode: 'snapshot', records: [], next: null });
  });

  test('the first page is never past the end, and no other status is', async () => {
    party.script({ status: 404 }, { status: 410 }, { status: 500 });
    expect(await failure({ pagination })).toMatchObject({ status: 404 });
    const second = '{"page":2,"seen":2}';
    expect(await failure({ pagination }, second)).toMatchObject({ status: 410 });
    expect(await failure({ pagination }, second)).toMatchObject({ status: 500 });
  });

  test('a pass of changes ends so as well, and keeps its bookmark', async () => {
    const changes: Partial<RestResource> = {
      pagination,
      mode: 'changes',
      bookmark: { header: 'Date', param: 'since' },
    };
    party.script({ body: people(1), headers: { date: 'Thu, 01 Jan 2026 00:00:00 GMT' } }, { status: 400 });
    const adapter = adapterOf(changes);
    const first = await readPage(adapter, party.url, null, { mode: 'changes', bookmark: '0' });
    const last = await readPage(adapter, party.url, first.next, { mode: 'changes', bookmark: '0' });
    expect(last).toMatchObject({ records: [], next: null, bookmark: String(Date.UTC(2026, 0, 1)) });
  });
});

describe('records in parts', () => {
  const pagination = { type: 'cursor', next: 'continue' } as const;
  const resource = { records: 'pages', pagination } as const;
  const answer = (pages: unknown, next: unknown, more: object = {}) => ({ body: { pages, continue: next, ...more } });

  /** The records of each page of a pass, each page asked for by another adapter, as by another process. */
  async function pagesOf(parts: RestResource['parts']): Promise<readonly unknown[]> {
    const pages: unknown[] = [];
    let next: string | null = null;
    do {
      const read = await page({ ...resource, parts }, next);
      pages.push(read.records);
      next = read.next;
    } while (next !== null);
    return pages;
  }

  test('are merged until the pass ends: objects and lists grow, and of other values the later one counts', async () => {
    const big = 12345678901234567890n;
    party.script(
      {
        body: `{"pages": [{"id": 1, "title": "A", "size": ${big}, "links": ["x"], "info": {"a": 1}}, {"id": 2, "title": "B"}], "continue": {"at": 1}}`,
      },
      answer(
        [
          { id: 2, title: 'B', links: ['z'] },
          { id: 1, title: 'A', links: ['y'], info: { b: 2 }, seen: 1 },
        ],
        { at: 2 },
      ),
      answer([{ id: 1, links: null, seen: 2 }, { id: 3 }], null),
    );
    expect(await pagesOf('merge')).toEqual([
      [],
      [],
      [
        { id: 1, title: 'A', size: big, links: ['x', 'y'], info: { a: 1, b: 2 }, seen: 2 },
        { id: 2, title: 'B', links: ['z'] },
        { id: 3 },
      ],
    ]);
  });

  test.each([true, '', { a: 1 }])('are whole as soon as the answer says so: %j', async (batchcomplete) => {
    party.script(
      answer([{ id: 1, links: ['x'] }], { at: 1 }),
      answer([{ id: 1, links: ['y'] }], { at: 2 }, { batchcomplete }),
      answer([{ id: 2, links: ['x'] }], { at: 3 }),
      answer([{ id: 2, links: ['y'] }], null),
    );
    expect(await pagesOf({ until: 'batchcomplete' })).toEqual([
      [],
      [{ id: 1, links: ['x', 'y'] }],
      [],
      [{ id: 2, links: ['x', 'y'] }],
    ]);
  });

  test('a part that a page has again adds nothing', async () => {
    party.script(answer([{ id: 1, links: ['x'] }], { at: 1 }), answer([{ id: 1, links: ['x'] }], null));
    expect((await pagesOf('merge')).flat()).toEqual([{ id: 1, links: ['x'] }]);
  });

  test('parts without a key come as they are', async () => {
    party.script(answer([{ title: 'A' }, { id: 1 }], { at: 1 }), answer([], null));
    expect(await pagesOf('merge')).toEqual([[{ title: 'A' }], [{ id: 1 }]]);
  });

  test('too many parts are refused, and the message says what to do', async () => {
    const long = 'x'.repeat(1_100_000);
    party.script(
      answer(
        [
          { id: 1, long },
          { id: 2, long },
        ],
        { at: 1 },
      ),
    );
    expect(await failure({ ...resource, parts: 'merge' })).toMatchObject({
      message: expect.stringMatching(/^the parts of 2 records are not whole yet.*nothing of this page was written$/),
      hint: expect.stringContaining('`parts.until`'),
    });
  });

  test('the cursor of another pagination starts the pass over, without a hit', async () => {
    expect(await failure({ ...resource, parts: 'merge' }, '{"at":1}')).toBeInstanceOf(CursorExpiredError);
    expect(party.arrivals).toEqual([]);
  });
});

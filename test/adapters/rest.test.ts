import { describe, expect, test } from 'vitest';
import type { Pagination, RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { ConfigError, CursorExpiredError, ProtocolError } from '../../src/errors.ts';
import { party } from '../helpers/fresh-party.ts';
import { dialectConfig, people, type Scripted } from '../helpers/third-party.ts';
import { readPage } from './page-reader.ts';

const adapterOf = (resource: Partial<RestResource>, baseUrl = party.url) =>
  createRestAdapter({
    baseUrl,
    headers: { 'x-adapter': 'a' },
    resources: { people: { path: '/people', ...resource } },
  });
const page = (resource: Partial<RestResource>, cursor: string | null = null) =>
  readPage(adapterOf(resource), party.url, cursor);
const failure = (resource: Partial<RestResource>, cursor: string | null = null) =>
  page(resource, cursor).catch((error: unknown) => error);

test('asks for what the config says', async () => {
  party.script({ body: [] });
  const adapter = adapterOf(
    { path: 'people?sort=id', query: { limit: 5, full: true }, headers: { 'x-own': 'b' } },
    `${party.url}/v1/`,
  );
  await readPage(adapter, party.url);
  expect(party.arrivals[0]?.url.href).toBe(`${party.url}/v1/people?sort=id&limit=5&full=true`);
  expect(party.arrivals[0]?.headers).toMatchObject({ accept: 'application/json', 'x-adapter': 'a', 'x-own': 'b' });
});

test('reads snapshots, and knows which order is stable', () => {
  expect(adapterOf({}).modes('people')).toEqual(['snapshot']);
  expect(adapterOf({}).isStable('people')).toBe(true);
  expect(adapterOf(dialectConfig('cursor')).isStable('people')).toBe(false);
  expect(adapterOf({ pagination: { type: 'cursor', next: 'n', param: 'c', stable: true } }).isStable('people')).toBe(
    true,
  );
  expect(() => adapterOf({}).isStable('nobody')).toThrow(ConfigError);
});

test('keeps integers past 2^53', async () => {
  party.script({ body: '[{"id": 12345678901234567890, "n": 1}]' });
  expect((await page({})).records).toEqual([{ id: 12345678901234567890n, n: 1 }]);
});

test('reads the total from the body or a header', async () => {
  party.script({ body: { data: [], count: 7 } }, { body: [], headers: { 'x-total': '8' } }, { body: [] });
  expect(await page({ records: 'data', total: 'count' })).toMatchObject({ total: 7 });
  expect(await page({ total: { header: 'X-Total' } })).toMatchObject({ total: 8 });
  expect((await page({ total: { header: 'X-Total' } })).total).toBeUndefined();
});

describe('what is not a page', () => {
  test.each<[Scripted['body'], string | undefined, RegExp]>([
    ['', undefined, /an empty body with status 200/],
    ['<html>', undefined, /HTML with status 200/],
    ['{"a": ', undefined, /broken JSON/],
    [Buffer.from('["\xff"]', 'latin1'), undefined, /not UTF-8/],
    [{ data: null, meta: 'x' }, 'data', /`data` is null, not an array; the body has the keys `data`, `meta`/],
    [{ data: {} }, 'data', /`data` is an object/],
    [{}, 'data', /`data` is null.*an empty object/],
    ['"text"', undefined, /`@` is a string.*the body is a string/],
  ])('%j is described', async (body, records, message) => {
    party.script({ body: body ?? '' });
    const error = await failure({ records });
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toMatch(message);
  });

  test.each<[Scripted['body'], RegExp]>([
    [{ data: null, errors: [{ message: 'field nme does not exist' }] }, /reports an error with status 200.*field nme/],
    [{ error: 'the plan has ended' }, /reports an error with status 200: "the plan has ended"/],
    [{ data: {}, error: { code: 7, text: 'x'.repeat(300) } }, /reports an error with status 200: \{"code":7.{191}…;/],
  ])('%j is an error of the API, whatever `records` is', async (body, message) => {
    party.script({ body: body ?? '' });
    const error = await failure({ records: 'data' });
    expect(error).toBeInstanceOf(ProtocolError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect((error as ProtocolError).message).toContain('nothing of this page was written');
    expect((error as ProtocolError).hint).not.toContain('records');
  });

  test.each([null, false, [], {}, ''])('an error that is %j is not reported as one', async (error) => {
    party.script({ body: { error, errors: error, data: [] } }, { body: { error, data: {} } });
    expect((await page({ records: 'data' })).records).toEqual([]);
    expect(await failure({ records: 'data' })).toMatchObject({ hint: expect.stringContaining('records') });
  });

  test('a total that is not a count', async () => {
    party.script({ body: { data: [], count: 'many' } });
    expect(await failure({ records: 'data', total: 'count' })).toBeInstanceOf(ProtocolError);
  });
});

describe('cursor', () => {
  const { pagination } = dialectConfig('cursor');
  const cursor = (next: unknown) => ({ body: { data: [{ id: 1 }], meta: { next } } });

  test.each([
    [null, null],
    ['', null],
    [false, null],
    [undefined, null],
    [0, '0'],
    [17, '17'],
    ['a&b=c', 'a&b=c'],
  ])('%j goes on at %j', async (next, expected) => {
    party.script(cursor(next));
    expect((await page({ records: 'data', pagination })).next).toBe(expected);
  });

  test('an exact integer, even a long one', async () => {
    party.script({ body: '{"data": [], "meta": {"next": 12345678901234567890}}' });
    expect((await page({ records: 'data', pagination })).next).toBe('12345678901234567890');
  });

  test('goes into its parameter, whatever is in it', async () => {
    party.script(cursor(null));
    await page({ records: 'data', pagination, query: { cursor: 'first', size: 2 } }, 'a&b=c');
    expect(party.arrivals[0]?.url.search).toBe('?cursor=a%26b%3Dc&size=2');
  });

  test('an object is not a cursor', async () => {
    party.script(cursor({ id: 1 }));
    expect(await failure({ records: 'data', pagination })).toMatchObject({
      message: expect.stringContaining('is an object'),
    });
  });

  test.each<[Pagination, string]>([
    [{ type: 'cursor', next: { header: 'X-Continuation' }, param: 'after' }, 'c2'],
    [{ type: 'next-url', next: { header: 'X-Continuation' } }, '/people?page=2'],
  ])('%j is in a header of the answer, until there is none', async (how, next) => {
    party.script({ body: [{ id: 1 }], headers: { 'x-continuation': next } }, { body: [] });
    const expected = how.type === 'cursor' ? next : `${party.url}${next}`;
    expect((await page({ pagination: how })).next).toBe(expected);
    expect((await page({ pagination: how }, expected)).next).toBeNull();
  });

  test('410 says that it has expired; without a cursor it is only a 410', async () => {
    party.script({ status: 410 }, { status: 410 });
    expect(await failure({ pagination }, 'old')).toBeInstanceOf(CursorExpiredError);
    expect(await failure({ pagination })).not.toBeInstanceOf(CursorExpiredError);
  });
});

describe('links', () => {
  const link = { type: 'link', rel: 'next' } as const;
  const nextUrl = { type: 'next-url', next: 'next' } as const;

  test.each([
    ['</people?page=2>; rel="next"', '/people?page=2'],
    ['<?page=2>; rel=next, <?page=9>; rel="last"', '/people?page=2'],
    ['<?page=1>; rel="first prev", <more?a=%20b>; rel="last next"', '/more?a=%20b'],
    ['<?page=9>; rel="last"', null],
  ])('%s', async (header, next) => {
    party.script({ body: [], headers: { link: header } });
    expect((await page({ pagination: link })).next).toBe(next === null ? null : `${party.url}${next}`);
  });

  test('several Link headers are one', async () => {
    party.script({ body: [], headers: { link: ['<?page=9>; rel="last"', '<?page=2>; rel="next"'] } });
    expect((await page({ pagination: link })).next).toBe(`${party.url}/people?page=2`);
  });

  test.each(['https://elsewhere.example/people', '//elsewhere.example/', 'http://[bad'])(
    '%s is not followed',
    async (next) => {
      party.script({ body: { next, data: [] } });
      expect(await failure({ records: 'data', pagination: nextUrl })).toBeInstanceOf(ProtocolError);
      party.script({ body: [], headers: { link: `<${next}>; rel="next"` } });
      expect(await failure({ pagination: link })).toBeInstanceOf(ProtocolError);
      expect(party.arrivals).toHaveLength(2);
    },
  );

  test('a Link header that cannot be read is an error, not a page', async () => {
    party.script({ body: [], headers: { link: 'next page please' } });
    expect(await failure({ pagination: link })).toBeInstanceOf(ProtocolError);
  });
});

describe('page', () => {
  const pagination = { type: 'page', param: 'p', start: 0, sizeParam: 'per', size: 2 } as const;

  test('numbers pages from its start, up to an empty one', async () => {
    party.script({ body: people(2) }, { body: people(1) }, { body: [] });
    const first = await page({ pagination });
    const second = await page({ pagination }, first.next);
    const third = await page({ pagination }, second.next);
    expect(third.next).toBeNull();
    expect(party.arrivals.map(({ url }) => url.search)).toEqual(['?per=2&p=0', '?per=2&p=1', '?per=2&p=2']);
  });

  test('a short page is the last one only where the last complete pass brought as many records', async () => {
    const shortPage = async (lastCount: number | null) => {
      party.script({ body: people(1) });
      return (await readPage(adapterOf({ pagination }), party.url, '{"page":3,"seen":6}', { lastCount })).next;
    };
    expect(await shortPage(7)).toBeNull();
    expect(await shortPage(6)).not.toBeNull();
    expect(await shortPage(8)).not.toBeNull();
    expect(await shortPage(null)).not.toBeNull();
  });

  test('a full page is never the last one, whatever the last pass brought', async () => {
    party.script({ body: people(2) });
    expect((await readPage(adapterOf({ pagination }), party.url, null, { lastCount: 2 })).next).not.toBeNull();
  });

  test('goes on past a page that the API cut shorter than asked, where the total says so', async () => {
    const total = 'meta.total';
    party.script({ body: { data: people(1), meta: { total: 3 } } }, { body: { data: people(2), meta: { total: 3 } } });
    const first = await page({ records: 'data', total, pagination });
    expect(first.next).not.toBeNull();
    expect((await page({ records: 'data', total, pagination }, first.next)).next).toBeNull();
  });

  test('without a known size it ends on an empty page only', async () => {
    party.script({ body: people(1) }, { body: [] });
    const sizeless = { type: 'page', param: 'p', start: 1 } as const;
    const first = await page({ pagination: sizeless });
    expect(first.next).not.toBeNull();
    expect((await page({ pagination: sizeless }, first.next)).next).toBeNull();
  });

  test('a cursor of another pagination starts the pass over, without a hit', async () => {
    for (const cursor of ['abc', '"x"', '{"offset": 1, "last": ""}', 'https://a.example/']) {
      expect(await failure({ pagination }, cursor)).toBeInstanceOf(CursorExpiredError);
    }
    expect(party.arrivals).toEqual([]);
  });
});

describe('offset', () => {
  const pagination = { type: 'offset', param: 'offset', limitParam: 'limit', limit: 3 } as const;
  const [a, b, c, d, e] = people(5);

  async function twoPages(first: unknown[], second: unknown[]) {
    party.script({ body: first }, { body: second });
    const { next } = await page({ pagination });
    return page({ pagination }, next);
  }

  test('overlaps by one record, which it drops', async () => {
    expect(await twoPages([a, b, c], [c, d, e])).toMatchObject({
      records: [d, e],
      next: expect.stringContaining('"offset":5'),
    });
    expect(party.arrivals.map(({ url }) => url.search)).toEqual(['?limit=3&offset=0', '?limit=3&offset=2']);
  });

  test('knows the overlap by its content, in any order of members', async () => {
    const turned = { contact: c?.contact, name: c?.name, id: c?.id };
    expect(await twoPages([a, b, c], [turned, d])).not.toHaveProperty('shifted');
  });

  test('reports that the pages moved if the overlap is a different record, and drops nothing', async () => {
    expect(await twoPages([a, b, c], [d, e])).toMatchObject({ records: [d, e], shifted: true });
    expect(await twoPages([a, b, c], [])).toMatchObject({ records: [], shifted: true, next: null });
  });

  test('ends if there is nothing after the overlap', async () => {
    expect(await twoPages([a, b, c], [c])).toEqual({
      mode: 'snapshot',
      validators: null,
      total: undefined,
      records: [],
      next: null,
    });
  });

  test('goes on from a page that is shorter than asked: the API may have a smaller limit', async () => {
    expect((await twoPages([a, b], [b, c])).next).toContain('"offset":3');
  });

  test('an API that gives one record a page is read on without the overlap, and proves nothing', async () => {
    party.script({ body: [a] }, { body: [b] }, { body: [] });
    const first = await page({ pagination });
    const second = await page({ pagination }, first.next);
    expect(second).toMatchObject({ records: [b], shifted: true });
    expect((await page({ pagination }, second.next)).next).toBeNull();
    expect(party.arrivals.map(({ url }) => url.searchParams.get('offset'))).toEqual(['0', '1', '2']);
  });

  test('a single record is all there is where the next page is empty', async () => {
    const last = await twoPages([a], []);
    expect(last.next).toBeNull();
    expect(last).not.toHaveProperty('shifted');
  });

  test('a limit of one could never get on', async () => {
    expect(await failure({ pagination: { ...pagination, limit: 1 } })).toBeInstanceOf(ConfigError);
  });
});

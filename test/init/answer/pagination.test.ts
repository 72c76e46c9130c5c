import { expect, test } from 'vitest';
import { draftOf } from '../an-answer.ts';

const records = [
  { id: 'a', name: 'Ada' },
  { id: 'b', name: 'Grace' },
];
const at = 'https://api.example.com/v1/customers';

test.each<[string, string, unknown, Record<string, string>, object]>([
  ['everything on one page', at, records, {}, { pagination: null, total: null, query: {} }],
  [
    'a Link header, and what the first page was asked for stays',
    `${at}?page=1&per_page=2`,
    records,
    { link: `<${at}?page=2&per_page=2>; rel="next"`, 'x-total-count': '5' },
    { pagination: { type: 'link' }, total: { header: 'x-total-count' }, query: { page: 1, per_page: 2 } },
  ],
  [
    'a URL in the body',
    at,
    { count: 5, next: `${at}?page=2`, previous: null, results: records },
    {},
    { pagination: { type: 'next-url', next: 'next' }, total: 'count', records: 'results' },
  ],
  [
    'a URL that is null because this page is the only one',
    at,
    { count: 2, next: null, previous: null, results: records },
    {},
    { pagination: { type: 'next-url', next: 'next' }, total: 'count' },
  ],
  [
    'a link in HAL',
    at,
    { _links: { next: { href: '/v1/customers?page=2' } }, items: records },
    {},
    { pagination: { type: 'next-url', next: '_links.next.href' } },
  ],
  [
    'a cursor, with a flag beside it',
    `${at}?cursor=abc&limit=2`,
    { data: records, meta: { next_cursor: 'xyz', has_more: true } },
    {},
    {
      pagination: { type: 'cursor', next: 'meta.has_more && meta.next_cursor', param: 'cursor' },
      query: { limit: 2 },
    },
  ],
  [
    'a token, as Google writes it',
    at,
    { nextPageToken: 'xyz', items: records },
    {},
    { pagination: { type: 'cursor', next: 'nextPageToken', param: 'pageToken' } },
  ],
  [
    'the number of the next page',
    `${at}?page=1`,
    { data: records, next: 2 },
    {},
    { pagination: { type: 'cursor', next: 'next', param: 'page' }, query: { page: 1 } },
  ],
  [
    'pages that the answer counts',
    `${at}?page=1&per_page=2`,
    { data: records, page: 1, per_page: 2, total: 5 },
    {},
    { pagination: { type: 'page', param: 'page', sizeParam: 'per_page', size: 2 }, total: 'total', query: {} },
  ],
  [
    'pages from 0 on',
    `${at}?page=0&size=2`,
    { content: records, number: 0, size: 2, totalElements: 5 },
    {},
    { pagination: { type: 'page', param: 'page', start: 0, sizeParam: 'size', size: 2 }, total: 'totalElements' },
  ],
  [
    'an offset',
    `${at}?limit=2&offset=0&sort=name`,
    { items: records, offset: 0, limit: 2, total: 5 },
    {},
    { pagination: { type: 'offset', limit: 2 }, total: 'total', query: { sort: 'name' } },
  ],
  [
    'the offset of CouchDB',
    `${at}?limit=2`,
    { total_rows: 5, offset: 0, rows: records },
    {},
    { pagination: { type: 'offset', param: 'skip', limit: 2 }, total: 'total_rows' },
  ],
  [
    'the key of the last record, as Stripe wants it',
    `${at}?limit=2`,
    { object: 'list', has_more: true, data: records },
    {},
    { pagination: { type: 'cursor', next: 'has_more && data[-1].id', param: 'starting_after', stable: true } },
  ],
])('finds the way to the next page: %s', (_title, url, document, headers, expected) => {
  expect(draftOf(url, document, headers).draft).toMatchObject(expected);
});

test('a count that is that of the page is not taken for the total', () => {
  const { draft } = draftOf(`${at}?page=1`, { data: records, count: 2, next: 2 });
  expect(draft.total).toBeNull();
});

test('a link to another origin is not followed', () => {
  const { draft } = draftOf(at, { next: 'https://elsewhere.example/customers?page=2', results: records });
  expect(draft.pagination).toBeNull();
});

test('a total without a way to the rest is said, and nothing is guessed', () => {
  const { draft, notes } = draftOf(at, { data: records, total: 5 });
  expect([draft.pagination, draft.total]).toEqual([null, 'total']);
  expect(notes).toEqual([expect.stringContaining('has 5 records and sent 2')]);
});

test('a parameter that the answer does not name is said to be a guess', () => {
  expect(draftOf(at, { data: records, next_cursor: 'x' }).notes).toEqual([
    expect.stringContaining('"cursor" is a guess'),
  ]);
});

test('a parameter that a person has named is not a guess', () => {
  const { draft, notes } = draftOf(at, { data: records, next_cursor: 'x' }, {}, { pageParam: 'from' });
  expect([draft.pagination, notes]).toEqual([{ type: 'cursor', next: 'next_cursor', param: 'from' }, []]);
});

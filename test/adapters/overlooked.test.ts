import { describe, expect, test } from 'vitest';
import type { SnapshotPage } from '../../src/adapter.ts';
import type { RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { silentLog } from '../../src/log.ts';
import { openTestContext } from '../../src/testing.ts';
import { party } from '../helpers/fresh-party.ts';
import { people, type Scripted } from '../helpers/third-party.ts';

/** What is warned of when this page is read. */
async function warningsOf(answer: Scripted, resource: Partial<RestResource> = {}, cursor: string | null = null) {
  party.script(answer);
  const warnings: string[] = [];
  const adapter = createRestAdapter({
    baseUrl: party.url,
    resources: { people: { path: '/people', records: 'data', ...resource } },
  });
  const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
  const request = { resource: 'people', mode: 'snapshot', cursor, bookmark: null } as const;
  const { records } = (await adapter.fetchPage(request, { ...openTestContext(party.url), log })) as SnapshotPage;
  expect([...(records as unknown[])]).toHaveLength(2);
  return warnings;
}

const data = people(2);
const link = '</people?page=2>; rel="next", </people?page=9>; rel="last"';

describe('a config without pagination warns of', () => {
  test.each<[Scripted, RegExp]>([
    [{ body: { data, next: '/people?page=2' } }, /people has more pages \(`next`\).*"pagination"/],
    [{ body: { data, meta: { next_cursor: 'abc' } } }, /`meta.next_cursor`/],
    [{ body: { data, has_more: true } }, /`has_more`/],
    [{ body: { data, _links: { next: { href: '/people?page=2' } } } }, /`_links.next`/],
    [{ body: { data, '@odata.nextLink': 'https://api.example/people?$skip=2' } }, /`@odata.nextLink`/],
    [{ body: { data }, headers: { link } }, /`Link: rel="next"`/],
    [{ body: { data, count: 110 } }, /counts more records \(`count` is 110\) than the 2 that came/],
    [{ body: { data, meta: { total: 3 } } }, /`meta.total` is 3/],
    [{ body: { data }, headers: { 'x-total-count': '7' } }, /`X-Total-Count: 7`/],
  ])('%j', async (answer, warning) => {
    expect(await warningsOf(answer)).toEqual([expect.stringMatching(warning)]);
  });
});

test.each<Scripted>([
  { body: { data } },
  { body: { data, next: null, has_more: false, total: 2, count: 2 } },
  { body: { data, meta: { next: '' }, links: { prev: '/people?page=1' } } },
  { body: { data }, headers: { link: '</people?page=1>; rel="prev"' } },
])('nothing is overlooked in %j', async (answer) => {
  expect(await warningsOf(answer)).toEqual([]);
});

test('a config with pagination reads what comes next, and its own total', async () => {
  const pagination = { type: 'cursor', next: 'next', param: 'cursor' } as const;
  expect(await warningsOf({ body: { data, next: 'b', total: 9 } }, { pagination })).toEqual([]);
  expect(await warningsOf({ body: { data, total: 9 } }, { total: 'total' })).toEqual([]);
});

test('a size that the API ignored is named, on the first page', async () => {
  const pagination = { type: 'link', rel: 'next' } as const;
  const resource = { pagination, query: { per_page: 100 } };
  const answer = { body: { data }, headers: { link } };
  expect(await warningsOf(answer, resource)).toEqual([
    '`per_page=100` was ignored for people: a page has 2 records, and there are more pages',
  ]);
  expect(await warningsOf(answer, resource, `${party.url}/people?page=2`)).toEqual([]);
  expect(await warningsOf({ body: { data } }, resource)).toEqual([]);
});

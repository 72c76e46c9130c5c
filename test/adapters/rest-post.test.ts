import { expect, test } from 'vitest';
import type { RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { openTestContext } from '../../src/testing.ts';
import { party } from '../helpers/fresh-party.ts';
import { readPage } from './page-reader.ts';

const adapterOf = (resource: Partial<RestResource>) =>
  createRestAdapter({
    baseUrl: party.url,
    resources: { people: { path: '/search', query: { v: 2 }, method: 'POST', ...resource } },
  });
const sent = () => party.arrivals.map(({ method, url, body }) => [method, url.search, JSON.parse(body)]);

test('a POST sends its body as JSON, and keeps the query of the config in the URL', async () => {
  party.script({ body: [] });
  await readPage(adapterOf({ body: { filter: { state: ['active'] } } }), party.url);
  expect(sent()).toEqual([['POST', '?v=2', { filter: { state: ['active'] } }]]);
  expect(party.arrivals[0]?.headers['content-type']).toBe('application/json');
});

test('the parameters of a page go into the body, numbers as numbers, dotted ones into objects', async () => {
  party.script({ body: [1, 2] }, { body: [3] });
  const pagination = { type: 'page', param: 'page.number', start: 1, sizeParam: 'page.size', size: 2 } as const;
  const adapter = adapterOf({ pagination, body: { page: { sort: 'id' }, all: true } });
  const { next } = await readPage(adapter, party.url);
  await readPage(adapter, party.url, next);
  expect(sent()).toEqual([
    ['POST', '?v=2', { all: true, page: { sort: 'id', number: 1, size: 2 } }],
    ['POST', '?v=2', { all: true, page: { sort: 'id', number: 2, size: 2 } }],
  ]);
});

test('a cursor goes into the body as the text that it is', async () => {
  party.script({ body: { data: [1], next: 12 } }, { body: { data: [] } });
  const adapter = adapterOf({ records: 'data', pagination: { type: 'cursor', next: 'next', param: 'after' } });
  const { next } = await readPage(adapter, party.url);
  await readPage(adapter, party.url, next);
  expect(sent()).toEqual([
    ['POST', '?v=2', {}],
    ['POST', '?v=2', { after: '12' }],
  ]);
});

test('a link to the next page is followed with the same body', async () => {
  party.script({ body: [1], headers: { link: '</search?v=2&c=7>; rel="next"' } }, { body: [] });
  const adapter = adapterOf({ pagination: { type: 'link', rel: 'next' }, body: { a: 1 } });
  const { next } = await readPage(adapter, party.url);
  await readPage(adapter, party.url, next);
  expect(sent().at(-1)).toEqual(['POST', '?v=2&c=7', { a: 1 }]);
});

test('a POST is never asked on condition: 304 is an answer to GET only', async () => {
  party.script({ body: [] });
  const request = { resource: 'people', mode: 'snapshot', cursor: null, bookmark: null } as const;
  await adapterOf({}).fetchPage({ ...request, validators: { etag: '"a"' } }, openTestContext(party.url));
  expect(party.arrivals[0]?.headers['if-none-match']).toBeUndefined();
});

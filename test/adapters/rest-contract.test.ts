import type { RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { dialectServer, testAdapter } from '../contracts/adapter.ts';
import { collectionPage, type Dialect, dialectConfig } from '../helpers/third-party.ts';

const hits: Readonly<Record<Dialect, number>> = { none: 1, page: 3, offset: 4, cursor: 3, link: 3, 'next-url': 3 };

for (const dialect of Object.keys(hits) as Dialect[]) {
  testAdapter(`rest with pagination ${dialect}`, {
    create: (url) =>
      createRestAdapter({ baseUrl: url, resources: { people: { path: '/people', ...dialectConfig(dialect) } } }),
    serve: dialectServer(dialect),
    hits: hits[dialect],
  });
}

testAdapter('rest that reads changes', {
  create: (baseUrl) => {
    const people: RestResource = {
      path: '/people',
      records: 'data',
      pagination: { type: 'cursor', next: 'meta.next', param: 'cursor' },
      mode: 'changes',
      bookmark: { path: 'meta.token', param: 'since' },
      tombstones: { path: 'gone' },
    };
    return createRestAdapter({ baseUrl, resources: { people } });
  },
  serve: ({ url }, { records, changed, deleted }) => {
    if (url.searchParams.get('since') === 'token-1') {
      return { body: { data: changed, gone: deleted, meta: { next: null, token: 'token-2' } } };
    }
    const { body } = collectionPage(url, records, { dialect: 'cursor', pageSize: 2 });
    const { data, meta } = body as { readonly data: object; readonly meta: object };
    return { body: { data, meta: { ...meta, token: 'token-1' } } };
  },
  hits: 3,
  changes: true,
});

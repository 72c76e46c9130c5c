import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import type { RestOptions, RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { type AdapterSubject, testAdapter } from '../../src/testing.ts';
import { aStripeCustomer, serveStripe, stripeKey } from '../helpers/stripe.ts';
import { collectionPage } from '../helpers/third-party.ts';

/** A ready adapter at this URL, with smaller pages. */
function readyAdapter(name: string, resource: string, baseUrl: string, query: RestResource['query']) {
  const file = readFileSync(new URL(`../../adapters/${name}.json`, import.meta.url), 'utf8');
  const options: RestOptions = JSON.parse(file).adapter;
  const shipped = options.resources[resource];
  if (!shipped) throw new Error(`${name} has no ${resource}`);
  const pagination = { rel: 'next', ...shipped.pagination } as RestResource['pagination'];
  // What has changed since a bookmark is asked for in test/e2e/ready-adapters.test.ts, on recorded answers.
  const { mode: _mode, bookmark: _bookmark, ...whole } = shipped;
  return createRestAdapter({ ...options, baseUrl, resources: { [resource]: { ...whole, query, pagination } } });
}

const subjects: Readonly<Record<string, AdapterSubject>> = {
  'the customers of stripe': {
    resource: 'customers',
    create: (url) => readyAdapter('stripe', 'customers', url, { limit: 2 }),
    serve: (hit, state) =>
      serveStripe({ ...hit, headers: { ...hit.headers, authorization: `Bearer ${stripeKey}` } }, state),
    records: [5, 4, 3, 2, 1].map((number) => aStripeCustomer(number)),
    key: 'id',
    hits: 3,
  },
  'the issues of github': {
    resource: 'issues',
    create: (url) => readyAdapter('github', 'issues', url, { per_page: 2 }),
    serve: ({ url }, { records }) => {
      const { headers, body } = collectionPage(url, records, { dialect: 'link', pageSize: 2 });
      return { headers: headers as Record<string, string>, body };
    },
    records: [1, 2, 3, 4, 5].map((id) => ({ id, number: id, title: `Issue ${id}`, state: 'open' })),
    key: 'id',
    hits: 3,
  },
};

describe.each(Object.entries(subjects))('%s', (_name, subject) => testAdapter(test, subject));

import { readFileSync } from 'node:fs';
import { describe, test } from 'vitest';
import type { RestOptions, RestResource } from '../../src/adapters/rest/options.ts';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import {
  type AdapterSubject,
  type ServeThirdParty,
  type ThirdPartyHit,
  type ThirdPartyState,
  testAdapter,
} from '../../src/testing.ts';
import { aStripeCustomer, aStripeProduct, serveStripe, stripeKey } from '../helpers/stripe.ts';
import { collectionPage } from '../helpers/third-party.ts';

/** A ready adapter as it is shipped, at this URL and with smaller pages. */
function readyAdapter(name: string, resource: string, baseUrl: string, query: RestResource['query']) {
  const file = readFileSync(new URL(`../../adapters/${name}.json`, import.meta.url), 'utf8');
  const options: RestOptions = JSON.parse(file).adapter;
  const shipped = options.resources[resource];
  if (!shipped) throw new Error(`${name} has no ${resource}`);
  const pagination = { rel: 'next', ...shipped.pagination } as RestResource['pagination'];
  const smaller = { ...shipped, query: { ...shipped.query, ...query }, pagination };
  return createRestAdapter({ ...options, baseUrl, resources: { [resource]: smaller } });
}

/** Two resources of Stripe's, the newest first. */
function ofStripe(resource: string, make: (number: number) => object): AdapterSubject {
  return {
    resource,
    create: (url) => readyAdapter('stripe', resource, url, { limit: 2 }),
    serve: (hit, state) =>
      serveStripe({ ...hit, headers: { ...hit.headers, authorization: `Bearer ${stripeKey}` } }, state),
    records: [5, 4, 3, 2, 1].map((number) => make(number)),
    key: 'id',
    hits: 3,
  };
}

/** GitHub lists what has changed in the same way as everything, and what is gone in no way. */
function ofGithub(resource: string, more: Partial<AdapterSubject>): AdapterSubject {
  return {
    resource,
    create: (url) => readyAdapter('github', resource, url, { per_page: 2 }),
    serve: serveGithub,
    records: [1, 2, 3, 4, 5].map((id) => ({ id, number: id, title: `Issue ${id}`, state: 'open' })),
    key: 'id',
    hits: 3,
    ...more,
  };
}

function serveGithub({ url }: ThirdPartyHit, { records, changed }: ThirdPartyState): ReturnType<ServeThirdParty> {
  const listed = url.searchParams.has('since') ? changed : records;
  const { headers, body } = collectionPage(url, listed, { dialect: 'link', pageSize: 2 });
  return { headers: { ...(headers as Record<string, string>), date: 'Tue, 24 Nov 2026 10:00:00 GMT' }, body };
}

const repositories = [1, 2, 3, 4, 5].map((id) => ({ id, full_name: `acme/site-${id}`, private: false }));

const subjects: Readonly<Record<string, AdapterSubject>> = {
  'the customers of stripe': ofStripe('customers', aStripeCustomer),
  'the products of stripe': ofStripe('products', aStripeProduct),
  'the issues of github': ofGithub('issues', { changes: true, tombstones: false }),
  'the repositories of github': ofGithub('repositories', { records: repositories }),
};

describe.each(Object.entries(subjects))('%s', (_name, subject) => testAdapter(test, subject));

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { openScriptedThirdParty } from '../../src/testing.ts';
import { aRecordedGithub } from '../helpers/recorded-github.ts';
import { aStripeCustomer, aStripeProduct, serveStripe, stripeCustomers, stripeKey } from '../helpers/stripe.ts';
import { redis } from '../helpers/suite-redis.ts';
import { aProject, type BaseConfig, type Project } from '../helpers/sync.ts';
import { collectionPage } from '../helpers/third-party.ts';

/** A project whose config names the ready adapter, with what these parts say over it. */
function aReadyProject(adapter: string, options: object, more: object = {}): Promise<Project> {
  const config = ({ name, target, redis, lock, adapters }: BaseConfig) => {
    const { throttle } = adapters.acme;
    return { name, adapter, target, redis, lock, adapters: { [adapter]: { throttle, ...options } }, ...more };
  };
  return aProject({ redis, config });
}

const recordedFolder = new URL('../../node_modules/@octokit/fixtures/scenarios/api.github.com/', import.meta.url);

function recorded(scenario: string): { readonly response: never }[] {
  return JSON.parse(
    readFileSync(fileURLToPath(new URL(`${scenario}/normalized-fixture.json`, recordedFolder)), 'utf8'),
  );
}

describe('github', () => {
  const env = { GITHUB_TOKEN: 'not-used-here', GITHUB_REPOSITORY: 'octokit-fixture-org/paginate-issues' };
  // What the recordings were made with: another media type, an older form of the header, pages of three.
  const asRecorded = {
    auth: { type: 'header', name: 'authorization', value: `token ${'1'.padStart(40, '0')}` },
    headers: { accept: 'application/vnd.github.v3+json' },
    resources: { issues: { query: { state: null, sort: null, direction: null, per_page: 3 } } },
  };

  test('reads the recorded issues page by page, and they equal the recording', async () => {
    await using github = await aRecordedGithub();
    const baseUrl = await github.load('paginate-issues');
    await using project = await aReadyProject('github', { baseUrl, ...asRecorded }, { resources: { issues: {} } });
    const run = await project.sync(['run', '--json'], { env });
    expect(run.json()).toMatchObject({ outcome: 'done', pages: 5, hits: 5, records: 13, counts: { created: 13 } });

    const issues = recorded('paginate-issues').flatMap(({ response }) => response as Issue[]);
    expect(issues).toHaveLength(13);
    const rows = project.rows('issues').map(({ id, number, title, author, created_at }) => {
      return { id, number, title, author, created_at };
    });
    const expected = issues.map(({ id, number, title, user, created_at }) => {
      return { id, number, title, author: user.login, created_at };
    });
    expect(rows).toEqual(expected.toSorted((a, b) => a.id - b.id));
  });

  test('asks for the issues that changed since the first page of the pass before', async () => {
    const [issue] = recorded('paginate-issues').flatMap(({ response }) => response as Issue[]);
    await using party = await openScriptedThirdParty(({ url }) => {
      const date = 'Tue, 24 Nov 2026 10:00:00 GMT';
      const title = url.searchParams.has('since') ? 'Mended' : 'Broken';
      return { headers: { date }, body: [{ ...issue, title }] };
    });
    await using project = await aReadyProject('github', { baseUrl: party.url }, { resources: { issues: {} } });
    expect((await project.sync(['run', '--json'], { env })).json().counts).toMatchObject({ created: 1 });
    expect((await project.sync(['run', '--json'], { env })).json().counts).toMatchObject({ updated: 1, deleted: 0 });
    const asked = party.hits.map(({ url }) => url.searchParams.get('since'));
    expect(asked).toEqual([null, expect.stringMatching(/^2026-11-24T09:55:00/)]);
    expect(project.rows('issues')).toMatchObject([{ title: 'Mended' }]);
  });

  test.each([
    ['on one page, one full pass finds it', 100, 1],
    ['on several pages, between which one may slip, two consecutive full passes find it', 2, 2],
  ])('no change reports an issue that is gone: %s', async (_title, per_page, passes) => {
    const issues = recorded('paginate-issues').flatMap(({ response }) => response as Issue[]);
    await using party = await openScriptedThirdParty(({ url }, { records }) => {
      const listed = url.searchParams.has('since') ? [] : records;
      const { headers, body } = collectionPage(url, listed, { dialect: 'link', pageSize: per_page });
      return { headers: { ...(headers as Record<string, string>), date: 'Tue, 24 Nov 2026 10:00:00 GMT' }, body };
    });
    party.set({ records: issues });
    const resources = { issues: { query: { per_page } } };
    await using project = await aReadyProject(
      'github',
      { baseUrl: party.url, resources },
      { resources: { issues: {} } },
    );
    const deleted = async (...args: readonly string[]) => {
      const { outcome, counts } = (await project.sync(['run', '--json', ...args], { env })).json();
      return outcome === 'done' ? counts.deleted : outcome;
    };
    expect(await deleted()).toBe(0);
    const [gone, ...left] = issues;
    party.set({ records: left });

    for (let pass = 1; pass < passes; pass += 1) expect([await deleted(), await deleted('--full')]).toEqual([0, 0]);
    expect([await deleted(), await deleted('--full'), await deleted('--full')]).toEqual([0, 1, 0]);
    expect(project.events('issues.deleted').map(({ subject }) => subject)).toEqual([String(gone?.id)]);
    expect(party.hits.some(({ url }) => url.searchParams.has('since'))).toBe(true);
  });

  test('reads repositories, as GitHub shows one, and leaves pull requests out of the issues', async () => {
    const [{ response: repository } = { response: {} }] = recorded('get-repository').filter(
      ({ response }) => typeof response === 'object' && 'full_name' in response,
    );
    const [issue = {}] = recorded('paginate-issues').flatMap(({ response }) => response as object[]);
    await using party = await openScriptedThirdParty(({ url }) => {
      if (url.pathname === '/user/repos') return { body: [repository] };
      return { body: [issue, { ...issue, id: 7, number: 7, pull_request: { url: 'https://api.example/pulls/7' } }] };
    });
    await using project = await aReadyProject('github', { baseUrl: party.url });
    expect((await project.sync(['run', '--json'], { env })).json()).toMatchObject({ hits: 2, counts: { created: 2 } });
    expect(project.rows('repositories')).toMatchObject([{ name: 'octokit-fixture-org/hello-world', private: 0 }]);
    expect(project.rows('issues')).toMatchObject([{ number: 13 }]);
    expect(party.hits.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill('Bearer not-used-here'));
    expect(party.hits.map(({ url }) => url.searchParams.get('per_page'))).toEqual(['100', '100']);
  });
});

test('editors take what the config may leave out, and find an adapter that is half written', () => {
  const { $schema: _, ...schema } = JSON.parse(
    readFileSync(new URL('../../sync.schema.json', import.meta.url), 'utf8'),
  );
  const isConfig = new Ajv({ strict: false }).compile(schema);
  const eu = { extends: 'stripe', auth: { token: 'of the EU' } };
  expect(isConfig({ name: 'crm', adapter: 'stripe' })).toBe(true);
  expect(isConfig({ name: 'crm', adapter: 'eu', adapters: { eu }, resources: { customers: {} } })).toBe(true);
  expect(isConfig({ name: 'crm', adapter: 'eu', adapters: { eu: { ...eu, type: 'rest' } } })).toBe(false);
});

interface Issue {
  readonly id: number;
  readonly number: number;
  readonly title: string;
  readonly user: { readonly login: string };
  readonly created_at: string;
}

describe('stripe', () => {
  const env = { STRIPE_API_KEY: stripeKey };

  test('reads customers and products whole, then what changed and what is gone', async () => {
    const products = [aStripeProduct(2), aStripeProduct(1)];
    await using party = await openScriptedThirdParty((hit, state) => {
      const records = hit.url.pathname === '/v1/products' ? products : state.records;
      return serveStripe(hit, { ...state, records });
    });
    party.set({ records: stripeCustomers(250) });
    await using project = await aReadyProject('stripe', { baseUrl: `${party.url}/v1` });
    expect((await project.sync(['run', '--json'], { env })).json()).toMatchObject({
      outcome: 'done',
      hits: 4,
      counts: { created: 252 },
    });
    expect(project.rows('products').map(({ name }) => name)).toEqual(['Plan 1', 'Plan 2']);
    expect(project.rows('customers')).toHaveLength(250);
    expect(project.rows('customers')[0]).toMatchObject({
      id: 'cus_00000000000001',
      email: 'person1@example.com',
      address: expect.stringContaining('Oslo'),
      metadata: '{"order":"1"}',
    });

    const left = stripeCustomers(250).filter(({ id }) => !id.endsWith('17'));
    party.set({ records: left.map((one) => (one.id.endsWith('18') ? { ...one, email: null } : one)) });
    const gone = stripeCustomers(250).length - left.length;
    const { counts } = (await project.sync(['run', '--json'], { env })).json();
    expect(counts).toEqual({ created: 0, updated: 3, deleted: gone });
    expect((await project.sync(['run', '--json'], { env })).json().counts).toEqual({
      created: 0,
      updated: 0,
      deleted: 0,
    });
  });

  test('reports that its key is refused, and shows it nowhere', async () => {
    await using party = await openScriptedThirdParty(serveStripe);
    party.set({ records: [aStripeCustomer(1)] });
    await using project = await aReadyProject('stripe', { baseUrl: `${party.url}/v1` });
    const run = await project.sync(['run', '--log-level', 'debug'], { env: { STRIPE_API_KEY: 'sk_test_of_another' } });
    expect(run.exitCode).toBe(77);
    expect(run.stdout + run.stderr).not.toContain('sk_test_of_another');
  });
});

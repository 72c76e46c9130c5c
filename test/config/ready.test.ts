import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { AdapterConfig } from '../../src/config/schema/schema.ts';
import { load, problemsOf } from './a-config.ts';

const folder = fileURLToPath(new URL('../../adapters', import.meta.url));
const env = { GITHUB_TOKEN: 'ghp-secret', GITHUB_REPOSITORY: 'acme/site', STRIPE_API_KEY: 'sk-secret' };
const options = { env, readyAdapters: () => folder };
const loadReady = (config: object) => load({ name: 'crm', ...config }, options);

function rest(adapter: AdapterConfig | undefined) {
  if (adapter?.type !== 'rest') throw new Error('expected an adapter of type rest');
  return adapter;
}

test.each(readdirSync(folder).map((file) => file.replace('.json', '')))(
  '%s is complete with nothing but its name and its variables',
  async (adapter) => {
    const { config, secrets } = await loadReady({ adapter });
    expect(Object.keys(config.resources)).toEqual(Object.keys(rest(config.adapters[adapter]).resources));
    expect(Object.keys(config.resources).length).toBeGreaterThan(0);
    expect(secrets.length).toBeGreaterThan(0);
  },
);

test('variables of resources that the config does not have need not be set', async () => {
  const config = { name: 'crm', adapter: 'github', resources: { repositories: {} } };
  const { GITHUB_REPOSITORY: _, ...without } = env;
  const { config: loaded } = await load(config, { ...options, env: without });
  expect(Object.keys(rest(loaded.adapters.github).resources)).toEqual(['repositories']);
  expect(await problemsOf({ name: 'crm', adapter: 'github' }, { ...options, env: without })).toMatchObject([
    { path: 'adapters.github.resources.issues.path' },
  ]);
});

describe('the config', () => {
  test('has the last word on every part, and null takes one away', async () => {
    const { config } = await loadReady({
      adapter: 'github',
      resources: { issues: { table: 'tickets', onDelete: 'hard', schema: { properties: { body: null } } } },
      adapters: {
        github: {
          auth: { type: 'header', name: 'authorization', value: 'token of mine' },
          throttle: { hits: 10 },
          resources: {
            issues: { path: '/repos/our/own/issues', query: { per_page: 3, sort: null }, map: { body: null } },
          },
        },
      },
    });
    const github = rest(config.adapters.github);
    expect(github.auth).toEqual({ type: 'header', name: 'authorization', value: 'token of mine' });
    expect(github.throttle).toMatchObject({ windows: [{ hits: 10, perMs: 60_000 }] });
    expect(github.resources.issues).toMatchObject({
      path: '/repos/our/own/issues',
      query: { state: 'all', direction: 'asc', per_page: 3 },
      pagination: { type: 'link' },
      map: { id: 'id', author: 'user.login' },
    });
    expect(Object.keys({ ...github.resources.issues?.query, ...github.resources.issues?.map })).not.toContain('body');
    expect(Object.keys(github.resources.issues?.query ?? {})).not.toContain('sort');
    expect(config.resources.issues).toMatchObject({ table: 'tickets', onDelete: 'hard', key: ['id'] });
  });

  test('uses one under another name, by "extends", twice if it likes', async () => {
    const account = (token: string) => ({ extends: 'stripe', auth: { token } });
    const adapters = { eu: account('sk-eu-secret'), us: account('sk-us-secret') };
    const { config } = await loadReady({ adapter: 'eu', resources: { customers: {} }, adapters });
    expect(rest(config.adapters.eu).auth).toEqual({ type: 'bearer', token: 'sk-eu-secret' });
    expect(rest(config.adapters.us).auth).toEqual({ type: 'bearer', token: 'sk-us-secret' });
    expect(config.resources.customers?.key).toEqual(['id']);
  });

  test('that gives an adapter a type has its own, whatever its name', async () => {
    const own = { type: 'file', resources: { issues: { path: './issues.json' } } };
    const schema = { type: 'object', properties: { id: { type: 'string' } } };
    const resources = { issues: { key: 'id', schema } };
    const { config } = await loadReady({ adapter: 'github', resources, adapters: { github: own } });
    expect(config.adapters.github?.type).toBe('file');
    expect(Object.keys(config.resources.issues?.schema.properties ?? {})).toEqual(['id']);
  });

  test('that extends an unknown adapter is refused with the known ones', async () => {
    const config = { name: 'crm', adapter: 'shop', adapters: { shop: { extends: 'stripes' } } };
    await expect(load(config, options)).rejects.toMatchObject({
      exitCode: 78,
      message: expect.stringContaining('github, stripe'),
      hint: 'Did you mean "stripe"?',
    });
  });
});

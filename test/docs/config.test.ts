import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { configTypes } from '../../scripts/config-page/config-types.ts';
import { examples, notes } from '../../scripts/config-page/examples.ts';
import { configJsonSchema } from '../../scripts/config-page/json-schema.ts';
import { configPage, exampleKey, sampleNames } from '../../scripts/config-page/page.ts';
import { type Place, placesOf, type Variant } from '../../scripts/config-page/places.ts';
import { interpolate } from '../../src/config/interpolate.ts';
import { withReadyAdapters } from '../../src/config/ready.ts';
import { configSchema } from '../../src/config/schema/schema.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const places = placesOf(configJsonSchema());
const shown = places.flatMap((place) =>
  place.variants.map((variant) => ({ key: exampleKey(place, variant), place, variant })),
);

const env = {
  ACME_TOKEN: 'token',
  ACME_PASSWORD: 'password',
  ACME_KEY: 'key',
  ACME_SECRET: 'secret',
  ACME_REFRESH_TOKEN: 'token',
  EXPORT_PASSWORD: 'password',
  GITHUB_TOKEN: 'token',
  HEARTBEAT_KEY: 'key',
  HOOK_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  PGPASSWORD: 'password',
  REDIS_PASSWORD: 'password',
  SENTINEL_PASSWORD: 'password',
  SYNC_TOKEN_KEY: 'a secret of thirty-two characters or more',
};

test('docs/config.md is what `npm run docs` makes of the schema', () => {
  expect(readFileSync(`${root}docs/config.md`, 'utf8') === configPage(), 'run "npm run docs"').toBe(true);
});

test('src/written-config.ts is what `npm run docs` makes of the schema', () => {
  expect(readFileSync(`${root}src/written-config.ts`, 'utf8') === configTypes(), 'run "npm run docs"').toBe(true);
});

test('every option of the config has a description', () => {
  const silent = shown.flatMap(({ key, variant }) =>
    variant.options
      .filter(({ name, schema }) => !schema.description && name !== 'type')
      .map(({ name }) => `${key}.${name}`),
  );
  expect(silent).toEqual([]);
});

test('every example belongs to a place of the config', () => {
  expect(Object.keys(examples).toSorted()).toEqual(shown.map(({ key }) => key).toSorted());
});

test('every note belongs to a place of the config', () => {
  expect(Object.keys(notes).filter((path) => !places.some((place) => place.path === path))).toEqual([]);
});

test.each(shown)('the examples of "$key" have every option of it', ({ key, place, variant }) => {
  const inExamples = new Set((examples[key] ?? []).flatMap((example) => Object.keys(Object(example))));
  const missing = variant.options.map(({ name }) => name).filter((name) => !inExamples.has(name));
  const elsewhere = new Set(
    place.variants.flatMap((other) => (examples[exampleKey(place, other)] ?? []).flatMap(keysOf)),
  );
  expect(missing.filter((name) => !isShared(name, place, variant) || !elsewhere.has(name))).toEqual([]);
});

test.each(shown.flatMap(({ key, place }) => (examples[key] ?? []).map((example) => ({ key, place, example }))))(
  'an example of "$key" is a valid config',
  ({ place, example }) => {
    const { value } = interpolate(inConfig(place, example), { env, dir: root });
    const complete = withReadyAdapters(Object(value), 'acme', `${root}adapters`);
    const { issues = [] } = v.safeParse(configSchema, complete);
    expect(issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`)).toEqual([]);
  },
);

test('a link of the page leads to a heading of it', () => {
  const page = configPage();
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  const links = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links.length).toBeGreaterThan(10);
  expect(links.filter((anchor) => !anchors.includes(anchor ?? ''))).toEqual([]);
  expect(new Set(anchors).size).toBe(anchors.length);
  expect(existsSync(`${root}docs/adapters.md`)).toBe(true);
});

function keysOf(example: unknown): string[] {
  return Object.keys(Object(example));
}

/** An option that several types have alike needs an example in one of them. */
function isShared(name: string, { variants }: Place, { type }: Variant): boolean {
  return variants.some((other) => other.type !== type && other.options.some((option) => option.name === name));
}

/** A config in which this is at its place; the objects around it are those of the first examples that have it. */
function inConfig({ path, within }: Place, example: unknown): object {
  if (path === '') return Object(example);
  const [name = '', ...rest] = path.split('.');
  return withMember('', name, rest, example, within);
}

function withMember(
  path: string,
  name: string,
  rest: readonly string[],
  value: unknown,
  within: string | null,
): object {
  const below = path === '' ? name : `${path}.${name}`;
  const [next, ...further] = rest;
  const member = next === undefined ? value : withMember(below, next, further, value, within);
  return { ...around(path, name, within), [sampleNames[name] ?? name]: member };
}

/** The first example of this place that has such a member; for an adapter, of its type. */
function around(path: string, name: string, within: string | null): object {
  const candidates = shown.filter(({ place, variant }) => {
    const type = path === 'adapters.<adapter>' ? variant.type : place.within;
    return place.path === path && (within === null || type === null || type === within);
  });
  const found = candidates.flatMap(({ key }) => examples[key] ?? []);
  return Object(found.find((example) => Object.hasOwn(Object(example), sampleNames[name] ?? name)) ?? found[0]);
}

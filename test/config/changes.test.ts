import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { aConfig, acme, load } from './a-config.ts';

const withResource = (more: object) => {
  const { customers } = acme.resources;
  return aConfig({ adapters: { acme: { ...acme, resources: { customers: { ...customers, ...more } } } } });
};
const bookmark = { field: 'updated_at' };

test('a resource that is asked for changes has a bookmark, tombstones, and a full pass now and then', async () => {
  const { config } = await load(
    withResource({
      mode: 'changes',
      bookmark: { ...bookmark, overlap: '2m', expired: { status: [400] } },
      tombstones: { when: "state == 'gone'", map: { id: '@' } },
      fullEvery: '12h',
    }),
  );
  expect(config.adapters.acme?.resources.customers).toMatchObject({
    mode: 'changes',
    bookmark: { field: 'updated_at', param: 'since', overlapMs: 120_000, expired: { status: [400] } },
    tombstones: { when: "state == 'gone'", map: { id: '@' } },
    fullEveryMs: 43_200_000,
  });
});

test.each([
  [{ mode: 'changes' }, '"bookmark" with "mode": "changes"'],
  [{ bookmark }, '"bookmark" with "mode": "changes"'],
  [{ fullEvery: '1h' }, '"fullEvery" only with "mode": "changes"'],
  [{ mode: 'changes', bookmark: { ...bookmark, header: 'Date' } }, 'one of "field", "header" and "path"'],
  [{ mode: 'changes', bookmark: {} }, 'one of "field", "header" and "path"'],
  [{ mode: 'changes', bookmark: { ...bookmark, format: 'token' } }, 'a format that has an order'],
  [{ mode: 'changes', bookmark: { path: 'seq', overlap: '5m' } }, '"overlap" only where the format is a time'],
  [{ mode: 'changes', bookmark: { ...bookmark, log: true } }, '"log" only with "path" or "header"'],
  [{ tombstones: { field: 'a', path: 'b' } }, 'one of "field", "when", "path" and "from"'],
  [{ tombstones: { field: 'a', from: { path: '/gone' } } }, 'one of "field", "when", "path" and "from"'],
])('%j is refused', async (more, expected) => {
  await expect(load(withResource(more))).rejects.toThrow(expected);
});

/** What a section of the page on adapters writes as JSON at the beginning of its tables' rows. */
function documented(heading: string): object[] {
  const page = readFileSync(new URL('../../docs/adapters.md', import.meta.url), 'utf8');
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const rows = (section.split('\n## ')[0] ?? '').matchAll(/^\|(?: none, or)? `(\{.*?\})` \|/gm);
  return [...rows].map(([, json = '']) => JSON.parse(json));
}

test.each(documented('Any JSON API'))('the documentation says how to go from page to page: %j', async (pagination) => {
  const { config } = await load(withResource({ pagination }));
  expect(config.adapters.acme?.resources.customers).toMatchObject({ pagination });
});

test.each(documented('Only what changed'))('the documentation says what is gone: %j', async (tombstones) => {
  const { config } = await load(withResource({ mode: 'changes', bookmark, tombstones }));
  expect(config.adapters.acme?.resources.customers).toMatchObject({ tombstones });
});

test('the documentation says all of it', () => {
  expect([documented('Any JSON API').length, documented('Only what changed').length]).toEqual([7, 4]);
});

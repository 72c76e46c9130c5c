import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { aConfig, acme, aFolder, customers, problemsOf } from './a-config.ts';

const withMap = (map: object, more: object = {}) =>
  aConfig({ adapters: { acme: { ...acme, resources: { customers: { path: '/customers', map, ...more } } } } });

test.each([
  [{ from: 'created', format: 'date:DD.MM.YY' }, 'date:DD.MM.YY'],
  [{ from: 'created', format: 'epoch' }, 'epoch'],
])('%j is refused, and names the format', async (state, found) => {
  expect(await problemsOf(withMap({ id: 'id', state }))).toMatchObject([
    {
      path: 'adapters.acme.resources.customers.map.state.format',
      expected: expect.stringContaining('"unix", "unix-ms", or "date:" with YYYY'),
      found: JSON.stringify(found),
    },
  ]);
});

test('a format is for a field that can hold a date', async () => {
  const schema = { properties: { id: { type: 'string' }, at: { type: 'integer' } } };
  const config = {
    ...withMap({ id: 'id', at: { from: 'at', format: 'unix' } }),
    resources: { customers: { ...customers, schema } },
  };
  expect(await problemsOf(config)).toEqual([
    {
      path: 'adapters.acme.resources.customers.map.at.format',
      expected: 'no format, or a field of type "string": a format makes a date or a time',
      found: '"unix" for "integer"',
    },
  ]);
});

test('a changed transform is another shape', async () => {
  const dir = await aFolder({
    'sync.config.json': withMap({ id: 'id' }, { transform: './fix.ts' }),
    'fix.ts': 'export default (record: object) => record;',
  });
  const shape = async () => (await loadConfig({ cwd: dir, env: {} })).shapeOf('customers');
  const before = await shape();
  expect(await shape()).toBe(before);
  await writeFile(join(dir, 'fix.ts'), 'export default (record: object) => ({ ...record });');
  expect(await shape()).not.toBe(before);
});

test.each([
  [{ writeOnce: 'id' }, 'a field that is not part of the key or of `match`', '"id"'],
  [{ writeOnce: ['email'], match: 'email' }, 'a field that is not part of the key or of `match`', '"email"'],
  [{ writeOnce: 'state', onDelete: { set: { state: 'gone' } } }, 'a field that `onDelete` does not set', '"state"'],
  [{ writeOnce: 'stat' }, 'a field of the schema', '"stat"'],
])('%j is refused', async (parts, expected, found) => {
  const config = { ...aConfig(), resources: { customers: { ...customers, ...parts } } };
  expect(await problemsOf(config)).toMatchObject([{ path: 'resources.customers.writeOnce', expected, found }]);
});

test.each([
  [{ of: 'customers', path: '/x/{id}' }, {}, 'another resource', '"customers"'],
  [{ of: 'peopel', path: '/x/{id}' }, {}, 'the name of another resource', '"peopel"'],
  [{ of: 'people', path: '/x' }, {}, '{id}, of the key of "people"', '"/x"'],
  [
    { of: 'people', path: '/x/{id}' },
    { match: 'email' },
    expect.stringContaining('a resource without `match`'),
    '"people"',
  ],
])('children by %j are refused', async (children, parent, expected, found) => {
  const people = { path: '/people' };
  const config = aConfig({
    resources: { customers, people: { ...customers, table: 'people', ...parent } },
    adapters: { acme: { ...acme, resources: { customers: { ...children, map: { id: 'id' } }, people } } },
  });
  expect(await problemsOf(config)).toMatchObject([{ expected, found }]);
});

import { expect, test } from 'vitest';
import { mostPaths, PathSampler } from '../../../src/pass/paths/path-sampler.ts';

function pathsOf(...records: readonly unknown[]) {
  const sampler = new PathSampler();
  for (const record of records) sampler.note(record);
  return sampler.found();
}

test('names each field of a record as a map would, and counts the records that have it by type', () => {
  const found = pathsOf(
    { id: 1, contact: { email: 'ada@example.com' }, fax: null, labels: [{ name: 'a' }, { name: 'b' }, 7] },
    { id: 'x', contact: null, fax: null, 'first name': 'Bob', 'a.b': true },
  );
  expect(found).toEqual({
    records: 2,
    hasMore: false,
    paths: {
      id: { number: 1, string: 1 },
      contact: { object: 1, null: 1 },
      'contact.email': { string: 1 },
      fax: { null: 2 },
      labels: { array: 1 },
      'labels[]': { object: 1, number: 1 },
      'labels[].name': { string: 1 },
      '"first name"': { string: 1 },
      '"a.b"': { boolean: 1 },
    },
  });
});

test('a name that is a value itself is an asterisk', () => {
  const { paths } = pathsOf({
    prices: { '2026-01-31': 1, '2026-02-01': 2 },
    byId: { 17: { name: 'a' }, 18: { name: 'b', age: 3 } },
    'ada@example.com': 1,
  });
  expect(Object.keys(paths)).toEqual(['prices', 'prices.*', 'byId', 'byId.*', 'byId.*.name', 'byId.*.age', '*']);
  expect(paths['byId.*']).toEqual({ object: 1 });
});

test('keeps at most six steps and three hundred paths, and says that there are more', () => {
  const deep = pathsOf({ a: { b: { c: { d: { e: { f: { g: 1 } } } } } } });
  expect(Object.keys(deep.paths).at(-1)).toBe('a.b.c.d.e.f');
  expect(deep.hasMore).toBe(true);

  const names = Array.from({ length: mostPaths + 50 }, (_, at) => [`field_${at}`, at] as const);
  const wide = [names.slice(0, 200), names.slice(150)].map((some) => Object.fromEntries(some));
  expect(pathsOf(wide[0])).toMatchObject({ hasMore: false });
  const found = pathsOf(...wide);
  expect(Object.keys(found.paths)).toHaveLength(mostPaths);
  expect(found.hasMore).toBe(true);
});

test('looks at the first hundred records of a page, and at ever fewer of the others', () => {
  const after = (count: number) => {
    const sampler = new PathSampler();
    for (let at = 0; at < count; at += 1) sampler.note({ at });
    return sampler.found().records;
  };
  expect([after(5), after(100), after(1000), after(100_000)]).toEqual([5, 100, 115, 148]);
});

test('a record that is not an object, and names that JavaScript reserves, do no harm', () => {
  const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "toString": null}');
  const { paths, records } = pathsOf(null, 'text', [1], 7n, hostile);
  expect(records).toBe(5);
  expect(Object.entries(paths)).toEqual([
    ['__proto__', { object: 1 }],
    ['__proto__.polluted', { number: 1 }],
    ['constructor', { number: 1 }],
    ['toString', { null: 1 }],
  ]);
  expect(({} as { polluted?: number }).polluted).toBeUndefined();
});

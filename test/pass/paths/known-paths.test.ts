import { describe, expect, test } from 'vitest';
import type { FieldPaths, TypeCounts } from '../../../src/field-paths.ts';
import { compareShapes, learnPaths, sumPaths } from '../../../src/pass/paths/known-paths.ts';
import { mostPaths } from '../../../src/pass/paths/path-sampler.ts';

function seen(records: number, paths: Readonly<Record<string, TypeCounts>>, hasMore = false): FieldPaths {
  return { records, paths, hasMore };
}

function compared(known: FieldPaths, now: FieldPaths, isWhole = true): string[] {
  return compareShapes(known, now, { isWhole, at: 5, pass: 2 }).map(
    ({ path, is, from, to }) => `${is} ${path}: ${from} > ${to}`,
  );
}

const twenty = seen(20, { id: { string: 20 }, fax: { string: 15, null: 5 } });

describe('the shape of the records has changed', () => {
  test('where a path is new, gone, always null, or has values of another type', () => {
    const known = seen(20, { a: { string: 20 }, b: { number: 20 }, c: { string: 20 }, d: { null: 20 } });
    const now = seen(20, { b: { null: 20 }, c: { number: 19, null: 1 }, d: { string: 20 }, e: { boolean: 20 } });
    expect(compared(known, now)).toEqual([
      'gone a: string > ',
      'always-null b: number > ',
      'other-type c: string > number',
      'new e:  > boolean',
    ]);
    expect(compareShapes(known, now, { isWhole: true, at: 5, pass: 2 })[0]).toEqual({
      ...{ path: 'a', is: 'gone', from: ['string'], to: [], at: 5, pass: 2 },
    });
  });

  test('in no way if the records are the same, or if one type of several is missing', () => {
    expect(compared(twenty, twenty)).toEqual([]);
    const mixed = seen(20, { a: { string: 10, number: 10 } });
    expect(compared(mixed, seen(20, { a: { number: 20 } }))).toEqual([]);
  });

  test('only where it is not by chance: what is rare, and what few records lack, is not gone', () => {
    const rare = seen(200, { id: { string: 200 }, note: { string: 3 }, code: { string: 40, null: 160 } });
    expect(compared(rare, seen(200, { id: { string: 200 }, code: { null: 200 } }))).toEqual([
      'always-null code: string > ',
    ]);
    expect(compared(twenty, seen(1, { id: { string: 1 } }))).toEqual([]);
    expect(compared(seen(4, { a: { string: 4 } }), seen(4, {}))).toEqual([]);
    expect(compared(seen(5, { a: { string: 5 } }), seen(5, {}))).toEqual(['gone a: string > ']);
  });

  test('once: what leads on from a changed path is not named as well', () => {
    const known = seen(20, {
      a: { object: 20 },
      'a.b': { array: 20 },
      'a.b[]': { object: 20 },
      'a.b[].c': { string: 20 },
    });
    expect(compared(known, seen(20, { other: { string: 20 } }))).toEqual(['gone a: object > ', 'new other:  > string']);
    const listless = seen(20, { a: { object: 20 }, 'a.b': { string: 20 } });
    expect(compared(known, listless)).toEqual(['other-type a.b: array > string']);
    expect(compared(listless, known)).toEqual(['other-type a.b: string > array']);
    const quoted = seen(20, { '"x.y"': { object: 20 }, '"x.y".z': { string: 20 }, x: { string: 20 } });
    expect(compared(quoted, seen(20, { x: { number: 20 } }))).toEqual([
      'gone "x.y": object > ',
      'other-type x: string > number',
    ]);
  });

  test('as far as a pass of changes shows: what it does not bring is not judged', () => {
    const now = seen(50, { id: { number: 50 }, fax: { null: 50 }, tel: { string: 50 } });
    expect(compared(twenty, now, false)).toEqual(['other-type id: string > number', 'new tel:  > string']);
  });

  test('as far as there was room to keep paths', () => {
    const full = seen(20, Object.fromEntries(Array.from({ length: mostPaths }, (_, at) => [`f${at}`, { string: 20 }])));
    expect(compared(full, seen(20, { ...full.paths, extra: { string: 20 } }))).toEqual([]);
    expect(compared(seen(20, { ...full.paths, extra: { string: 20 } }), full)).toEqual([]);
  });
});

describe('what is known', () => {
  test('is the last whole pass, with what is rare of those before it', () => {
    const known = seen(100, {
      id: { string: 100 },
      note: { string: 2 },
      code: { string: 99, number: 1 },
      fax: { string: 90 },
    });
    const now = seen(50, { id: { string: 50 }, code: { string: 50 }, tel: { string: 50 } });
    const learnt = learnPaths(known, now, { isWhole: true });
    expect(learnt).toEqual(
      seen(50, { id: { string: 50 }, code: { string: 50, number: 1 }, tel: { string: 50 }, note: { string: 1 } }),
    );
    expect(compared(learnt, seen(50, { ...now.paths, note: { string: 1 }, code: { number: 2, string: 48 } }))).toEqual(
      [],
    );
    expect(compared(learnt, seen(50, { ...now.paths, fax: { string: 50 } }))).toEqual(['new fax:  > string']);
  });

  test('grows by what a pass of changes has brought, and loses nothing', () => {
    const now = seen(3, { id: { number: 3 }, tel: { string: 3 } });
    expect(learnPaths(twenty, now, { isWhole: false })).toEqual(
      seen(20, { id: { string: 20, number: 1 }, fax: { string: 15, null: 5 }, tel: { string: 1 } }),
    );
  });

  test('of a pass is the sum of its pages', () => {
    expect(sumPaths(null, twenty)).toBe(twenty);
    expect(sumPaths(twenty, seen(5, { id: { number: 5 }, tel: { string: 5 } }, true))).toEqual(
      seen(25, { id: { string: 20, number: 5 }, fax: { string: 15, null: 5 }, tel: { string: 5 } }, true),
    );
  });
});

import { expect, test } from 'vitest';
import { type FieldPaths, noPaths, type StoredPaths, type TypeCounts } from '../../../src/field-paths.ts';
import { pathsAfterPage, pathsAtEnd, pathsAtStart } from '../../../src/pass/paths/pass-paths.ts';

function page(paths: Readonly<Record<string, TypeCounts>>, records = 10): FieldPaths {
  return { records, paths, hasMore: false };
}

function passed(before: StoredPaths | null, found: FieldPaths | null, pass = 1, shape = 'shape'): StoredPaths {
  const started = pathsAtStart(before ?? noPaths(shape), { shape });
  const walked = found === null ? started : pathsAfterPage(started, found);
  return pathsAtEnd(walked, { isWhole: true, at: pass * 1000, pass });
}

const first = passed(null, page({ id: { string: 10 }, fax: { string: 10 } }));

test('the first complete pass is what the next ones are compared with', () => {
  expect(first).toMatchObject({ known: { records: 10 }, passing: null, changes: [] });
  const second = passed(first, page({ id: { string: 10 } }), 2);
  expect(second.changes).toEqual([{ path: 'fax', is: 'gone', from: ['string'], to: [], at: 2000, pass: 2 }]);
  expect(passed(second, page({ id: { string: 10 } }), 3).changes).toEqual(second.changes);
});

test('a pass without records, or whose page was not modified, changes nothing', () => {
  expect(passed(first, null, 2)).toEqual(first);
  expect(passed(first, page({}, 0), 2)).toEqual(first);
});

test('a new shape is compared with nothing, and keeps what was found before', () => {
  const second = passed(first, page({ id: { string: 10 } }), 2);
  const swapped = passed(second, page({ key: { number: 10 } }), 3, 'other');
  expect(swapped).toMatchObject({ shape: 'other', known: { paths: { key: { number: 10 } } }, changes: second.changes });
});

test('a pass that is started again forgets what its pages have shown', () => {
  const walking = pathsAfterPage(noPaths('shape'), page({ odd: { string: 10 } }));
  expect(passed(walking, page({ id: { string: 10 } }))).toMatchObject({ known: { paths: { id: { string: 10 } } } });
});

test('the last twenty changes are kept, newest first', () => {
  let stored = passed(null, page({ f0: { string: 10 } }));
  for (let pass = 2; pass < 30; pass += 1)
    stored = passed(stored, page({ f0: { string: 10 }, [`f${pass}`]: { string: 1 } }), pass);
  expect(stored.changes).toHaveLength(20);
  expect(stored.changes[0]).toMatchObject({ path: 'f29', is: 'new' });
});

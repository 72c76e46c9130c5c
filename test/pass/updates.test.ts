import { describe, expect, test } from 'vitest';
import { SeenSet } from '../../src/pass/seen-set.ts';
import { heldTogether, judgeUpdates, updateLimit } from '../../src/pass/updates.ts';
import { aCheckpoint } from './a-pass.ts';

const guard = { maxUpdates: { ratio: 0.2 }, windowMs: 10_000 };
const startedAt = 100_000;
const begun = (liveAtStart: number, changes: object = {}) => aCheckpoint({ startedAt, liveAtStart, ...changes });
const heldOf = (live: number) => ({ pass: 1, count: 60, live, because: 'many', at: 1 });

function idsTo(count: number): SeenSet {
  const set = new SeenSet();
  for (let id = 1; id <= count; id += 1) set.add(id);
  return set;
}

describe('the rows that a pass may update are', () => {
  test.each([
    ['a share of those that were live before', begun(100), { live: 100, allowed: 20 }],
    ['three, where a share is less', begun(4), { live: 4, allowed: 3 }],
    [
      'a share of those that were live when the window began',
      begun(500, { deletions: [{ at: 91_000, live: 100, deleted: 0 }] }),
      { live: 100, allowed: 20 },
    ],
    [
      'a share of those that were live when updates were first held',
      begun(500, { heldUpdates: heldOf(100) }),
      { live: 100, allowed: 20 },
    ],
    ['not limited in a first load', begun(0), null],
    ['not limited in a pass that an earlier release has begun', aCheckpoint({ startedAt }), null],
  ])('%s', (_title, checkpoint, limit) => {
    expect(updateLimit(checkpoint, guard)).toEqual(limit);
  });

  test('as many as a count of the config says, and not limited without one', () => {
    expect(updateLimit(begun(100), { ...guard, maxUpdates: { count: 0 } })).toEqual({ live: 100, allowed: 0 });
    expect(updateLimit(begun(100), { windowMs: 1 })).toBeNull();
  });
});

test('more rows than that are held, all of them', () => {
  const limit = { live: 100, allowed: 20 };
  expect(judgeUpdates(idsTo(20), limit, { pass: 3, at: 7 })).toBeNull();
  expect(judgeUpdates(idsTo(21), limit, { pass: 3, at: 7 })).toEqual({
    ...{ pass: 3, count: 21, live: 100, at: 7 },
    because: '21 of 100 rows would be updated; the guard allows 20',
  });
  expect(judgeUpdates(idsTo(21), null, { pass: 3, at: 7 })).toBeNull();
});

test('one number permits the updates and the empty values that are held', () => {
  const heldEmptied = { pass: 1, count: 10, columns: [], because: 'few', at: 1 };
  const heldUpdates = heldOf(100);
  expect(heldTogether({ heldEmptied, heldUpdates })).toEqual({ pass: 1, count: 70, because: 'many; few' });
  expect(heldTogether({ heldEmptied })).toEqual({ pass: 1, count: 10, because: 'few' });
  expect(heldTogether({ heldEmptied: { ...heldEmptied, count: 0 } })).toBeNull();
  expect(heldTogether({})).toBeNull();
});

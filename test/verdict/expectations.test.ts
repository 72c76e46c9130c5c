import { expect, test } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint.ts';
import type { Expectations } from '../../src/expectations.ts';
import { unmetExpectations, unmetSentence } from '../../src/verdict/expectations.ts';
import { aCheckpoint } from '../pass/a-pass.ts';

const hour = 3_600_000;

function unmet(changes: Partial<Checkpoint>, expectations: Expectations, now = 100 * hour) {
  return unmetExpectations({ ...aCheckpoint({ completedAt: 50 * hour }), ...changes }, expectations, now);
}

test('nothing changes, if the last complete pass ended longer than that after the last change', () => {
  const within = { changeWithinMs: 2 * hour };
  expect(unmet({ changedAt: 48 * hour }, within)).toEqual([]);
  expect(unmet({ changedAt: 47 * hour }, within)).toEqual([
    { is: 'nothing-changes', since: 47 * hour, forMs: 3 * hour, withinMs: 2 * hour },
  ]);
});

test('nothing is judged before a pass is complete, of a time that is to come, or where it is not known', () => {
  const all = { changeWithinMs: hour, records: { min: 10 } };
  expect(unmetExpectations(null, all, 0)).toEqual([]);
  expect(unmet({ changedAt: 0, lastCount: 1, completedAt: null }, all)).toEqual([]);
  expect(unmet({ changedAt: 0, lastCount: 1 }, all, 49 * hour)).toEqual([]);
  expect(unmet({}, all)).toEqual([]);
  expect(unmet({ changedAt: 0, lastCount: 1 }, {})).toEqual([]);
});

test.each([
  [9, [{ is: 'too-few-records', since: 50 * hour, records: 9, min: 10 }]],
  [10, []],
  [20, []],
  [21, [{ is: 'too-many-records', since: 50 * hour, records: 21, max: 20 }]],
])('a snapshot of %i records is judged by the least and the most', (lastCount, found) => {
  expect(unmet({ lastCount }, { records: { min: 10, max: 20 } })).toEqual(found);
});

test('a number of records is wrong since the first of the consecutive snapshots in which it was', () => {
  const [found] = unmet({ lastCount: 0, countUnmetSince: 7 * hour }, { records: { min: 10 } });
  expect(found).toMatchObject({ is: 'too-few-records', since: 7 * hour });
});

test('a sentence names the option and both numbers', () => {
  const found = unmet({ changedAt: 0, lastCount: 3 }, { changeWithinMs: 48 * hour, records: { min: 10 } }).map((each) =>
    unmetSentence('people', each),
  );
  expect(found).toEqual([
    'nothing of people has changed for 2d 2h; "expect.changeWithin" is 2d',
    'the last snapshot of people brought 3 records; "expect.records.min" is 10',
  ]);
  const [tooMany] = unmet({ lastCount: 30 }, { records: { max: 20 } });
  expect(tooMany && unmetSentence('people', tooMany)).toMatch(/brought 30 records; "expect.records.max" is 20$/);
});

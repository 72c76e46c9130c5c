import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  baseOf,
  confirmationsNeeded,
  hasTooManyRejects,
  heldSince,
  judge,
  noteDeletions,
  type PassEnd,
} from '../../src/pass/guard.ts';
import { aGuard, progressed } from './a-pass.ts';

const now = 10_000_000_000;
const day = 86_400_000;
const end = (changes: Partial<PassEnd> = {}): PassEnd => ({
  mode: 'snapshot',
  progress: progressed(),
  maxRejectRatio: 0.05,
  live: 100,
  gone: 0,
  deletions: [],
  permitted: 0,
  now,
  ...changes,
});
const verdict = (changes: Partial<PassEnd> = {}, guard = aGuard) => judge(end(changes), guard).delete;

describe('a pass deletes nothing', () => {
  test.each([
    ['if the pages moved', { shifted: true }],
    ['if too many records were rejected', { rejected: 6 }],
    ['if a record has no readable key', { keyless: 1, rejected: 1 }],
    ['if the third party has more records than came', { total: 101 }],
  ])('%s, whatever is permitted', (_title, progress) => {
    expect(verdict({ progress: progressed(progress), gone: 1, permitted: 1 })).toBe('none');
  });

  test('for rejected records only if they are more than allowed', () => {
    expect(hasTooManyRejects(end({ progress: progressed({ records: 0 }), maxRejectRatio: 0 }))).toBe(false);
    expect(hasTooManyRejects(end({ progress: progressed({ rejected: 5 }) }))).toBe(false);
  });
});

describe('the guard', () => {
  test.each([
    [20, 'all'],
    [21, 'held'],
  ])('judges %i deletions of 100 rows by its default: %s', (gone, expected) => {
    expect(verdict({ gone })).toBe(expected);
  });

  test('takes a number of rows instead of a share', () => {
    const guard = { ...aGuard, maxDeletes: { count: 5 } };
    expect([verdict({ gone: 5 }, guard), verdict({ gone: 6 }, guard)]).toEqual(['all', 'held']);
  });

  test('says how many would be deleted, of how many, and what it allows', () => {
    expect(judge(end({ gone: 30, deletions: [{ at: now - 1, live: 110, deleted: 10 }] }), aGuard)).toEqual({
      delete: 'held',
      because: '30 of 100 rows would be deleted (10 more were deleted in the last 24 h); the guard allows 20',
    });
  });

  test('counts what would be deleted of the rows that there are, also where it is measured by fewer', () => {
    const deletions = [{ at: now - 1, live: 10, deleted: 0 }];
    expect(judge(end({ live: 60, gone: 50, deletions }), aGuard)).toEqual({
      delete: 'held',
      because: '50 of 60 rows would be deleted; the guard allows 3, by the 10 rows that there were before',
    });
  });

  test('says of one earlier deletion that it was made', () => {
    const { because } = judge(end({ gone: 30, deletions: [{ at: now - 1, live: 101, deleted: 1 }] }), aGuard) as {
      because: string;
    };
    expect(because).toContain('(1 more was deleted in the last 24 h)');
  });

  test('allows three deletions where a share of few rows is less, and no more', () => {
    expect([verdict({ live: 9, gone: 3 }), verdict({ live: 9, gone: 4 })]).toEqual(['all', 'held']);
    expect([verdict({ live: 4, gone: 3 }), verdict({ live: 19, gone: 4 })]).toEqual(['all', 'held']);
  });

  test('measures what it still holds by what it was first measured by, however long ago that was', () => {
    const first = end({ live: 550, liveAtStart: 100, gone: 100 });
    const since = heldSince(first, aGuard, judge(first, aGuard));
    expect(since).toEqual({ base: 100, liveAtStart: 100 });
    const days = [{ at: now - 2 * day, live: 550, deleted: 0 }];
    expect(verdict({ live: 550, gone: 100, deletions: days })).toBe('all');
    const later = { live: 550, deletions: days, since };
    expect([verdict({ ...later, gone: 100 }), verdict({ ...later, gone: 21 })]).toEqual(['held', 'held']);
    expect(verdict({ ...later, gone: 20 })).toBe('all');
  });

  test('forgets what it measured by once a pass deletes all that is gone, and keeps it after one that proves nothing', () => {
    const since = { base: 3, liveAtStart: 3 };
    expect(heldSince(end({ since }), aGuard, { delete: 'all' })).toBeNull();
    expect(heldSince(end({ since }), aGuard, { delete: 'none', because: '' })).toEqual(since);
    expect(verdict({ live: 453, liveAtStart: 453, gone: 3, since })).toBe('held');
  });

  test('takes for all rows those that were live when the pass began, however few the window began with', () => {
    const grown = { live: 60, deletions: [{ at: now - 1, live: 1, deleted: 0 }] };
    expect([verdict({ ...grown, gone: 3 }), verdict({ ...grown, gone: 4 })]).toEqual(['all', 'held']);
    const free = { ...aGuard, maxDeletes: { count: 1_000_000 } };
    expect([verdict({ ...grown, gone: 59 }, free), verdict({ ...grown, gone: 60 }, free)]).toEqual(['all', 'held']);
  });

  test.each([
    [3, 'all 3 rows would be deleted; the guard never allows that'],
    [1, 'the only row would be deleted; the guard never allows that'],
  ])('never allows all rows of a table to go: %i', (live, because) => {
    for (const maxDeletes of [{ ratio: 1 }, { count: 100 }])
      expect(judge(end({ live, gone: live }), { ...aGuard, maxDeletes })).toEqual({ delete: 'held', because });
  });

  test('measures by the rows that were live when the pass began, not by those that the pass has made', () => {
    expect([
      verdict({ live: 550, liveAtStart: 100, gone: 20 }),
      verdict({ live: 550, liveAtStart: 100, gone: 21 }),
    ]).toEqual(['all', 'held']);
    expect(verdict({ live: 450, liveAtStart: 3, gone: 3 })).toBe('held');
  });

  test('lets go what the pass itself has made', () => {
    expect(verdict({ live: 10, liveAtStart: 0, gone: 10 })).toBe('all');
  });

  test('measures by the rows that were live when its window began, where these are fewer', () => {
    const deletions = [{ at: now - 1, live: 100, deleted: 0 }];
    expect(verdict({ live: 550, liveAtStart: 550, gone: 100, deletions })).toBe('held');
    const before = [{ at: now - 2 * day, live: 90, deleted: 10 }, ...deletions];
    expect(baseOf(end({ live: 550, liveAtStart: 550, deletions: before }), aGuard)).toBe(80);
    expect(baseOf(end({ live: 50, liveAtStart: 50, deletions: before }), aGuard)).toBe(50);
  });

  test('holds an empty snapshot over live rows, however few', () => {
    const progress = progressed({ records: 0 });
    expect(verdict({ progress, live: 1, gone: 1 })).toBe('held');
    expect(verdict({ progress, live: 0, gone: 0 })).toBe('all');
    expect(verdict({ progress, live: 1, gone: 1, permitted: 1 })).toBe('all');
  });

  test('counts what was deleted in its window', () => {
    const deletions = [{ at: now - day + 1, live: 100, deleted: 10 }];
    expect([verdict({ live: 90, gone: 8, deletions }), verdict({ live: 90, gone: 9, deletions })]).toEqual([
      'all',
      'held',
    ]);
  });

  test('forgets what was deleted before its window', () => {
    expect(verdict({ live: 85, gone: 17, deletions: [{ at: now - day, live: 100, deleted: 15 }] })).toBe('all');
  });

  test('stays strict if there were many rows when its window began and there are few now', () => {
    expect(verdict({ live: 5, gone: 5, deletions: [{ at: now - 1, live: 100, deleted: 20 }] })).toBe('held');
  });

  test('allows what is permitted, and judges the rest by itself', () => {
    expect([verdict({ gone: 50, permitted: 50 }), verdict({ gone: 70, permitted: 50 })]).toEqual(['all', 'all']);
    expect(judge(end({ gone: 71, permitted: 50 }), aGuard)).toMatchObject({
      because: '21 of 100 rows would be deleted; the guard allows 20',
    });
  });

  test('never allows more in a window than its share, in however many passes', () => {
    const steps = fc.array(fc.record({ gone: fc.nat(60), waitMs: fc.nat(day / 4) }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (passes) => {
        let live = 200;
        let at = now;
        let deletions: PassEnd['deletions'] = [];
        for (const { gone, waitMs } of passes) {
          at += waitMs;
          const going = Math.min(gone, live);
          if (verdict({ live, gone: going, deletions, now: at }) !== 'all' || going === 0) continue;
          deletions = noteDeletions(deletions, { at, live, deleted: going }, day);
          live -= going;
          const recent = deletions.filter((entry) => entry.at > at - day);
          const sum = recent.reduce((total, { deleted }) => total + deleted, 0);
          expect(sum).toBeLessThanOrEqual(Math.max(3, (recent[0]?.live ?? 0) * 0.2));
          expect(live).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe('the end of a changes pass', () => {
  const changes = (found: Partial<PassEnd>) => judge(end({ mode: 'changes', ...found }), aGuard);

  test('deletes what has a tombstone, whatever the pass left out', () => {
    const progress = progressed({ shifted: true, total: 1000 });
    expect([changes({ gone: 20 }), changes({ gone: 20, progress }), changes({ gone: 0 })]).toEqual(
      Array(3).fill({ delete: 'all' }),
    );
  });

  test('is held if there are too many tombstones, unless they are permitted', () => {
    expect(changes({ gone: 21 })).toEqual({
      delete: 'held',
      because: '21 of 100 rows would be deleted; the guard allows 20; the next pass judges again',
    });
    expect(changes({ gone: 21, permitted: 21 })).toEqual({ delete: 'all' });
  });

  test('proves nothing if its credentials have changed', () => {
    const progress = progressed({ isMixed: true });
    const because =
      'the credentials changed while the pages were read, so that they may be of two accounts; the next pass judges again';
    expect([changes({ gone: 0, progress }), changes({ gone: 1, progress })]).toEqual(
      Array(2).fill({ delete: 'none', because }),
    );
  });

  test('deletes nothing if more records were rejected than a share of all live rows', () => {
    const rejected = (count: number) => changes({ gone: 1, progress: progressed({ records: 10, rejected: count }) });
    expect(rejected(5)).toEqual({ delete: 'all' });
    expect(rejected(6)).toEqual({
      delete: 'none',
      because: '6 of 10 records were rejected; the next pass judges again',
    });
  });
});

test.each([
  [3_600_000, 'in the last 1 h'],
  [5_400_000, 'in the last 90 min'],
])('a window of %i ms reads "%s"', (windowMs, text) => {
  const deletions = [{ at: now - 1, live: 100, deleted: 20 }];
  expect(judge(end({ gone: 1, deletions }), { ...aGuard, windowMs })).toMatchObject({
    because: expect.stringContaining(text),
  });
});

describe('recent deletions', () => {
  test('that are close together are one entry, with the rows before the first', () => {
    const first = noteDeletions([], { at: now, live: 100, deleted: 3 }, day);
    expect(noteDeletions(first, { at: now + 1000, live: 97, deleted: 2 }, day)).toEqual([
      { at: now, live: 100, deleted: 5 },
    ]);
  });

  test('that are apart are entries of their own, and of the old ones only the newest is kept', () => {
    const first = noteDeletions([], { at: now, live: 100, deleted: 3 }, day);
    const second = noteDeletions(first, { at: now + day / 2, live: 97, deleted: 2 }, day);
    expect(second).toHaveLength(2);
    const third = noteDeletions(second, { at: now + day, live: 95, deleted: 1 }, day);
    expect(third.map(({ live }) => live)).toEqual([100, 97, 95]);
    const fourth = noteDeletions(third, { at: now + day * 1.6, live: 94, deleted: 1 }, day);
    expect(fourth.map(({ live }) => live)).toEqual([97, 95, 94]);
  });

  test('stay few, however often there are some', () => {
    let deletions: PassEnd['deletions'] = [];
    for (let minute = 0; minute < 3000; minute += 1)
      deletions = noteDeletions(deletions, { at: now + minute * 60_000, live: 100, deleted: 1 }, day);
    expect(deletions.length).toBeLessThanOrEqual(98);
  });
});

test.each([
  ['auto', 1, false, 1],
  ['auto', 2, false, 2],
  ['auto', 2, true, 1],
  ['auto', 0, false, 1],
  [3, 1, true, 3],
] as const)('confirm %s over %i pages, stable: %s, asks for %i passes', (confirm, pages, isStable, passes) => {
  expect(confirmationsNeeded({ ...aGuard, confirm }, pages, isStable)).toBe(passes);
});

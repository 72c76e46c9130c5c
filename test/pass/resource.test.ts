import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { chooseResource, isBackingOff, type Progressing } from '../../src/pass/resource.ts';
import { aCheckpoint, aGuard } from './a-pass.ts';

const now = 100_000;
function aWork(resource: string, checkpoint: Checkpoint | null, everyMs = 60_000): Progressing {
  const table = { resource, table: resource, key: ['id'], columns: [], mapped: [], onDelete: 'soft' } as const;
  const prepare = () => ({ key: null, reasons: [], raw: null });
  return {
    resource: { table, prepare, shape: 'shape', everyMs, maxRejectRatio: 0, maxPages: 10, guard: aGuard },
    checkpoint,
  };
}
const done = (completedAt: number, triedAt = completedAt) => aCheckpoint({ phase: 'done', completedAt, triedAt });
const cause = { exitCode: 69, message: '500' } as const;
const backing = (until: number) => aCheckpoint({ backOff: { until, cause }, triedAt: 1 });
const chosen = (...works: Progressing[]) => chooseResource(works, now)?.resource.table.resource;

describe('the resource to work on', () => {
  test('is none where nothing is due', () => {
    expect(chosen()).toBeUndefined();
    expect(chosen(aWork('a', done(now - 59_999)))).toBeUndefined();
  });

  test('is the one tried least recently, one that was never tried first', () => {
    const a = aWork('a', aCheckpoint({ triedAt: 30 }));
    const b = aWork('b', aCheckpoint({ triedAt: 20 }));
    expect(chosen(a, b)).toBe('b');
    expect(chosen(a, b, aWork('c', null))).toBe('c');
  });

  test('is one that is unfinished as well as one that is due', () => {
    expect(chosen(aWork('a', done(now - 60_000, 50)), aWork('b', aCheckpoint({ triedAt: 40 })))).toBe('b');
  });

  test('is not one that is backing off, however long it was not tried', () => {
    expect(chosen(aWork('sick', backing(now + 1)), aWork('well', aCheckpoint({ triedAt: 99 })))).toBe('well');
    expect(chosen(aWork('sick', backing(now)))).toBe('sick');
  });
});

test('another shape ends a back-off: it is another question', () => {
  const work = aWork('a', { ...backing(now + 1), shape: 'other' });
  expect(isBackingOff(work, now)).toBe(false);
  expect(chosen(work)).toBe('a');
});

describe('what a clock ahead of this one has noted', () => {
  test('keeps no resource away: not a back-off, and not the end of a pass', () => {
    const ahead = now + 3_600_000;
    expect(chosen(aWork('a', aCheckpoint({ backOff: { until: ahead + 10, cause }, triedAt: ahead })))).toBe('a');
    expect(chosen(aWork('a', done(ahead)))).toBe('a');
  });

  test('does not make one the last in turn', () => {
    const ahead = aWork('ahead', aCheckpoint({ triedAt: now + 3_600_000 }));
    expect(chosen(aWork('a', aCheckpoint({ triedAt: 20 })), ahead)).toBe('ahead');
  });
});

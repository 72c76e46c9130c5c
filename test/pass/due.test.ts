import { describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { choosePass, isBackingOff, isDue, type Progressing } from '../../src/pass/due.ts';
import { aCheckpoint, aGuard } from './a-pass.ts';

const now = 100_000;
function aPass(resource: string, checkpoint: Checkpoint | null, everyMs = 60_000): Progressing {
  const table = { resource, table: resource, key: ['id'], columns: [], mapped: [], onDelete: 'soft' } as const;
  const prepare = () => ({ key: null, reasons: [], raw: null });
  return {
    resource: {
      table,
      prepare,
      hash: () => '',
      shape: 'shape',
      everyMs,
      maxRejectRatio: 0,
      maxPages: 10,
      guard: aGuard,
    },
    checkpoint,
  };
}
const done = (completedAt: number, triedAt = completedAt) => aCheckpoint({ phase: 'done', completedAt, triedAt });
const cause = { exitCode: 69, message: '500' } as const;
const backing = (until: number) => aCheckpoint({ backOff: { until, cause }, triedAt: 1 });
const chosen = (...passes: Progressing[]) => choosePass(passes, now)?.resource.table.resource;

describe('the pass to work on', () => {
  test('is none if nothing is due', () => {
    expect(chosen()).toBeUndefined();
    expect(chosen(aPass('a', done(now - 59_999)))).toBeUndefined();
  });

  test('is the one tried least recently, one that was never tried first', () => {
    const a = aPass('a', aCheckpoint({ triedAt: 30 }));
    const b = aPass('b', aCheckpoint({ triedAt: 20 }));
    expect(chosen(a, b)).toBe('b');
    expect(chosen(a, b, aPass('c', null))).toBe('c');
  });

  test('is one that is unfinished as well as one that is due', () => {
    expect(chosen(aPass('a', done(now - 60_000, 50)), aPass('b', aCheckpoint({ triedAt: 40 })))).toBe('b');
  });

  test('is not one that is backing off, however long it was not tried', () => {
    expect(chosen(aPass('sick', backing(now + 1)), aPass('well', aCheckpoint({ triedAt: 99 })))).toBe('well');
    expect(chosen(aPass('sick', backing(now)))).toBe('sick');
  });
});

test('another shape ends a back-off: it asks another question', () => {
  const pass = aPass('a', { ...backing(now + 1), shape: 'other' });
  expect(isBackingOff(pass, now)).toBe(false);
  expect(chosen(pass)).toBe('a');
});

describe('a time that a host with a fast clock has stored', () => {
  test('makes no resource wait: not as a back-off, and not as the end of a pass', () => {
    const ahead = now + 3_600_000;
    expect(chosen(aPass('a', aCheckpoint({ backOff: { until: ahead + 10, cause }, triedAt: ahead })))).toBe('a');
    expect(chosen(aPass('a', done(ahead)))).toBe('a');
  });

  test('does not make a resource the last in turn', () => {
    const ahead = aPass('ahead', aCheckpoint({ triedAt: now + 3_600_000 }));
    expect(chosen(aPass('a', aCheckpoint({ triedAt: 20 })), ahead)).toBe('ahead');
  });
});

describe('a resource is due', () => {
  test.each([
    ['if there was no pass', null, true],
    ['if the shape is another', aCheckpoint({ shape: 'other', phase: 'done', completedAt: 9_999 }), true],
    ['if its pass is under way', aCheckpoint({ completedAt: 9_999 }), true],
    ['if its pass is deleting', aCheckpoint({ phase: 'deleting', completedAt: 9_999 }), true],
    [
      'if what is held is permitted',
      aCheckpoint({ phase: 'held', permission: { pass: 3, count: 3 }, completedAt: 9_999 }),
      true,
    ],
    ['not if it is held and not permitted', aCheckpoint({ phase: 'held', completedAt: 9_999 }), false],
    ['not before its time', aCheckpoint({ phase: 'done', completedAt: 9_001 }), false],
    ['when its time has come', aCheckpoint({ phase: 'done', completedAt: 9_000 }), true],
    ['if it was never complete', aCheckpoint({ phase: 'done' }), true],
  ])('%s', (_title, before, expected) => {
    expect(isDue(aPass('a', before, 1000), 10_000)).toBe(expected);
  });
});

import { describe, expect, test } from 'vitest';
import { noChanges } from '../../src/change.ts';
import type { Checkpoint } from '../../src/checkpoint.ts';
import {
  complete,
  completeUnmodified,
  fail,
  needsNewPass,
  nextMode,
  noteChanges,
  noteFailure,
  startPass,
  wholeMode,
} from '../../src/pass/transitions.ts';
import { aCheckpoint, progressed } from './a-pass.ts';

test('changes are noted with their time, unless they come from a new mapping', () => {
  const totals = { created: 2, updated: 1, deleted: 0 };
  const before = aCheckpoint({ changedAt: 10, totals });
  const more = { ...totals, deleted: 1 };
  expect(noteChanges(before, totals, 20)).toMatchObject({ changedAt: 10, totals });
  expect(noteChanges(before, more, 20)).toMatchObject({ changedAt: 20, totals: more });
  expect(noteChanges({ ...before, isRemap: true }, more, 20)).toMatchObject({ changedAt: 10, totals: more });
  expect(noteChanges(aCheckpoint(), noChanges, 20).changedAt).toBeUndefined();
});

describe('a pass that starts', () => {
  test('is the first if there was none', () => {
    expect(startPass(null, 'shape', 'snapshot', 5000)).toMatchObject({
      pass: 1,
      phase: 'walking',
      isRemap: false,
      cursor: null,
      startedAt: 5000,
      triedAt: 0,
    });
  });

  test('keeps what outlasts a pass', () => {
    const lasting = {
      bookmark: 'b',
      completedAt: 900,
      moved: { a: 'b' },
      held: { count: 5, live: 10, because: 'x', at: 1 },
      heldNames: null,
      heldSince: { base: 9, liveAtStart: 10 },
      permission: { pass: 3, count: 5 },
      deletions: [{ at: 1, live: 2, deleted: 1 }],
      missing: 3,
      triedAt: 800,
      lastCount: 7,
      countUnmetSince: 600,
      changedAt: 700,
      lastFields: { always: ['email'], ever: ['email'] },
      hadGuests: true,
      failingSince: 700,
      failure: { exitCode: 69, message: 'answered 503', hint: null, status: 503 },
      succeededAt: 600,
      previousCompletedAt: 500,
      chunks: 'x',
      totals: { created: 9, updated: 8, deleted: 7 },
    } as const;
    const before = aCheckpoint({ pass: 4, phase: 'held', cursor: 'old', failures: 3, sweptTo: 9, ...lasting });
    expect(startPass(before, 'shape', 'snapshot', 5000)).toEqual({
      ...aCheckpoint({ pass: 5, startedAt: 5000 }),
      ...lasting,
    });
  });

  test('in another shape drops what the old one meant, and says that it is a remap', () => {
    const before = aCheckpoint({ phase: 'done', completedAt: 900, bookmark: 'b', moved: { a: 'b' } });
    expect(startPass(before, 'other', 'snapshot', 5000)).toMatchObject({
      shape: 'other',
      isRemap: true,
      bookmark: null,
      completedAt: null,
      countUnmetSince: null,
      changedAt: 5000,
      moved: {},
    });
  });

  test('in another shape permits nothing that another third party was held for', () => {
    const held = { count: 5, live: 10, because: 'x', at: 1 };
    const before = aCheckpoint({ phase: 'held', held, permission: { pass: 3, count: 5 } });
    expect(startPass(before, 'other', 'snapshot', 5000)).toMatchObject({ held: null, permission: null });
  });

  test('stays a remap until one is complete', () => {
    const remap = startPass(aCheckpoint({ completedAt: 900 }), 'other', 'snapshot', 5000);
    expect(startPass(remap, 'other', 'snapshot', 6000).isRemap).toBe(true);
    expect(startPass(complete(remap, 7000, null), 'other', 'snapshot', 8000).isRemap).toBe(false);
  });

  test('in another shape does not forget that records have counts of missing passes', () => {
    expect(startPass(aCheckpoint({ missing: 2 }), 'other', 'snapshot', 5000).missing).toBe(2);
  });
});

describe('a pass that is complete', () => {
  const before = aCheckpoint({
    phase: 'deleting',
    isRemap: true,
    permission: { pass: 3, count: 5 },
    progress: progressed({ digests: ['c'] }),
  });

  test('is done, and its permission is used', () => {
    expect(complete(before, 9000, null)).toMatchObject({
      phase: 'done',
      isRemap: false,
      completedAt: 9000,
      permission: null,
      held: null,
      progress: { digests: [] },
    });
  });

  test('is held with what it held, and keeps its cause for it', () => {
    const held = { count: 50, live: 60, because: 'too many', at: 9000 };
    expect(complete(before, 9000, held)).toMatchObject({ phase: 'held', held, isRemap: true, permission: null });
  });
});

describe('what is remembered of a resource', () => {
  const failure = { exitCode: 69, message: 'answered 503', hint: null, status: 503 } as const;

  test('is when the failures began, and the last of them', () => {
    const once = noteFailure(aCheckpoint(), failure, 7000);
    const twice = noteFailure(once, { ...failure, status: 500 }, 8000);
    expect(twice).toMatchObject({ failingSince: 7000, failure: { status: 500 } });
  });

  test('outlasts a pass that is given up', () => {
    const failing = noteFailure(aCheckpoint({ cursor: 'c2', failures: 4, succeededAt: 900 }), failure, 7000);
    expect(fail(failing, 9000, null)).toMatchObject({ pass: 2, failingSince: 7000, failure, succeededAt: 900 });
  });

  test('is that nothing fails any more once the third party answers that nothing has changed', () => {
    const after = completeUnmodified(noteFailure(aCheckpoint(), failure, 7000), 9000);
    expect(after).toMatchObject({ failingSince: null, failure: null, succeededAt: 9000 });
  });

  test('is when the last two passes were complete, of which a permission makes no other one', () => {
    const second = complete(aCheckpoint({ completedAt: 4000 }), 9000, null);
    expect(second).toMatchObject({ completedAt: 9000, previousCompletedAt: 4000 });
    const permitted = complete({ ...second, phase: 'held' }, 9500, null);
    expect(permitted).toMatchObject({ completedAt: 9500, previousCompletedAt: 4000 });
    expect(complete(aCheckpoint(), 9000, null).previousCompletedAt).toBeNull();
  });
});

describe('a page that could not be had', () => {
  const backOff = { until: 9999, cause: { exitCode: 69, message: '500' } } as const;

  test('is tried again at the same cursor', () => {
    expect(fail(aCheckpoint({ cursor: 'c2', failures: 3 }), 9000, backOff)).toMatchObject({
      pass: 1,
      cursor: 'c2',
      failures: 4,
      backOff,
    });
  });

  test('gives the pass up after five consecutive failures', () => {
    const before = aCheckpoint({ cursor: 'c2', failures: 4, isRemap: true, completedAt: 500 });
    expect(fail(before, 9000, null)).toMatchObject({
      pass: 2,
      cursor: null,
      failures: 0,
      isRemap: true,
      completedAt: 500,
      progress: { pages: 0 },
    });
  });

  test('gives nothing up when the first page fails: there is nothing to give up', () => {
    expect(fail(aCheckpoint({ failures: 30 }), 9000, null)).toMatchObject({ pass: 1, failures: 31 });
  });

  test('gives the pass up at once when its cursor has expired', () => {
    expect(fail(aCheckpoint({ cursor: 'c2' }), 9000, null, 'cursor')).toMatchObject({ pass: 2, cursor: null });
  });

  test('measures by the rows of its start, but not as a first load once it has rows of its own', () => {
    const failed = (liveAtStart: number) => fail(aCheckpoint({ cursor: 'c2', liveAtStart }), 9000, null, 'cursor');
    expect([failed(7).liveAtStart, failed(0).liveAtStart]).toEqual([7, undefined]);
  });
});

test.each([
  [null, true],
  [aCheckpoint(), false],
  [aCheckpoint({ phase: 'deleting' }), false],
  [aCheckpoint({ phase: 'held' }), true],
  [aCheckpoint({ phase: 'held', permission: { pass: 3, count: 3 } }), false],
  [aCheckpoint({ phase: 'held', permission: { pass: 3, count: 3 }, shape: 'other' }), true],
  [aCheckpoint({ phase: 'done' }), true],
  [aCheckpoint({ shape: 'other' }), true],
])('after %o a new pass is needed: %s', (before, expected) => {
  expect(needsNewPass(before, 'shape', ['snapshot', 'changes'])).toBe(expected);
});

test('a pass is abandoned once its mode cannot be read any more, but not when all its pages are in', () => {
  const walking: Checkpoint = { ...aCheckpoint({ cursor: 'c2' }), mode: 'changes' };
  expect(needsNewPass(walking, 'shape', ['snapshot'])).toBe(true);
  expect(needsNewPass({ ...walking, phase: 'deleting' }, 'shape', ['snapshot'])).toBe(false);
});

describe('what the next pass asks for', () => {
  const day = 86_400_000;
  const keys = { record: () => null, tombstone: () => null };
  const resource = { shape: 'shape', changes: { fullEveryMs: day, keys } };
  const ended = (changes: Partial<Checkpoint> = {}): Checkpoint => ({
    ...aCheckpoint({ phase: 'done', completedAt: 1000, bookmark: 'b', fullAt: 1000 }),
    ...changes,
  });

  test('is changes, once a snapshot has left a bookmark', () => {
    expect(nextMode(ended(), resource, 'snapshot', 2000)).toBe('changes');
    expect(nextMode(ended({ mode: 'changes' }), resource, 'snapshot', 2000)).toBe('changes');
  });

  test.each<[string, Checkpoint | null, number]>([
    ['there was no pass', null, 2000],
    ['the shape is another one', ended({ shape: 'other' }), 2000],
    ['no bookmark was left', ended({ bookmark: null }), 2000],
    ['no snapshot was complete', ended({ fullAt: null }), 2000],
    ['deletions are held back', ended({ phase: 'held' }), 2000],
    ['the last one is long ago', ended(), 1000 + day],
  ])('is everything if %s', (_title, before, now) => {
    expect(nextMode(before, resource, 'snapshot', now)).toBe('snapshot');
  });

  test('is everything if nothing else was asked for', () => {
    expect(nextMode(ended(), { shape: 'shape' }, 'snapshot', 2000)).toBe('snapshot');
  });

  test.each([
    null,
    ended(),
    ended({ bookmark: null, fullAt: null }),
    ended({ shape: 'other' }),
    ended({ phase: 'held' }),
  ])('is always changes if the adapter knows nothing else: after %o', (before) => {
    const whole = wholeMode(['changes']);
    expect(nextMode(before, { shape: 'shape' }, whole, 2000)).toBe('changes');
    expect(nextMode(before, resource, whole, 1000 + day)).toBe('changes');
  });

  test('is a snapshot if the adapter can read one', () => {
    expect([wholeMode(['snapshot']), wholeMode(['snapshot', 'changes'])]).toEqual(['snapshot', 'snapshot']);
  });

  test('is everything that ever changed, after a bookmark that has expired, if the adapter knows only changes', () => {
    const walking = ended({ mode: 'changes', phase: 'walking', fullAt: null });
    expect(fail(walking, 5000, null, 'cursor', 'changes')).toMatchObject({ pass: 2, mode: 'changes', bookmark: null });
  });

  test('is everything after a bookmark that has expired, and changes again after a cursor that has', () => {
    const walking = ended({ mode: 'changes', phase: 'walking' });
    expect(fail(walking, 5000, null, 'cursor')).toMatchObject({
      pass: 2,
      mode: 'snapshot',
      bookmark: null,
      fullAt: null,
    });
    expect(fail({ ...walking, cursor: 'c' }, 5000, null, 'cursor')).toMatchObject({
      pass: 2,
      mode: 'changes',
      bookmark: 'b',
    });
  });
});

describe('the end of a pass', () => {
  test('of changes keeps when everything was read; a snapshot sets it, and leaves no bookmark but its own', () => {
    const before = { bookmark: 'b', fullAt: 500 };
    const changes: Checkpoint = { ...aCheckpoint(before), mode: 'changes' };
    expect(complete(changes, 9000, null)).toMatchObject({ bookmark: 'b', fullAt: 500 });
    expect(complete(aCheckpoint(before), 9000, null)).toMatchObject({ bookmark: null, fullAt: 9000 });
    expect(complete(aCheckpoint({ ...before, nextBookmark: 'c' }), 9000, null)).toMatchObject({ bookmark: 'c' });
  });

  test('that brought nothing new leaves everything as it was', () => {
    const before = aCheckpoint({ bookmark: 'b', validators: { etag: '"1"' }, fullAt: 500, backOff: null, failures: 2 });
    expect(completeUnmodified(before, 9000)).toMatchObject({
      phase: 'done',
      bookmark: 'b',
      validators: { etag: '"1"' },
      fullAt: 9000,
      failures: 0,
    });
  });
});

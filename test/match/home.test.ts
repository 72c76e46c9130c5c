import { expect, test } from 'vitest';
import { atHome, bringerOf } from '../../src/match/home.ts';
import { complete, fail, startPass } from '../../src/pass/transitions.ts';
import { aCheckpoint } from '../pass/a-pass.ts';

const isHome = (checkpoint: ReturnType<typeof aCheckpoint>, adapter: string) =>
  bringerOf(checkpoint, adapter).home.includes(adapter);
const start = (before: ReturnType<typeof aCheckpoint> | null) => startPass(before, 'shape', 'snapshot', 1);

test('the adapter that reads first is at home, also with match', () => {
  const first = atHome(start(null), 'hub', true, true);
  expect(isHome(first, 'hub')).toBe(true);
  expect(isHome(atHome(start(first), 'lab', false, true), 'lab')).toBe(false);
});

test('an adapter that completes a pass without match is at home from then on', () => {
  const swapped = atHome(start(aCheckpoint({ home: ['hub'] })), 'lab', false, false);
  expect(isHome(swapped, 'lab')).toBe(false);
  const after = { ...start(null), ...complete(swapped, 2, null), mode: 'snapshot' } as const;
  expect([isHome(after, 'lab'), isHome(after, 'hub')]).toEqual([true, true]);
  const matched = {
    ...start(after),
    ...complete(atHome(start(after), 'third', false, true), 3, null),
    mode: 'snapshot',
  } as const;
  expect([isHome(matched, 'third'), isHome(matched, 'hub')]).toEqual([false, true]);
});

test('an adapter that was alone at home is not alone any more once another has started, for good', () => {
  const isAlone = (checkpoint: ReturnType<typeof aCheckpoint>) => bringerOf(checkpoint, 'hub').isAlone;
  const first = atHome(start(null), 'hub', true, true);
  const again = atHome(start(first), 'hub', false, true);
  expect([isAlone(first), isAlone(again)]).toEqual([true, true]);
  const guest = atHome(start(again), 'lab', false, true);
  expect(isAlone(atHome(start(guest), 'hub', false, true))).toBe(false);
  const second = aCheckpoint({ home: ['hub', 'lab'] });
  expect(isAlone(atHome(start(second), 'hub', false, true))).toBe(false);
});

test('a pass that starts over after a failure makes no adapter at home before it is complete', () => {
  const walking = { ...atHome(start(aCheckpoint({ home: ['hub'] })), 'lab', false, false), cursor: 'x', failures: 4 };
  const restarted = fail(walking, 2, null);
  expect(restarted).toMatchObject({ cursor: null, home: ['hub'], nextHome: ['hub', 'lab'] });
});

test('no adapter is at home by a checkpoint that does not say so', () => {
  const { home: _home, nextHome: _next, hadGuests: _guests, ...old } = aCheckpoint();
  expect(isHome(old, 'hub')).toBe(false);
  const early = { ...old, home: ['hub'] };
  expect([bringerOf(early, 'hub').isAlone, bringerOf(start(early), 'hub').isAlone]).toEqual([false, false]);
});

import { expect, test } from 'vitest';
import { emptiedWindow, noteEmptied } from '../../src/pass/emptied-window.ts';
import { aCheckpoint } from './a-pass.ts';

const windowMs = 12_000;
const of = (compared: number, emptied: number) => ({ email: { compared, emptied } });

test('counts that are close together are one, and those before the window are dropped', () => {
  const first = noteEmptied([], { at: 1000, columns: of(5, 1) }, windowMs);
  const second = noteEmptied(first, { at: 2000, columns: of(5, 2) }, windowMs);
  expect(second).toEqual([{ at: 1000, columns: of(10, 3) }]);
  const third = noteEmptied(second, { at: 2001, columns: of(1, 0) }, windowMs);
  expect(third).toEqual([...second, { at: 2001, columns: of(1, 0) }]);
  expect(noteEmptied(third, { at: 13_000, columns: {} }, windowMs)).toEqual(third.slice(1));
});

test('what was compared and emptied before a pass is summed up by column, as far as it is in the window', () => {
  const emptiedCounts = [
    { at: 1000, columns: of(5, 1) },
    { at: 2000, columns: { ...of(7, 2), state: { compared: 1, emptied: 0 } } },
    { at: 3000, columns: of(8, 0) },
  ];
  const window = emptiedWindow(aCheckpoint({ startedAt: 13_000, liveAtStart: 9, emptiedCounts }), windowMs);
  expect([window.mode, window.live, window.recentOf('email')]).toEqual(['snapshot', 9, { compared: 15, emptied: 2 }]);
  expect(window.recentOf('other')).toEqual({ compared: 0, emptied: 0 });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../../src/targets/sql/slots/freeing.ts';
import { changesOf, keptSlots, slotRows } from '../../../../src/targets/sql/slots/slot-rows.ts';
import { type KeptSlots, nothingKept, settleSlot, takeSlot } from '../../../../src/targets/sql/slots/slot-rules.ts';
import type { Limits } from '../../../../src/throttle.ts';

const day = 86_400_000;
const at = (ms: number): Clock => ({ now: 1_000_000 + ms, uptime: { boot: 'a', ms: 5000 + ms } });

/** As a database gives it back. */
const stored = (kept: KeptSlots) => keptSlots(JSON.parse(JSON.stringify(slotRows(kept))));

/** Asks at each of these times, in ms; a hit that is granted arrives and is settled at once. Returns the times of the hits. */
function hitsAt(times: readonly number[], asked: readonly Limits[], before = nothingKept) {
  let kept = before;
  const hits: number[] = [];
  for (const [n, ms] of times.entries()) {
    const { answer, keeps } = takeSlot(kept, { id: `${n}`, asked, reserveMs: 1000, clock: at(ms) });
    kept = stored(keeps);
    if (!answer.granted) continue;
    hits.push(ms);
    const freesInMs = Math.min(...asked.map(({ perMs }) => perMs));
    kept = stored(settleSlot(kept, { id: `${n}`, freesInMs, asked }, at(ms)));
  }
  return { hits, kept };
}

/** Whether a hit at this time is more than these windows allow after the hits before. */
function isTooMany(ms: number, hits: readonly number[], windows: readonly Limits[]): boolean {
  return windows.some(({ hits: most, perMs }) => hits.filter((hit) => hit > ms - perMs).length >= most);
}

const someWindows = fc.uniqueArray(
  fc.record({ hits: fc.integer({ min: 1, max: 6 }), perMs: fc.integer({ min: 10, max: 2000 }) }),
  { selector: ({ perMs }) => perMs, minLength: 1, maxLength: 3 },
);

describe('several windows', () => {
  test('give exactly the hits that a third party allows which counts in sliding windows', () => {
    fc.assert(
      fc.property(someWindows, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 60 }), (windows, gaps) => {
        const times = gaps.map((_, n) => gaps.slice(0, n + 1).reduce((sum, gap) => sum + gap, 0));
        const expected: number[] = [];
        for (const ms of times) if (!isTooMany(ms, expected, windows)) expected.push(ms);
        expect(hitsAt(times, windows).hits).toEqual(expected);
      }),
    );
  });

  test('of more than a thousand hits take little room, and allow none too early and few too late', () => {
    const window = { hits: 3000, perMs: day };
    const times = Array.from({ length: 3300 }, (_, n) => n * 1000);
    const { hits, kept } = hitsAt(times, [window]);
    expect(hits).toHaveLength(3000);
    expect(JSON.stringify(slotRows(kept)).length).toBeLessThan(1000);
    const [first = 0] = hits;
    const early = takeSlot(kept, { id: 'x', asked: [window], reserveMs: 0, clock: at(first + day - 1) });
    const late = takeSlot(kept, { id: 'x', asked: [window], reserveMs: 0, clock: at(first + day + day / 1000 + 1) });
    expect([early.answer.granted, late.answer.granted]).toEqual([false, true]);
  });
});

describe('the rows of a key', () => {
  const asked = [
    { hits: 3, perMs: 1000 },
    { hits: 9, perMs: 60_000 },
  ];

  test('are written where they differ, and removed where they are gone', () => {
    const { kept } = hitsAt([0, 10, 20], asked);
    const before = slotRows(kept);
    expect(changesOf(before, before)).toEqual({ written: [], removed: [] });
    const { keeps } = takeSlot(kept, { id: 'new', asked, reserveMs: 0, clock: at(1005) });
    const { written, removed } = changesOf(before, slotRows(keeps));
    expect(removed.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['slot 0']);
    expect(written.map(({ kind, id }) => `${kind} ${id}`)).toEqual(['slot new', 'window 1000', 'window 60000']);
  });

  test('keep the time since the boot of each slot, so that a wall clock that is set forward frees none', () => {
    const { kept } = hitsAt([0, 10, 20], asked);
    const forward: Clock = { ...at(2000), now: 1_000_000 + 3_600_000 };
    const { answer } = takeSlot(kept, {
      id: 'x',
      asked: [
        { hits: 3, perMs: 60_000 },
        { hits: 9, perMs: 1 },
      ],
      reserveMs: 0,
      clock: forward,
    });
    expect(answer).toEqual({ granted: false, waitMs: 58_000 });
  });

  test('forget a window that nobody asks for any more', () => {
    const { kept } = hitsAt([0], asked);
    const { keeps } = takeSlot(kept, { id: 'x', asked: [{ hits: 9, perMs: 10 }], reserveMs: 0, clock: at(70_000) });
    expect(keeps.windows).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../../../src/targets/sql/slots/freeing.ts';
import {
  deferKey,
  type KeptSlots,
  nothingKept,
  settleSlot,
  takeSlot,
} from '../../../../src/targets/sql/slots/slot-rules.ts';
import type { Limits } from '../../../../src/throttle.ts';

const minute = 60_000;
const minutely = { hits: 1, perMs: minute };

/** A clock whose time of day may be set, and whose time since the boot may not. */
const at = (ms: number, { steppedMs = 0, boot = 'a' } = {}): Clock => ({
  now: 1_000_000 + ms + steppedMs,
  uptime: { boot, ms: 5000 + ms },
});
const ask = (kept: KeptSlots, id: string, limits: Limits, clock: Clock) =>
  takeSlot(kept, { id, asked: [limits], reserveMs: 0, clock });

describe('a step of the wall clock', () => {
  const { keeps } = ask(nothingKept, 'one', minutely, at(0));

  test('forward frees no slot before the time since the boot says so', () => {
    const tooEarly = ask(keeps, 'two', minutely, at(1000, { steppedMs: 3_600_000 }));
    expect(tooEarly.answer).toEqual({ granted: false, waitMs: 59_000 });
    const inTime = ask(tooEarly.keeps, 'two', minutely, at(minute, { steppedMs: 3_600_000 }));
    expect(inTime.answer).toEqual({ granted: true });
  });

  test('forward ends no back-off and forgets no limit', () => {
    const refused = { exitCode: 69, message: 'the third party answered 429' } as const;
    const deferred = deferKey(nothingKept, 2 * minute, refused, at(0));
    const asked = ask(deferred, 'one', minutely, at(1000, { steppedMs: 3_600_000 }));
    expect(asked.answer).toMatchObject({ waitMs: 119_000, cause: refused });
    const lax = ask(asked.keeps, 'two', { hits: 1, perMs: 10 }, at(2000, { steppedMs: 7_200_000 }));
    expect(lax.keeps.perMs?.value).toBe(minute);
  });

  test('back keeps a slot no longer than it was reserved for', () => {
    const back = ask(keeps, 'two', minutely, at(1000, { steppedMs: -3_600_000 }));
    expect(back.answer).toEqual({ granted: false, waitMs: minute });
    expect(ask(back.keeps, 'two', minutely, at(61_000, { steppedMs: -3_600_000 })).answer).toEqual({ granted: true });
  });

  test('counts alone after a boot, and where nobody knows of one', () => {
    expect(ask(keeps, 'two', minutely, at(minute, { boot: 'b' })).answer).toEqual({ granted: true });
    expect(ask(keeps, 'two', minutely, { now: 1_000_000 + minute, uptime: null }).answer).toEqual({ granted: true });
  });

  test('holds nothing back for ever where the time since the boot has begun again under the same boot', () => {
    const again: Clock = { now: 1_000_000 + minute, uptime: { boot: 'a', ms: 3 } };
    const asked = ask(keeps, 'two', minutely, again);
    expect(asked.answer).toEqual({ granted: false, waitMs: minute });
    const later: Clock = { now: 1_000_000 + 2 * minute, uptime: { boot: 'a', ms: 3 + minute } };
    expect(ask(asked.keeps, 'two', minutely, later).answer).toEqual({ granted: true });
  });
});

describe('limits that several syncs ask for', () => {
  const often = { hits: 1, perMs: 100 };
  const rarely = { hits: 5, perMs: 2000 };

  test('are each remembered for as long as whoever asked for them needs, whoever asks meanwhile', () => {
    let kept = nothingKept;
    for (let ms = 0; ms <= 4000; ms += 50) {
      const limits = ms % 1000 === 0 ? rarely : often;
      kept = ask(kept, `${ms}`, limits, at(ms)).keeps;
      expect([kept.hits?.value, kept.perMs?.value], `after ${ms} ms`).toEqual(ms === 0 ? [5, 2000] : [1, 2000]);
    }
  });

  test('are forgotten once nobody asks for them any more', () => {
    const kept = ask(nothingKept, 'one', rarely, at(0)).keeps;
    const later = ask(kept, 'two', often, at(1900)).keeps;
    expect(later.perMs?.value).toBe(2000);
    expect(ask(later, 'three', often, at(2100)).keeps.perMs?.value).toBe(100);
  });

  test('lengthen the slot of a grant that was asked for with laxer ones, at the end of its hit', () => {
    const lax = ask(nothingKept, 'lax', often, at(0)).keeps;
    const strict = ask(lax, 'strict', rarely, at(10)).keeps;
    const settled = settleSlot(strict, { id: 'lax', freesInMs: 101, asked: [often] }, at(20));
    expect(ask(settled, 'next', often, at(30)).answer).toEqual({ granted: false, waitMs: 1991 });
  });
});

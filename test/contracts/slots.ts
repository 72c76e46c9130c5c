import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BackOffCause } from '../../src/errors.ts';
import type { Target } from '../../src/target.ts';
import type { Grant, Limits, SlotAnswer, SlotKeeper } from '../../src/throttle.ts';

export interface SlotKeeperUnderTest {
  readonly keeper: SlotKeeper;
  /** Other processes' keepers of the same slots, where there can be some. */
  readonly others?: readonly SlotKeeper[];
  /** Moves the keeper's own clock on; without it the suite waits for real. */
  advance?(ms: number): Promise<void>;
  close(): Promise<void>;
}

const limits = [{ hits: 1, perMs: 300 }] as const;
const minutely = [{ hits: 1, perMs: 60_000 }] as const;
const refused: BackOffCause = { exitCode: 69, message: 'the third party answered 429' };

export function aGrant(key = 'acme'): Grant {
  return { id: randomUUID(), key };
}

/** The slot keepers of three syncs whose targets are in one database. */
export async function keepersOf(
  open: (name: string) => Promise<Target>,
  close: () => unknown,
): Promise<SlotKeeperUnderTest> {
  const targets = [await open('crm'), await open('billing'), await open('third')];
  const [keeper, ...others] = targets.map(({ slots }) => slots);
  if (!keeper) throw new Error('no target was opened');
  return {
    keeper,
    others,
    async close() {
      for (const target of targets) await target[Symbol.asyncDispose]();
      await close();
    },
  };
}

export function waitOf(answer: SlotAnswer): number {
  if (answer.granted) throw new Error('the slot was granted');
  return answer.waitMs;
}

/** What every keeper of slots does, in Redis and in every target. */
export function slotKeeperContract(name: string, make: () => Promise<SlotKeeperUnderTest>): void {
  describe(`slot keeper contract: ${name}`, () => {
    let it: SlotKeeperUnderTest;
    beforeEach(async () => {
      it = await make();
    });
    afterEach(() => it.close());

    const isFree = async (over: readonly Limits[] = limits) => {
      const probe = aGrant();
      const answer = await it.keeper.take(probe, over, 0);
      if (answer.granted) await it.keeper.cancel(probe);
      else await it.advance?.(answer.waitMs);
      return answer.granted;
    };
    const untilFree = (over: readonly Limits[] = limits) =>
      vi.waitUntil(() => isFree(over), { timeout: 20_000, interval: 5 });

    test('gives one of 200 racers the slot, and returns to the others how long to wait', async () => {
      const keepers = [it.keeper, ...(it.others ?? [])];
      const answers = await Promise.all(
        Array.from({ length: 200 }, (_, at) =>
          (keepers[at % keepers.length] ?? it.keeper).take(aGrant(), minutely, 5000),
        ),
      );
      expect(answers.filter(({ granted }) => granted)).toHaveLength(1);
      const waits = answers.filter(({ granted }) => !granted).map(waitOf);
      expect(Math.max(...waits)).toBeLessThanOrEqual(65_001);
      expect(Math.min(...waits)).toBeGreaterThan(0);
    });

    test('grants the same grant again, and no other', async () => {
      const grant = aGrant();
      expect(await it.keeper.take(grant, minutely, 0)).toEqual({ granted: true });
      expect(await it.keeper.take(grant, minutely, 0)).toEqual({ granted: true });
      expect((await it.keeper.take(aGrant(), minutely, 0)).granted).toBe(false);
    });

    test('keeps keys apart', async () => {
      expect((await it.keeper.take(aGrant('one'), minutely, 0)).granted).toBe(true);
      expect((await it.keeper.take(aGrant('two'), minutely, 0)).granted).toBe(true);
    });

    test('frees a slot that was never settled after per and reserve', async () => {
      expect((await it.keeper.take(aGrant(), limits, 150)).granted).toBe(true);
      expect(waitOf(await it.keeper.take(aGrant(), limits, 150))).toBeGreaterThan(300);
      await untilFree();
    });

    test('gives as many slots as there are hits, and they free one by one', async () => {
      const two = [{ hits: 2, perMs: 60_000 }];
      const [first, second] = [aGrant(), aGrant()];
      expect((await it.keeper.take(first, two, 0)).granted).toBe(true);
      expect((await it.keeper.take(second, two, 0)).granted).toBe(true);
      expect((await it.keeper.take(aGrant(), two, 0)).granted).toBe(false);

      await it.keeper.settle(second, 10_000);
      const wait = waitOf(await it.keeper.take(aGrant(), two, 0));
      expect(wait).toBeGreaterThan(5000);
      expect(wait).toBeLessThanOrEqual(10_001);
      await it.keeper.cancel(second);
      expect((await it.keeper.take(aGrant(), two, 0)).granted).toBe(true);
    });

    test('counts the strictest of the limits that were seen', async () => {
      const one = aGrant();
      await it.keeper.take(one, [{ hits: 5, perMs: 60_000 }], 0);
      await it.keeper.cancel(one);
      const strict = aGrant();
      expect((await it.keeper.take(strict, [{ hits: 1, perMs: 1000 }], 0)).granted).toBe(true);

      const lax = await it.keeper.take(aGrant(), [{ hits: 5, perMs: 1000 }], 0);
      expect(waitOf(lax)).toBeGreaterThan(50_000);
    });

    test('lets another sync reserve for longer than we do', async () => {
      await it.keeper.take(aGrant(), minutely, 35_000);
      expect(waitOf(await it.keeper.take(aGrant(), minutely, 0))).toBeGreaterThan(90_000);
    });

    test('settles a slot to when the answer came, sooner or later than it was reserved', async () => {
      const grant = aGrant();
      await it.keeper.take(grant, minutely, 30_000);
      await it.keeper.settle(grant, 1000);
      expect(waitOf(await it.keeper.take(aGrant(), minutely, 0))).toBeLessThanOrEqual(1001);
      await it.keeper.settle(grant, 50_000);
      expect(waitOf(await it.keeper.take(aGrant(), minutely, 0))).toBeGreaterThan(40_000);
    });

    test('settles with the strictest limits that are remembered, and not with those of the grant', async () => {
      const [strict, lax] = [aGrant(), aGrant()];
      await it.keeper.take(strict, minutely, 0);
      await it.keeper.cancel(strict);
      await it.keeper.take(lax, [{ hits: 1, perMs: 1000 }], 0);
      await it.keeper.settle(lax, 1100);
      const wait = waitOf(await it.keeper.take(aGrant(), [{ hits: 1, perMs: 1000 }], 0));
      expect(wait).toBeGreaterThan(59_000);
      expect(wait).toBeLessThanOrEqual(60_101);
    });

    test('settles with stricter limits that were asked for during the hit', async () => {
      const lax = aGrant();
      await it.keeper.take(lax, [{ hits: 1, perMs: 1000 }], 0);
      expect((await it.keeper.take(aGrant(), minutely, 0)).granted).toBe(false);
      await it.keeper.settle(lax, 1100);
      expect(waitOf(await it.keeper.take(aGrant(), [{ hits: 1, perMs: 1000 }], 0))).toBeGreaterThan(59_000);
    });

    describe('several windows', () => {
      const both = [
        { hits: 2, perMs: 60_000 },
        { hits: 3, perMs: 3_600_000 },
      ] as const;
      /** A hit whose slot frees so soon in the shortest window, and in a longer one by the difference later. */
      const take = async (windows: readonly Limits[], freesInMs: number) => {
        const grant = aGrant();
        const answer = await it.keeper.take(grant, windows, 0);
        if (answer.granted) await it.keeper.settle(grant, freesInMs);
        return answer;
      };

      test('a hit takes a slot in each of them, and needs all', async () => {
        expect((await take(both, 60_000)).granted).toBe(true);
        expect((await take(both, 1)).granted).toBe(true);
        await vi.waitUntil(async () => (await take(both, 60_000)).granted, { timeout: 20_000, interval: 5 });
        expect(waitOf(await take(both, 0))).toBeGreaterThan(3_500_000);
        const [other] = it.others ?? [];
        if (other) expect(waitOf(await other.take(aGrant(), both, 0))).toBeGreaterThan(3_500_000);
      });

      test('a shorter window that is full denies, however much is left in the longer one', async () => {
        expect((await take(both, 60_000)).granted).toBe(true);
        expect((await take(both, 60_000)).granted).toBe(true);
        expect(waitOf(await take(both, 0))).toBeLessThanOrEqual(60_001);
      });

      test('a denied request takes none, a cancelled one gives all back, and a grant is granted again', async () => {
        const grant = aGrant();
        const three = [{ hits: 1, perMs: 1000 }, both[1]];
        expect((await it.keeper.take(grant, three, 60_000)).granted).toBe(true);
        for (let n = 0; n < 5; n += 1) expect((await it.keeper.take(aGrant(), three, 0)).granted).toBe(false);
        expect((await it.keeper.take(grant, three, 60_000)).granted).toBe(true);
        await it.keeper.cancel(grant);
        for (let n = 0; n < 3; n += 1) {
          const next = aGrant();
          expect((await it.keeper.take(next, three, 0)).granted).toBe(true);
          await it.keeper.postpone(next, 0);
          await untilFree(three);
        }
      });

      test('hits of whoever knows one window count in those of others, and the other way round', async () => {
        const alone = [{ hits: 5, perMs: 1000 }];
        expect((await take(both, 0)).granted).toBe(true);
        // A slot that frees now frees with the next millisecond.
        for (let n = 0; n < 2; n += 1)
          await vi.waitUntil(async () => (await take(alone, 0)).granted, { timeout: 20_000, interval: 5 });
        expect(waitOf(await take(alone, 0))).toBeGreaterThan(3_500_000);
        expect(waitOf(await take(both, 0))).toBeGreaterThan(3_500_000);
        expect(waitOf(await take([{ hits: 9, perMs: 1000 }, both[1]], 0))).toBeGreaterThan(3_500_000);
      });

      test('whoever asks for one window finds the hits of those who list several', async () => {
        await take([{ hits: 1, perMs: 60_000 }, both[1]], 60_000);
        expect(waitOf(await take(minutely, 0))).toBeGreaterThan(50_000);
      });

      test('a slot frees with its hit, also where only a single window of others counts it', async () => {
        await take([{ hits: 1, perMs: 1000 }], 0);
        const large = [{ hits: 2000, perMs: 1000 }, both[1]];
        const hit = aGrant();
        await vi.waitUntil(async () => (await it.keeper.take(hit, large, 60_000)).granted, {
          timeout: 20_000,
          interval: 5,
        });
        await it.keeper.settle(hit, 0);
        await vi.waitUntil(async () => (await take([{ hits: 1, perMs: 1000 }], 0)).granted, {
          timeout: 20_000,
          interval: 5,
        });
      });

      test('a margin that is longer than a reservation holds', async () => {
        const hit = aGrant();
        const window = { hits: 1, perMs: 10_000, marginMs: 60_000 };
        await it.keeper.take(hit, [window], 0);
        await it.keeper.settle(hit, 70_000);
        expect(waitOf(await it.keeper.take(aGrant(), [window], 0))).toBeGreaterThan(60_000);
      });

      test('of one length the fewest hits count', async () => {
        await take([both[0], { hits: 1, perMs: 3_600_000 }], 0);
        expect(waitOf(await take([both[0], { hits: 50, perMs: 3_600_000 }], 0))).toBeGreaterThan(3_500_000);
      });

      test('each has its own margin, and one that was asked for during the hit counts as well', async () => {
        const fast = { hits: 9, perMs: 1000, marginMs: 10 };
        const hit = aGrant();
        await it.keeper.take(hit, [fast, { hits: 1, perMs: 20_000, marginMs: 5000 }], 30_000);
        expect(waitOf(await it.keeper.take(aGrant(), [fast, { hits: 1, perMs: 60_000 }], 0))).toBeGreaterThan(40_000);
        await it.keeper.settle(hit, 1010);
        expect(waitOf(await it.keeper.take(aGrant(), [fast], 0))).toBeGreaterThan(50_000);
      });
    });

    test('postpones a slot of which no hit was made', async () => {
      const grant = aGrant();
      await it.keeper.take(grant, minutely, 30_000);
      await it.keeper.postpone(grant, 1000);
      expect(waitOf(await it.keeper.take(aGrant(), minutely, 0))).toBeLessThanOrEqual(1001);
    });

    test('settles a grant that it has lost', async () => {
      await it.keeper.settle(aGrant(), 50_000);
      expect(waitOf(await it.keeper.take(aGrant(), minutely, 0))).toBeGreaterThan(40_000);
    });

    test('gives a cancelled slot to the next, and cancels twice without harm', async () => {
      const grant = aGrant();
      await it.keeper.take(grant, minutely, 0);
      await it.keeper.cancel(grant);
      await it.keeper.cancel(grant);
      expect((await it.keeper.take(aGrant(), minutely, 0)).granted).toBe(true);
    });

    test('never gives two slots inside one per', async () => {
      const isGranted = async () => {
        const answer = await it.keeper.take(aGrant(), limits, 0);
        if (!answer.granted) await it.advance?.(answer.waitMs);
        return answer.granted;
      };
      const startedAt = Date.now();
      for (let taken = 0; taken < 4; taken += 1) await vi.waitUntil(isGranted, { timeout: 20_000, interval: 5 });

      // Where the keeper's clock cannot be moved, the time between the first and the fourth must really have passed.
      const passed = it.advance === undefined ? Date.now() - startedAt : Number.POSITIVE_INFINITY;
      expect(passed).toBeGreaterThanOrEqual(3 * limits[0].perMs);
    });

    test('defers for as long as asked, with the cause, and only ever longer', async () => {
      await it.keeper.defer('acme', 20_000, refused);
      await it.keeper.defer('acme', 5000, { exitCode: 77, message: 'sooner' });
      const answer = await it.keeper.take(aGrant(), minutely, 0);
      expect(answer).toMatchObject({ granted: false, cause: refused });
      expect(waitOf(answer)).toBeGreaterThan(15_000);

      const later: BackOffCause = { exitCode: 77, message: 'credentials', credentials: 'abc' };
      await it.keeper.defer('acme', 40_000, later);
      const again = await it.keeper.take(aGrant(), minutely, 0);
      expect(again).toMatchObject({ granted: false, cause: later });
      expect(waitOf(again)).toBeGreaterThan(35_000);
      expect((await it.keeper.take(aGrant('other'), minutely, 0)).granted).toBe(true);
    });

    test('goes on by itself when a back-off is over', async () => {
      await it.keeper.defer('acme', 600, refused);
      expect((await it.keeper.take(aGrant(), limits, 0)).granted).toBe(false);
      await untilFree();
    });

    test('resumes', async () => {
      await it.keeper.defer('acme', 20_000, refused);
      await it.keeper.resume('acme');
      await it.keeper.resume('acme');
      expect(await it.keeper.take(aGrant(), minutely, 0)).toEqual({ granted: true });
    });

    test('a slot that is only taken has no cause', async () => {
      await it.keeper.take(aGrant(), minutely, 0);
      expect(await it.keeper.take(aGrant(), minutely, 0)).not.toHaveProperty('cause');
    });
  });
}

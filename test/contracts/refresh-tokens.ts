import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Target } from '../../src/target.ts';
import { customersTable, type TargetWorld, takeOver } from './target.ts';

/** Every sentence of the contract in `src/refresh-tokens.ts`. */
export function refreshTokensContract(name: string, make: () => Promise<TargetWorld>): void {
  describe(`the refresh tokens of ${name}`, () => {
    let world: TargetWorld;
    const opened: AsyncDisposable[] = [];
    const open = async (sync = 'crm'): Promise<Target> => {
      const target = await world.open(sync);
      opened.push(target);
      return takeOver(target, customersTable({ resource: sync, table: sync }));
    };

    beforeEach(async () => {
      world = await make();
    });
    afterEach(async () => {
      for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    });

    test('are none before one was replaced', async () => {
      const target = await open();
      expect(await target.refreshToken('chain')).toBeNull();
      expect(await target.refreshTokens.claim('chain', 'one', 60_000)).toEqual({ token: null, lostAt: null });
      expect(await target.refreshToken('chain')).toEqual({ token: null, storedAt: null });
    });

    test('are given to one who asks, and to the next after the claim has ended', async () => {
      const [{ refreshTokens: mine }, { refreshTokens: theirs }] = [await open(), await open('shop')];
      await mine.claim('chain', 'one', 60_000);
      expect(await theirs.claim('chain', 'two', 60_000)).toBeNull();
      expect(await theirs.claim('other', 'two', 60_000)).toEqual({ token: null, lostAt: null });
      await mine.release('chain', 'one', null);
      expect(await theirs.claim('chain', 'two', 60_000)).toEqual({ token: null, lostAt: null });
    });

    test('go to one of many who ask at once', async () => {
      const keepers: Target[] = [];
      for (const sync of ['a', 'b', 'c', 'd']) keepers.push(await open(sync));
      const claims = await Promise.all(
        keepers.map(({ refreshTokens }, at) => refreshTokens.claim('chain', `run-${at}`, 60_000)),
      );
      expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
    });

    test('are replaced, for all syncs of the database', async () => {
      const [first, second] = [await open(), await open('shop')];
      await first.refreshTokens.claim('chain', 'one', 60_000);
      expect(await first.refreshTokens.replace('chain', 'one', 'sealed-1')).toBe(true);
      expect(await second.refreshTokens.claim('chain', 'two', 60_000)).toEqual({ token: 'sealed-1', lostAt: null });
      const stored = await second.refreshToken('chain');
      expect(stored?.token).toBe('sealed-1');
      expect(Math.abs(Date.now() - (stored?.storedAt?.getTime() ?? 0))).toBeLessThan(60_000);
    });

    test('are stored once by a call that is repeated because its answer was lost', async () => {
      const { refreshTokens } = await open();
      await refreshTokens.claim('chain', 'one', 60_000);
      await refreshTokens.replace('chain', 'one', 'sealed-1');
      expect(await refreshTokens.replace('chain', 'one', 'sealed-1')).toBe(true);
    });

    test('are not stored by one whose claim somebody else has by now', async () => {
      const { refreshTokens } = await open();
      await refreshTokens.claim('chain', 'slow', 0);
      expect(await refreshTokens.claim('chain', 'quick', 60_000)).toMatchObject({ lostAt: expect.any(Date) });
      expect(await refreshTokens.replace('chain', 'slow', 'of-slow')).toBe(false);
      await refreshTokens.release('chain', 'slow', null);
      expect(await refreshTokens.replace('chain', 'quick', 'of-quick')).toBe(true);
      expect(await refreshTokens.claim('chain', 'next', 60_000)).toEqual({ token: 'of-quick', lostAt: null });
    });

    test('remember an answer that was lost, until one comes', async () => {
      const { refreshTokens } = await open();
      const at = new Date('2026-11-25T12:00:00.123Z');
      await refreshTokens.claim('chain', 'one', 60_000);
      await refreshTokens.release('chain', 'one', at);
      expect(await refreshTokens.claim('chain', 'two', 60_000)).toEqual({ token: null, lostAt: at });
      await refreshTokens.release('chain', 'two', at);
      expect(await refreshTokens.claim('chain', 'three', 60_000)).toEqual({ token: null, lostAt: at });
      await refreshTokens.replace('chain', 'three', 'sealed-1');
      expect(await refreshTokens.claim('chain', 'four', 60_000)).toEqual({ token: 'sealed-1', lostAt: null });
    });
  });
}

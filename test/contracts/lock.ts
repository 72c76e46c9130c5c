import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Acquired, Holder, Lease, Lock } from '../../src/lock.ts';

export interface LockUnderTest {
  /** Another process's view of the same lock. */
  another(): Promise<Lock>;
  /** Ends the lock's time at once, as if its holder had stopped renewing. */
  expire(): Promise<void>;
  close(): Promise<void>;
}

export function aHolder(holder: Partial<Holder> = {}): Holder {
  const token = randomBytes(16).toString('hex');
  return { token, host: 'here', pid: process.pid, run: 'run-1', startedAt: '2026-01-02T03:04:05.000Z', ...holder };
}

export function granted(acquired: Acquired): Lease {
  if (!acquired.granted) throw new Error(`held by ${JSON.stringify(acquired.held)}`);
  return acquired.lease;
}

/** What every lock does, whatever keeps it. */
export function lockContract(name: string, make: () => Promise<LockUnderTest>): void {
  describe(`lock contract: ${name}`, () => {
    let it: LockUnderTest;
    beforeEach(async () => {
      it = await make();
    });
    afterEach(() => it.close());

    test('grants one of fifty that race, and names the holder to the others', async () => {
      const locks = await Promise.all(Array.from({ length: 50 }, () => it.another()));
      const answers = await Promise.all(locks.map((lock, at) => lock.acquire(aHolder({ run: `run-${at}` }))));

      const winners = answers.filter((answer) => answer.granted);
      expect(winners).toHaveLength(1);
      const winner = answers.findIndex((answer) => answer.granted);
      for (const answer of answers) {
        if (answer.granted) continue;
        expect(answer.held.holder?.run).toBe(`run-${winner}`);
        expect(answer.held.expiresInMs).toBeGreaterThan(0);
      }
      await winners[0]?.lease.release();
    });

    test('grants it again to the same token', async () => {
      const lock = await it.another();
      const holder = aHolder();
      const first = granted(await lock.acquire(holder));
      const again = granted(await lock.acquire(holder));
      expect([first.isTrusted(), again.isTrusted()]).toEqual([true, true]);
      await first.release();
      await again.release();
    });

    test('is free after a release, and its lease is trusted no more', async () => {
      const lock = await it.another();
      const lease = granted(await lock.acquire(aHolder()));
      expect(lease.isTrusted()).toBe(true);
      await lease.release();

      expect(lease.isTrusted()).toBe(false);
      expect(lease.signal.aborted).toBe(false);
      expect(await lock.inspect()).toBeNull();
      await granted(await lock.acquire(aHolder())).release();
    });

    test('a late release leaves another holder alone', async () => {
      const lock = await it.another();
      const late = granted(await lock.acquire(aHolder({ run: 'late' })));
      await it.expire();
      const now = granted(await lock.acquire(aHolder({ run: 'now' })));
      await late.release();

      expect((await lock.inspect())?.holder?.run).toBe('now');
      await now.release();
    });

    test('says who holds it, and nothing when nobody does', async () => {
      const lock = await it.another();
      expect(await lock.inspect()).toBeNull();
      const holder = aHolder({ host: 'there' });
      const lease = granted(await lock.acquire(holder));
      expect((await lock.inspect())?.holder).toEqual(holder);
      await lease.release();
    });

    test('can be removed, whoever holds it', async () => {
      const lock = await it.another();
      const lease = granted(await lock.acquire(aHolder()));
      expect(await lock.remove()).toBe(true);
      expect(await lock.remove()).toBe(false);
      expect(await lock.inspect()).toBeNull();
      await lease.release();
    });
  });
}

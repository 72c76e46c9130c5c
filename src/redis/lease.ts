import { LeaseLostError, UnreachableError } from '../errors.ts';
import type { Lease } from '../lock.ts';
import type { Timings } from '../timings.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn } from './connection/reply.ts';
import type { Script } from './connection/script.ts';

/** A moment, by the clock that never jumps and by the clock that continues while a laptop sleeps. */
export interface Clocks {
  readonly monotonicMs: number;
  readonly wallMs: number;
}

export function clocks(): Clocks {
  return { monotonicMs: performance.now(), wallMs: Date.now() };
}

export interface LeaseConfig {
  readonly redis: RedisConnection;
  readonly key: string;
  readonly ttlMs: number;
  readonly timings: Pick<Timings, 'leaseMarginMs' | 'leaseRetryMs'>;
  /** What the lock's key holds. */
  readonly value: string;
  /** When the lock was requested: trust counts from before the request, never from its reply. */
  readonly sentAt: Clocks;
}

const guarantee = 'what was not committed is rolled back';

/** KEYS[1] the lock   ARGV[1] what it must hold   ARGV[2] TTL in ms   -> 1; 0 if it is not ours. Never creates it. */
const renewScript: Script = {
  guarantee,
  lua: `
if redis.call('TYPE', KEYS[1]).ok ~= 'string' or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`,
};

/** KEYS[1] the lock   ARGV[1] what it must hold   -> 1; 0 if it is not ours */
const releaseScript: Script = {
  guarantee: 'the lock expires by itself',
  lua: `
if redis.call('TYPE', KEYS[1]).ok ~= 'string' or redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
`,
};

/**
 * Keeps a lock that was just taken: renews it every third of its TTL and trusts it until `ttl - margin` after the last
 * successful renewal was *sent*. A renewal that fails is repeated inside that window. When the window is over, or the lock
 * is no longer ours, the signal fires and the lease never comes back.
 */
export class RedisLease implements Lease {
  readonly #config: LeaseConfig;
  readonly #lost = new AbortController();
  #trustedFrom: Clocks;
  #isReleased = false;
  #isAsking = false;
  #failure: unknown;
  #renewal: NodeJS.Timeout | undefined;
  #windowEnd: NodeJS.Timeout | undefined;

  constructor(config: LeaseConfig) {
    this.#config = config;
    this.#trustedFrom = config.sentAt;
    this.#trust(config.sentAt);
    this.#renewAfter(config.sentAt);
  }

  get signal(): AbortSignal {
    return this.#lost.signal;
  }

  isTrusted(): boolean {
    return !this.#isOver() && this.#isInWindow();
  }

  async release(): Promise<void> {
    if (this.#isOver()) return;
    this.#isReleased = true;
    this.#stop();
    const { redis, key, value, timings } = this.#config;
    // The lock expires by itself: an unreachable Redis must not hold up a run that is done.
    await redis.run(releaseScript, [key], [value], { budgetMs: timings.leaseRetryMs }).catch(() => {});
  }

  #isOver(): boolean {
    return this.#isReleased || this.signal.aborted;
  }

  #isInWindow(): boolean {
    const { monotonicMs, wallMs } = this.#trustedFrom;
    const trustMs = this.#trustMs();
    return performance.now() < monotonicMs + trustMs && Date.now() < wallMs + trustMs;
  }

  #trustMs(): number {
    return this.#config.ttlMs - this.#config.timings.leaseMarginMs;
  }

  #trust(from: Clocks): void {
    this.#trustedFrom = from;
    clearTimeout(this.#windowEnd);
    const leftMs = from.monotonicMs + this.#trustMs() - performance.now();
    this.#windowEnd = setTimeout(() => this.#lose(this.#windowOver()), Math.max(0, leftMs)).unref();
  }

  /** Counted from the request, as trust is: a slow reply does not delay the next renewal. */
  #renewAfter({ monotonicMs }: Clocks): void {
    this.#renewIn(Math.max(0, monotonicMs + this.#config.ttlMs / 3 - performance.now()));
  }

  #renewIn(delayMs: number): void {
    this.#renewal = setTimeout(() => this.#renew(), delayMs).unref();
  }

  async #renew(): Promise<void> {
    if (!this.#isInWindow()) return this.#lose(this.#windowOver());
    const askedAt = clocks();
    this.#isAsking = true;
    try {
      const isOurs = await this.#askOnce();
      if (this.#isOver()) return;
      if (!isOurs) return this.#lose(takenAway());
      this.#failure = undefined;
      this.#trust(askedAt);
      this.#renewAfter(askedAt);
    } catch (error) {
      this.#failure = error;
      if (!this.#isOver()) this.#renewIn(this.#config.timings.leaseRetryMs);
    } finally {
      this.#isAsking = false;
    }
  }

  async #askOnce(): Promise<boolean> {
    const { redis, key, value, ttlMs } = this.#config;
    return integerIn(await redis.run(renewScript, [key], [value, ttlMs], { budgetMs: 0 })) === 1;
  }

  #lose(reason: Error): void {
    this.#stop();
    this.#lost.abort(reason);
  }

  #stop(): void {
    clearTimeout(this.#renewal);
    clearTimeout(this.#windowEnd);
  }

  /** Distinguishes Redis being away (exit 69) from a run that slept (exit 75). */
  #windowOver(): LeaseLostError | UnreachableError {
    return this.#isAsking || this.#failure !== undefined ? outOfReach(this.#failure) : overslept();
  }
}

function takenAway(): LeaseLostError {
  return new LeaseLostError(`the lock is no longer ours: it was removed or taken over; ${guarantee}`, {
    hint: 'Did somebody run "cronsync unlock", or was Redis emptied? The next run continues from the last commit.',
  });
}

function overslept(): LeaseLostError {
  return new LeaseLostError(`the lock could not be renewed in time; ${guarantee}`, {
    hint: 'Was this machine asleep or out of CPU? The next run continues from the last commit.',
  });
}

function outOfReach(cause: unknown): UnreachableError {
  return new UnreachableError(`Redis could not be reached for so long that the lock is lost; ${guarantee}`, {
    hint: 'The next run continues from the last commit, once Redis is back.',
    cause,
  });
}

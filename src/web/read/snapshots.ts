import type { Facts } from '../../verdict/facts.ts';

/** Everybody who asks within this time gets the same answer. */
const sharedMs = 1000;

/** How everything stands, and whether that is from now. */
export interface Snapshot {
  readonly facts: Facts;
  /** Null: the facts are from now. Otherwise no store answers, and this is when they were known last. */
  readonly knownAt: Date | null;
}

/** What the stores said, for all who look at the same time; and what they said last, for when no store answers any more. */
export class Snapshots {
  readonly #ask: () => Promise<Facts>;
  #asking: Promise<Facts> | undefined;
  #askedAt = 0;
  #last: Facts | undefined;

  constructor(ask: () => Promise<Facts>) {
    this.#ask = ask;
  }

  async facts(): Promise<Facts> {
    if (this.#asking === undefined || performance.now() - this.#askedAt > sharedMs) {
      this.#askedAt = performance.now();
      this.#asking = this.#ask();
    }
    return this.#asking;
  }

  /** Somebody has acted: whoever asks now gets a new answer. */
  forget(): void {
    this.#asking = undefined;
  }

  async snapshot(): Promise<Snapshot> {
    const facts = await this.facts();
    const isSilent = facts.redis.is === 'unknown' && facts.database.is === 'unknown';
    if (!isSilent) {
      this.#last = facts;
      return { facts, knownAt: null };
    }
    return this.#last ? { facts: this.#last, knownAt: this.#last.now } : { facts, knownAt: null };
  }
}

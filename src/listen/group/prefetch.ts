const most = 1024;
const shortWaitMs = 20;
const longWaitMs = 100;

/**
 * How many events are kept ready beyond those that run: a few tens of milliseconds' work. Few for a slow listener, so that a
 * stopping daemon has little to hand back and others get their share; many for a fast one, so that it never waits for Redis.
 */
export class Prefetch {
  readonly #least: number;
  #limit: number;

  constructor(concurrency: number) {
    this.#least = Math.min(concurrency * 2, most);
    this.#limit = this.#least;
  }

  get limit(): number {
    return this.#limit;
  }

  /** So long did as many last. */
  lasted(ms: number): void {
    if (ms > longWaitMs) this.#limit = Math.max(this.#least, Math.floor(this.#limit / 2));
    else if (ms < shortWaitMs) this.#limit = Math.min(most, this.#limit * 2);
  }
}

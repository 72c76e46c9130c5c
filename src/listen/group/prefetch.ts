const most = 1024;
const shortWaitMs = 20;
const longWaitMs = 100;

/**
 * How many events are kept ready beyond those that run: enough for some tens of milliseconds. A slow listener keeps few, so
 * that a stopping daemon has little to hand back and others get their share. A fast one keeps many, so that it never waits
 * for Redis.
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

  /** Adapts the limit to how long the last events lasted. */
  lasted(ms: number): void {
    if (ms > longWaitMs) this.#limit = Math.max(this.#least, Math.floor(this.#limit / 2));
    else if (ms < shortWaitMs) this.#limit = Math.min(most, this.#limit * 2);
  }
}

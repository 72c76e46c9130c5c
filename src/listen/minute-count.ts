/** Counts what happens in each minute. A minute begins when the one before is over; the first one with the first question. */
export class MinuteCount {
  readonly #minuteMs: number;
  readonly #now: () => number;
  #minute: number;
  #count = 0;
  #before: number | null = null;

  /** `now` is a monotonic clock in milliseconds. */
  constructor(minuteMs: number, now: () => number = () => performance.now()) {
    this.#minuteMs = minuteMs;
    this.#now = now;
    this.#minute = now();
  }

  /** How many there were in the last full minute; null in the first minute. */
  get last(): number | null {
    this.#turn();
    return this.#before;
  }

  add(): void {
    this.#turn();
    this.#count += 1;
  }

  #turn(): void {
    const minutes = Math.floor((this.#now() - this.#minute) / this.#minuteMs);
    if (minutes < 1) return;
    this.#before = minutes === 1 ? this.#count : 0;
    this.#count = 0;
    this.#minute += minutes * this.#minuteMs;
  }
}

const keysUntilOpen = 5;

/**
 * Tells a receiver that is down from events that nobody can take: open after transient failures of five different keys in
 * a row. While it is open, failures are the receiver's and no event's; one success closes it.
 */
export class Circuit {
  readonly #failed = new Set<string>();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The receiver has answered: with a success, or by refusing one event for good. True: it was open until now. */
  answered(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (this.#failed.size > 0) this.#failed.clear();
    return wasOpen;
  }

  /** A delivery of this key has failed for now. True: the circuit is open from now on. */
  failed(key: string): boolean {
    if (this.#isOpen) return false;
    this.#failed.add(key);
    this.#isOpen = this.#failed.size >= keysUntilOpen;
    return this.#isOpen;
  }
}

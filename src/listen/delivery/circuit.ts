const keysUntilOpen = 5;

/**
 * Distinguishes a receiver that is down from events that it cannot accept: open after consecutive transient failures of
 * five different keys. While it is open, failures count against no event; one success closes it.
 */
export class Circuit {
  readonly #failed = new Set<string>();
  #isOpen = false;

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The receiver has answered: with a success, or by refusing one event for good. Returns whether it was open until now. */
  answered(): boolean {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    if (this.#failed.size > 0) this.#failed.clear();
    return wasOpen;
  }

  /** A delivery of this key has failed for now. Returns whether this opened the circuit. */
  failed(key: string): boolean {
    if (this.#isOpen) return false;
    this.#failed.add(key);
    this.#isOpen = this.#failed.size >= keysUntilOpen;
    return this.#isOpen;
  }
}

/**
 * Lets deliveries of all listeners run beside each other, but one that may have killed a daemon before alone in the
 * process: if it does so again, it takes nobody with it, and it is known which one it was.
 */
export class Isolation {
  #running = 0;
  #isAlone = false;
  readonly #waiting: { readonly alone: boolean; readonly enter: () => void }[] = [];

  /** Enters if that is possible at once. */
  tryEnter(): boolean {
    if (this.#isAlone || this.#waiting.length > 0) return false;
    this.#running += 1;
    return true;
  }

  /** Waits for its turn; who comes later waits behind it. */
  enter(alone: boolean): Promise<void> {
    return new Promise((enter) => {
      this.#waiting.push({ alone, enter });
      this.#admit();
    });
  }

  leave(): void {
    this.#running -= 1;
    this.#isAlone = false;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#isFree(next.alone); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#running += 1;
      this.#isAlone = next.alone;
      next.enter();
    }
  }

  #isFree(alone: boolean): boolean {
    return alone ? this.#running === 0 : !this.#isAlone;
  }
}

/**
 * Lets deliveries of all listeners run side by side. A delivery that may have ended a daemon before runs alone in the
 * process: if it ends the process again, it interrupts no other, and is known to be the cause.
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

  /** Waits for its turn; deliveries that come later wait behind it. */
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

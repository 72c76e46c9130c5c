import { setImmediate as nextTurn } from 'node:timers/promises';

const turnMs = 1;

/**
 * Divides long work, so that it gives way to everything else about every millisecond. While a database works on one
 * statement, the next is made; and once it answers, that is not kept waiting.
 */
export class Turns {
  #startedAt = performance.now();

  /** Whether it is time to give way. Asked after each step of the work. */
  get isOver(): boolean {
    return performance.now() - this.#startedAt >= turnMs;
  }

  async giveWay(): Promise<void> {
    await nextTurn();
    this.#startedAt = performance.now();
  }
}

/** Work that goes on beside other work. Its failure is thrown where it is awaited. */
export function beside<T>(work: Promise<T>): Promise<T> {
  work.catch(() => {});
  return work;
}

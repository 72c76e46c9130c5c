import { setTimeout as sleep } from 'node:timers/promises';

const windowMs = 60_000;
const free = 5;
const waitMs = 1000;
const mostWaiting = 30;

/** Slows down whoever guesses tokens: after five failures in a minute each further try waits its turn, one second apart. */
export class FailedLogins {
  readonly #now: () => Date;
  readonly #wait: (ms: number) => Promise<unknown>;
  #failures: readonly number[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(now: () => Date, wait: (ms: number) => Promise<unknown> = (ms) => sleep(ms)) {
    this.#now = now;
    this.#wait = wait;
  }

  /** Resolves when a try may be checked: at once, or after its turn. False: too many wait already. */
  async admit(): Promise<boolean> {
    const since = this.#now().getTime() - windowMs;
    this.#failures = this.#failures.filter((at) => at > since);
    if (this.#failures.length < free) return true;
    if (this.#waiting >= mostWaiting) return false;
    this.#waiting += 1;
    this.#turn = this.#turn.then(() => this.#wait(waitMs));
    await this.#turn;
    this.#waiting -= 1;
    return true;
  }

  failed(): void {
    this.#failures = [...this.#failures.slice(-free), this.#now().getTime()];
  }
}

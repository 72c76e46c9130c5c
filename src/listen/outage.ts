import { formatDuration } from '../duration.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** A new outage is told unless one was just now; one that lasts, again now and then. */
const newMs = 1000;
const repeatMs = 60_000;

/** Says that Redis, or the target, is away, and that it is back: once each, whoever notices, however often. */
export class Outage {
  readonly #log: Log;
  #since: number | undefined;
  #saidAt = Number.NEGATIVE_INFINITY;
  #isSaid = false;
  #because = '';

  constructor(log: Log) {
    this.#log = log;
  }

  /** Why nothing can be delivered; null: nothing is known to be wrong. */
  get because(): string | null {
    return this.#since === undefined ? null : this.#because;
  }

  failed(error: unknown): void {
    const now = performance.now();
    this.#because = messageOf(error);
    this.#since ??= now;
    if (now - this.#saidAt < (this.#isSaid ? repeatMs : newMs)) return;
    this.#saidAt = now;
    this.#isSaid = true;
    this.#log.warn(`${this.#because}; it is tried again until it is there`);
  }

  recovered(): void {
    if (this.#since === undefined) return;
    if (this.#isSaid) this.#log.warn(`it is there again, after ${formatDuration(performance.now() - this.#since)}`);
    this.#since = undefined;
    this.#isSaid = false;
  }
}

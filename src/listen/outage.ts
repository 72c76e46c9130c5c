import { formatDuration } from '../duration.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';

/** How long after a report the next new outage is reported. */
const newMs = 1000;
/** How often an outage that lasts is reported. */
const repeatMs = 60_000;

/** Logs that Redis or the target is away, and that it is back: once each, however many notice it. */
export class Outage {
  readonly #log: Log;
  #since: number | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #isLogged = false;
  #because = '';

  constructor(log: Log) {
    this.#log = log;
  }

  /** Why nothing can be delivered; null: no problem is known. */
  get because(): string | null {
    return this.#since === undefined ? null : this.#because;
  }

  failed(error: unknown): void {
    const now = performance.now();
    this.#because = messageOf(error);
    this.#since ??= now;
    if (now - this.#loggedAt < (this.#isLogged ? repeatMs : newMs)) return;
    this.#loggedAt = now;
    this.#isLogged = true;
    this.#log.warn(`${this.#because}; cronsync tries again until it is back`);
  }

  recovered(): void {
    if (this.#since === undefined) return;
    if (this.#isLogged) this.#log.warn(`it is back, after ${formatDuration(performance.now() - this.#since)}`);
    this.#since = undefined;
    this.#isLogged = false;
  }
}

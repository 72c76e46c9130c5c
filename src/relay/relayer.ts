import { UnreachableError } from '../errors.ts';
import { type Relayed, relay, relayPatiently } from './relay.ts';
import type { RelayDeps, RelayOptions, StreamAt } from './start.ts';

/** Relays beside a run: in the background after each commit, one transaction behind it, and the rest before the run ends. */
export class Relayer {
  readonly #options: RelayOptions;
  readonly #deps: RelayDeps;
  readonly #signal: AbortSignal;
  #at: StreamAt | null = null;
  #appended = 0;
  #underWay: Promise<void> = Promise.resolve();
  /** When Redis began to refuse, by the monotonic clock; null while it takes events. */
  #refusedAt: number | null = null;
  #alarm: unknown;

  constructor(options: RelayOptions, deps: RelayDeps, signal: AbortSignal) {
    this.#options = options;
    this.#deps = deps;
    this.#signal = signal;
  }

  /** Called after each commit. Starts to move its events, and waits only for the move before. Throws only what must stop the run. */
  async committed(): Promise<void> {
    await this.#underWay;
    if (this.#alarm) throw this.#alarm;
    if (this.#refusedAt === null) this.#underWay = this.#moveInBackground();
  }

  /**
   * Moves what is left, and returns how much was moved since the last call. Throws `UnreachableError` if Redis takes
   * nothing for `patienceMs`, counted from when it began to refuse: the data is committed.
   */
  async drain(signal: AbortSignal, patienceMs: number): Promise<Relayed> {
    await this.#underWay;
    if (this.#alarm) throw this.#alarm;
    const waitedMs = this.#refusedAt === null ? 0 : performance.now() - this.#refusedAt;
    const restMs = Math.max(0, patienceMs - waitedMs);
    const drained = await relayPatiently(this.#options, this.#deps, signal, restMs, this.#at);
    this.#at = drained.at;
    this.#refusedAt = null;
    const appended = this.#appended + drained.appended;
    this.#appended = 0;
    return { ...drained, appended };
  }

  async #moveInBackground(): Promise<void> {
    const askedAt = performance.now();
    try {
      const moved = await relay(this.#options, this.#deps, this.#signal, this.#at);
      this.#at = moved.at;
      this.#appended += moved.appended;
    } catch (error) {
      if (error instanceof UnreachableError || this.#signal.aborted) this.#refusedAt = askedAt;
      else this.#alarm = error;
    }
  }
}

import type { Members } from '../consumer.ts';
import { messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Timings } from '../timings.ts';
import type { ListenerPlan } from './group/group.ts';
import { MinuteCount } from './minute-count.ts';

export interface ShareDeps {
  readonly members: Members;
  /** The unique name of this daemon. */
  readonly member: string;
  readonly timings: Pick<Timings, 'groupLeaseMs' | 'minuteMs'>;
  readonly log: Log;
}

/**
 * How many shards of a listener this daemon should read: every daemon about the same number. A daemon with too many stops
 * reading one without loss, so that a daemon that starts later gets its part.
 */
export class Share {
  readonly #listener: ListenerPlan;
  readonly #deps: ShareDeps;
  readonly #reading = new Map<string, AbortController>();
  readonly #done: MinuteCount;
  #held = 0;
  #acquiring: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #members = 1;

  constructor(listener: ListenerPlan, deps: ShareDeps) {
    this.#listener = listener;
    this.#deps = deps;
    this.#done = new MinuteCount(deps.timings.minuteMs);
  }

  /** Acquires one more shard, one at a time; null if that would be too many or another daemon has it. */
  acquire<T>(acquire: () => Promise<T | null>): Promise<T | null> {
    const acquiring = this.#acquiring.then(() => this.#acquireOne(acquire));
    this.#acquiring = acquiring.catch(() => {});
    return acquiring;
  }

  release(group: string): void {
    this.#held -= 1;
    this.#reading.delete(group);
  }

  /** An event is delivered: others are shown how many there are in a minute. */
  done(): void {
    this.#done.add();
  }

  /** Fires when this daemon should stop reading this shard. */
  tooMany(group: string): AbortSignal {
    const controller = new AbortController();
    this.#reading.set(group, controller);
    return controller.signal;
  }

  /** Starts to show that this daemon is there, and to give back what is too much. */
  open(): void {
    void this.#level();
    this.#timer = setInterval(() => void this.#level(), this.#deps.timings.groupLeaseMs / 6);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    const { members, member } = this.#deps;
    await members.leave(this.#listener.name, member).catch(() => {});
  }

  async #acquireOne<T>(acquire: () => Promise<T | null>): Promise<T | null> {
    if (this.#listener.shards > 1) await this.#join();
    if (this.#held >= this.#fair()) return null;
    const acquired = await acquire();
    if (acquired !== null) this.#held += 1;
    return acquired;
  }

  #fair(): number {
    return Math.ceil(this.#listener.shards / this.#members);
  }

  async #join(): Promise<void> {
    const { members, member, timings } = this.#deps;
    this.#members = await members.join(this.#listener.name, member, timings.groupLeaseMs, this.#done.last);
  }

  async #level(): Promise<void> {
    const { log } = this.#deps;
    try {
      await this.#join();
    } catch (error) {
      // Redis is away, or worse: the readers of the shards notice it, and report it.
      return log.debug(messageOf(error));
    }
    const last = [...this.#reading].at(-1);
    if (!last || this.#reading.size <= this.#fair()) return;
    const [group, controller] = last;
    log.info(`${group}: given to another daemon`);
    this.#reading.delete(group);
    controller.abort();
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrivals } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import { rewindOf } from '../../listener.ts';
import type { Lease } from '../../lock.ts';
import type { Target } from '../../target.ts';
import type { Group } from '../group/group.ts';
import type { GroupRole, GroupStatus } from '../group/group-reader.ts';
import { GroupReading, type GroupReadingDeps, type ReadingEnd } from '../group/group-reading.ts';
import type { Pauses } from '../pauses.ts';
import { RewindConsumer } from './rewind-consumer.ts';

export interface RewindReaderDeps extends Omit<GroupReadingDeps, 'consumer' | 'lease' | 'onTurn' | 'arrivals'> {
  /** Asks for the lease of the rewind; null: another daemon has it. Never waits. */
  readonly acquire: (group: string) => Promise<{ readonly lease: Lease } | null>;
  readonly target: Pick<Target, 'fence' | 'groups' | 'outbox' | 'saveGroups'>;
  readonly pauses: Pick<Pauses, 'pausing'>;
}

const idle = { held: 0, running: 0, isReceiverDown: false };

/** Delivers a rewind, beside the living group of its listener: stands by until it may read, and reads until all is delivered. */
export class RewindReader {
  readonly #group: Group;
  readonly #deps: RewindReaderDeps;
  #role: GroupRole = 'starting';
  #turnedAt = performance.now();
  #reading: GroupReading | undefined;

  constructor(group: Group, deps: RewindReaderDeps) {
    this.#group = group;
    this.#deps = deps;
  }

  get status(): GroupStatus {
    const isLooping = this.#role === 'reading' || this.#role === 'standing by';
    const turnMs = isLooping ? Math.round(performance.now() - this.#turnedAt) : 0;
    return { role: this.#role, turnMs, ...(this.#reading?.load ?? idle) };
  }

  /** Resolves when the rewind is over or was dropped, when its receiver is gone, or when it is stopped. */
  async run(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      const end = await this.#readOnce(stop);
      this.#reading = undefined;
      if (end === 'off') this.#role = 'off';
      if (end === 'off' || end === 'gone' || end === 'idle') return;
      await this.#pause(stop);
    }
  }

  async #readOnce(stop: AbortSignal): Promise<ReadingEnd> {
    const { acquire, outage, isOnce } = this.#deps;
    const { group, listener } = this.#group;
    const pausing = this.#deps.pauses.pausing(listener.name);
    this.#role = pausing.aborted ? 'paused' : 'standing by';
    this.#turnedAt = performance.now();
    if (pausing.aborted) return isOnce ? 'idle' : 'stopped';
    try {
      const held = await acquire(group);
      outage.recovered();
      if (held === null) return isOnce ? 'idle' : 'lost';
      return await this.#readWith(held.lease, AbortSignal.any([stop, pausing])).finally(() => held.lease.release());
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      outage.failed(error);
      return 'lost';
    }
  }

  async #readWith(lease: Lease, stop: AbortSignal): Promise<ReadingEnd> {
    const { target, dead, timings } = this.#deps;
    const { group, listener } = this.#group;
    const cursor = (await target.groups()).find((one) => one.group === group);
    const rewind = rewindOf(group);
    if (!cursor || !rewind) return 'gone';
    const consumer = new RewindConsumer(group, { after: cursor.position, until: rewind.until }, { target, lease });
    const letters = listener.onDead === 'park' ? await dead.list({ listener: listener.name }) : [];
    const own = { consumer, lease, arrivals: noArrivals(timings.standbyMs), onTurn: () => this.#turned() };
    this.#reading = new GroupReading(
      this.#group,
      { ...this.#deps, ...own },
      letters.map(({ key }) => key),
    );
    this.#role = 'reading';
    return this.#reading.run(stop);
  }

  #turned(): void {
    this.#turnedAt = performance.now();
  }

  async #pause(stop: AbortSignal): Promise<void> {
    await sleep(this.#deps.timings.standbyMs, undefined, { signal: stop }).catch(() => {});
  }
}

/** Nothing arrives: a rewind only waits for its own deliveries. */
function noArrivals(stepMs: number): Arrivals {
  return {
    wait: (_after, waitMs, signal) =>
      sleep(Math.min(stepMs, waitMs), undefined, { signal }).then(
        () => {},
        () => {},
      ),
    isHung: false,
    close() {},
  };
}

import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Arrivals,
  type AttemptLog,
  type Attempts,
  type Entry,
  type EntryId,
  firstEntry,
  type GroupConsumer,
} from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import type { ListenMeter } from '../../meter.ts';
import type { Timings } from '../../timings.ts';
import type { Outage } from '../outage.ts';

/** What is known of an entry from before: whether another consumer had it, and its failed attempts. */
export interface Past {
  readonly isClaimed: boolean;
  readonly attempts: Attempts | null;
}

export interface EntryReaderDeps {
  readonly consumer: Pick<GroupConsumer, 'group' | 'readNew' | 'claim'>;
  readonly arrivals: Arrivals;
  readonly attempts: Pick<AttemptLog, 'read'>;
  readonly outage: Outage;
  readonly meter: Pick<ListenMeter, 'beat'>;
  readonly timings: Timings;
  readonly isOrdered: boolean;
  /** Called each time that the loop goes round. */
  readonly onTurn: () => void;
  /** Called with every entry, in the order of the stream. */
  readonly onEntry: (entry: Entry, past: Past) => void;
  /** Called with entries that were trimmed while they were pending. */
  readonly onTrimmed: (ids: readonly EntryId[]) => Promise<void>;
}

const entriesPerClaim = 100;
const bytesPerRead = 4_000_000;
const fresh: Past = { isClaimed: false, attempts: null };

/** Reads a group's entries from Redis: what earlier consumers have left, and what is new. While Redis is away it tries again. */
export class EntryReader {
  readonly #deps: EntryReaderDeps;
  #cursor: EntryId = firstEntry;
  #claimAt = 0;
  #averageBytes = 1;
  #failures = 0;

  constructor(deps: EntryReaderDeps) {
    this.#deps = deps;
  }

  /** Claims everything that is pending for any consumer, in the order of the stream. Waits for `room` before each part. */
  async claimAll(room: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    do {
      await room();
      await this.patiently(signal, () => this.#claim(0));
    } while (!signal.aborted && this.#cursor !== firstEntry);
  }

  /** Reads new entries, at most `count`. Returns the last ID of the stream if there was none, else undefined. */
  async readNew(count: number, signal: AbortSignal): Promise<EntryId | undefined> {
    if (!this.#deps.isOrdered) await this.patiently(signal, () => this.#claimAbandoned());
    return this.patiently(signal, () => this.#readNew(Math.min(count, Math.ceil(bytesPerRead / this.#averageBytes))));
  }

  /** Waits for something new. If blocking reads do not work, it returns after a while, so that the caller looks. */
  async waitAfter(last: EntryId, signal: AbortSignal): Promise<void> {
    const { arrivals, isOrdered, timings } = this.#deps;
    try {
      await arrivals.wait(last, isOrdered ? timings.blockMs : timings.standbyMs, signal);
      // Another consumer may have handed something back.
      if (!isOrdered) this.#claimAt = 0;
    } catch (error) {
      if (!(error instanceof UnreachableError) || arrivals.isHung) throw error;
      await sleep(timings.standbyMs, undefined, { signal }).catch(() => {});
    }
  }

  /** Repeats what fails because Redis or the target is away, until the signal fires. */
  async patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T | undefined> {
    const { outage, timings, onTurn } = this.#deps;
    while (!signal.aborted) {
      onTurn();
      try {
        const result = await work();
        this.#failures = 0;
        outage.recovered();
        return result;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        outage.failed(error);
        const longest = Math.min(timings.loopBackOffMs * 2 ** this.#failures, timings.loopBackOffCapMs);
        this.#failures += 1;
        await sleep(longest * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => {});
      }
    }
    return undefined;
  }

  async #readNew(count: number): Promise<EntryId | undefined> {
    const { consumer, meter, onEntry } = this.#deps;
    const { entries, last } = await consumer.readNew(count);
    meter.beat(consumer.group);
    if (entries.length === 0) return last;
    this.#averageBytes = entries.reduce((sum, { event }) => sum + (event?.length ?? 0), 1) / entries.length;
    for (const entry of entries) onEntry(entry, fresh);
    return undefined;
  }

  /** Claims what other consumers have not touched for long. It starts where the last search ended, so that the tail has its turn. */
  async #claimAbandoned(): Promise<void> {
    const { claimEveryMs, claimIdleMs } = this.#deps.timings;
    if (performance.now() < this.#claimAt) return;
    let claimed = 0;
    do claimed += await this.#claim(claimIdleMs);
    while (this.#cursor !== firstEntry && claimed < entriesPerClaim);
    this.#claimAt = performance.now() + claimEveryMs * (0.8 + Math.random() * 0.4);
  }

  async #claim(minIdleMs: number): Promise<number> {
    const { consumer, attempts, onEntry, onTrimmed } = this.#deps;
    const { entries, next, lost } = await consumer.claim(minIdleMs, entriesPerClaim, this.#cursor);
    if (lost.length > 0) await onTrimmed(lost);
    const failed = await attempts.read(
      consumer.group,
      entries.map(({ id }) => id),
    );
    this.#cursor = next;
    for (const entry of entries) onEntry(entry, { isClaimed: true, attempts: failed.get(entry.id) ?? null });
    return entries.length;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import { type GroupConsumer, GroupGoneError, receiverGone } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import type { Position } from '../../event.ts';
import type { Lease } from '../../lock.ts';
import type { Pauses } from '../pauses.ts';
import type { Share } from '../share.ts';
import type { Group } from './group.ts';
import { GroupReading, type GroupReadingDeps, type Interrupted, type ReadingEnd } from './group-reading.ts';
import { OutboxConsumer, type OutboxConsumerDeps } from './outbox-consumer.ts';

/** What a daemon does with a group. `elsewhere`: only with `isOnce`, if another daemon reads it. */
export type GroupRole = 'starting' | 'standing by' | 'reading' | 'paused' | 'off' | 'elsewhere' | 'ended';

/** Why this daemon no longer reads a group. */
export type GroupEnd = 'stopped' | 'idle' | 'off' | 'elsewhere';

/** What a group of this daemon does, for people. */
export interface GroupStatus {
  readonly role: GroupRole;
  /** How long ago its loop last went round, if only to try to reach Redis. */
  readonly turnMs: number;
  readonly held: number;
  readonly running: number;
  readonly isReceiverDown: boolean;
}

export interface GroupDeps extends Omit<GroupReadingDeps, 'consumer' | 'lease' | 'onTurn'> {
  /** Asks for the lease of an ordered group; null: another daemon has it. Never waits. */
  readonly acquire: (group: string) => Promise<{ readonly lease: Lease; readonly token: string } | null>;
  /** Joins the group; with the lease's token, if it is ordered. */
  readonly join: (group: string, token: string | null) => Promise<GroupConsumer>;
  /**
   * Makes a group again, at the cursor that the target keeps. Returns the cursor if the stream no longer has all that comes
   * after it: the group stays off the stream. Throws `ConfigError` if it was dropped.
   */
  readonly restoreGroup: (group: string) => Promise<Position | null>;
  readonly stream: OutboxConsumerDeps['stream'];
  readonly target: OutboxConsumerDeps['target'];
  /** How many shards this daemon should read. */
  readonly share: Share;
  readonly pauses: Pick<Pauses, 'pausing'>;
}

/** Consumers that ended without leaving are removed after this time. */
const forgetConsumersMs = 3_600_000;
const idle = { held: 0, running: 0, isReceiverDown: false };

/** One group in one daemon: stands by until it may read, reads for as long as it may, and starts again, until it is stopped. */
export class GroupReader {
  /** Not null: the group is off the stream, and is read from the outbox after this cursor. */
  #behind: Position | null = null;
  readonly #group: Group;
  readonly #deps: GroupDeps;
  #role: GroupRole = 'starting';
  #turnedAt = performance.now();
  #reading: GroupReading | undefined;
  /** What earlier readings have left started, until that is noted: it must not count as what ended a daemon. */
  readonly #interrupted: Interrupted[] = [];

  constructor(group: Group, deps: GroupDeps) {
    this.#group = group;
    this.#deps = deps;
  }

  get status(): GroupStatus {
    return { role: this.#role, turnMs: this.#turnMs(), ...(this.#reading?.load ?? idle) };
  }

  /** Resolves to why it ended for good. Throws what cannot be repaired. */
  async run(stop: AbortSignal): Promise<GroupEnd> {
    const end = await this.#readAgain(stop);
    this.#role = end === 'off' || end === 'elsewhere' ? end : 'ended';
    return end;
  }

  #turnMs(): number {
    const isLooping = this.#role === 'reading' || this.#role === 'standing by';
    return isLooping ? Math.round(performance.now() - this.#turnedAt) : 0;
  }

  #turn(): void {
    this.#turnedAt = performance.now();
  }

  async #readAgain(stop: AbortSignal): Promise<GroupEnd> {
    while (!stop.aborted) {
      const pausing = this.#deps.pauses.pausing(this.#group.listener.name);
      if (pausing.aborted) {
        if (this.#deps.isOnce) return 'elsewhere';
        this.#role = 'paused';
        await pause(this.#deps.timings.standbyMs, stop);
        continue;
      }
      const end = await this.#readAsLongAsAllowed(AbortSignal.any([stop, pausing]));
      if (this.#reading) this.#interrupted.push(this.#reading.interrupted);
      this.#reading = undefined;
      if (end === 'off' || end === 'idle' || end === 'elsewhere') return end;
      if (end === 'gone') await this.#restore(stop);
    }
    return 'stopped';
  }

  async #readAsLongAsAllowed(stop: AbortSignal): Promise<ReadingEnd | 'elsewhere'> {
    // One daemon reads the outbox, and in order: nothing there says which daemon has which event.
    if (this.#group.listener.ordering === 'none' && this.#behind === null) return this.#read(null, stop);
    const held = await this.#standBy(stop);
    if (held === null) return this.#deps.isOnce ? 'elsewhere' : 'stopped';
    const { share } = this.#deps;
    try {
      return await this.#read(held, AbortSignal.any([stop, share.tooMany(this.#group.group)]));
    } finally {
      share.release(this.#group.group);
      await held.lease.release();
    }
  }

  /** Null: stopped, or with `isOnce` another daemon reads it. */
  async #standBy(stop: AbortSignal) {
    const { acquire, share, timings, outage, isOnce } = this.#deps;
    this.#role = 'standing by';
    while (!stop.aborted) {
      this.#turn();
      try {
        await this.#noteInterruptions();
        const held = await share.acquire(() => acquire(this.#group.group));
        outage.recovered();
        if (held) return held;
        if (isOnce) return null;
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error;
        outage.failed(error);
      }
      await pause(timings.standbyMs, stop);
    }
    return null;
  }

  async #read(held: { readonly lease: Lease; readonly token: string } | null, stop: AbortSignal): Promise<ReadingEnd> {
    const { join, restoreGroup, attempts, dead, outage, timings, log } = this.#deps;
    const { group, listener } = this.#group;
    try {
      // Another daemon may have read on since.
      if (this.#behind !== null) this.#behind = await restoreGroup(group);
      if (this.#behind === null && held !== null && listener.ordering === 'none') return 'lost';
      await this.#noteInterruptions();
      const consumer = this.#outboxConsumer(held) ?? (await join(group, held?.token ?? null));
      await consumer.removeIdleConsumers(forgetConsumersMs);
      await attempts.forget(group, [receiverGone]);
      const letters = listener.onDead === 'park' ? await dead.list({ listener: listener.name }) : [];
      const keys = letters.map(({ key }) => key);
      const own = { consumer, lease: held?.lease ?? null, onTurn: () => this.#turn() };
      this.#reading = new GroupReading(this.#group, { ...this.#deps, ...own }, keys);
    } catch (error) {
      if (error instanceof GroupGoneError) return 'gone';
      if (!(error instanceof UnreachableError)) throw error;
      outage.failed(error);
      await pause(timings.loopBackOffMs, stop);
      return 'lost';
    }
    outage.recovered();
    this.#role = 'reading';
    log.debug(`${group}: reading`);
    return this.#reading.run(stop);
  }

  #outboxConsumer(held: { readonly lease: Lease } | null): GroupConsumer | null {
    if (this.#behind === null || held === null) return null;
    const { stream, target } = this.#deps;
    return new OutboxConsumer(this.#group.group, this.#behind, { stream, target, lease: held.lease });
  }

  async #noteInterruptions(): Promise<void> {
    for (let next = this.#interrupted[0]; next; next = this.#interrupted[0]) {
      await this.#deps.attempts.noteInterruptions(this.#group.group, next.consumer, next.ids);
      this.#interrupted.shift();
    }
  }

  async #restore(stop: AbortSignal): Promise<void> {
    const { restoreGroup, outage, timings, log } = this.#deps;
    const { group } = this.#group;
    const wasBehind = this.#behind !== null;
    await pause(timings.loopBackOffMs, stop);
    try {
      this.#behind = await restoreGroup(group);
    } catch (error) {
      if (!(error instanceof UnreachableError)) throw error;
      return outage.failed(error);
    }
    if (this.#behind !== null) log.warn(`the group ${group} is behind the stream: it is read from the outbox`);
    else if (wasBehind) log.info(`the group ${group} has caught up: it is read on the stream again`);
    else log.warn(`the group ${group} is gone: it is made again at the cursor that the target keeps`);
  }
}

/** Waits with jitter, so that daemons do not ask at the same time. */
function pause(ms: number, signal: AbortSignal): Promise<unknown> {
  return sleep(ms * (0.8 + Math.random() * 0.4), undefined, { signal }).catch(() => {});
}

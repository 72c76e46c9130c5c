import { setTimeout as sleep } from 'node:timers/promises';
import { type Arrivals, type AttemptLog, type EntryId, type GroupConsumer, GroupGoneError } from '../../consumer.ts';
import { LeaseLostError, messageOf, UncaughtError, UnreachableError } from '../../errors.ts';
import type { Position } from '../../event.ts';
import type { DeadLetters, Listener } from '../../listener.ts';
import type { Lease } from '../../lock.ts';
import type { Log } from '../../log.ts';
import type { ListenMeter } from '../../meter.ts';
import type { Timings } from '../../timings.ts';
import { Circuit } from '../delivery/circuit.ts';
import { Courier } from '../delivery/courier.ts';
import { DeadLetterBox } from '../delivery/dead-letter-box.ts';
import { Dispatcher } from '../delivery/dispatcher.ts';
import type { Isolation } from '../delivery/isolation.ts';
import type { Outage } from '../outage.ts';
import { WakeUp } from '../wake-up.ts';
import { Acknowledger } from './acknowledger.ts';
import { EntryReader } from './entry-reader.ts';
import type { Group } from './group.ts';
import { Prefetch } from './prefetch.ts';
import { createSorter } from './sorter.ts';

export interface GroupReadingDeps {
  readonly consumer: GroupConsumer;
  /** Null: the group is unordered, and other daemons read it too. */
  readonly lease: Lease | null;
  readonly listener: Listener;
  readonly arrivals: Arrivals;
  readonly attempts: AttemptLog;
  readonly dead: DeadLetters;
  /** The event of a position, if the outbox still has it. */
  readonly recover: (position: Position) => Promise<string | null>;
  readonly isolation: Isolation;
  readonly meter: ListenMeter;
  readonly outage: Outage;
  readonly log: Log;
  readonly timings: Timings;
  /** Try each waiting event once, and wait for nothing. */
  readonly isOnce: boolean;
  /** Called each time that the loop goes round. */
  readonly onTurn: () => void;
}

/**
 * Why a reading ended. `idle`: only with `isOnce`. `lost`: another daemon has the lease. `gone`: the group no longer exists.
 * `off`: the receiver is gone for good.
 */
export type ReadingEnd = 'stopped' | 'idle' | 'lost' | 'gone' | 'off';

/** Deliveries of a consumer that ended although its daemon lives. */
export interface Interrupted {
  readonly consumer: string;
  readonly ids: readonly EntryId[];
}

/** How many entries, also those that wait behind failed ones, are held in memory before reading pauses. */
const mostHeld = 10_000;
const mostUnacknowledged = 4000;
const turnMs = 1000;

/**
 * One group, read by one consumer, for as long as it may.
 *
 * 1. In an ordered group, claim all that earlier consumers have left, in the order of the stream.
 * 2. Read what is new while there is room; sort it into lanes, and acknowledge at once what this group does not deliver.
 * 3. Run the lanes. A failed event parks its own lane only.
 * 4. To stop, read nothing more, wait for what is in flight, and hand the rest back.
 */
export class GroupReading {
  readonly #group: Group;
  readonly #deps: GroupReadingDeps;
  readonly #circuit = new Circuit();
  readonly #wakeUp = new WakeUp();
  /** Fires when nothing more is read; what is in flight continues. */
  readonly #ending = new AbortController();
  /** Fires when this reading is over: everything ends. */
  readonly #over = new AbortController();
  readonly #prefetch: Prefetch;
  readonly #acknowledger: Acknowledger;
  readonly #reader: EntryReader;
  readonly #dispatcher: Dispatcher;
  #end: ReadingEnd | undefined;
  #failure: unknown;
  #interrupted: readonly EntryId[] = [];

  constructor(group: Group, deps: GroupReadingDeps, deadKeys: Iterable<string>) {
    const { consumer, timings, isOnce, lease } = deps;
    this.#group = group;
    this.#deps = deps;
    this.#prefetch = new Prefetch(group.listener.concurrency);
    this.#acknowledger = new Acknowledger({
      consumer,
      onLost: (ids) =>
        deps.log.warn(`${group.group}: claimed by another daemon before they were acknowledged: ${ids.join(', ')}`),
      onRoom: () => this.#wakeUp.ring(),
      onError: (error) => this.#fail(error),
      retryMs: timings.loopBackOffMs,
    });
    const circuit = this.#circuit;
    const over = this.#over.signal;
    const deadLetters = new DeadLetterBox(group, { ...deps, over }, deadKeys);
    this.#dispatcher = new Dispatcher({
      courier: new Courier(group, { ...deps, circuit, deadLetters, over }),
      circuit,
      acknowledger: this.#acknowledger,
      concurrency: group.listener.concurrency,
      timeoutMs: group.listener.timeoutMs,
      retryMs: timings.loopBackOffMs,
      isOnce,
      onChange: () => this.#wakeUp.ring(),
      onOff: () => this.#finish('off'),
      onAnswer: () => deps.log.warn(`${group.listener.name}: its receiver answers again`),
      onError: (error) => this.#fail(error),
    });
    const isOrdered = lease !== null;
    const sorting = { dispatcher: this.#dispatcher, acknowledger: this.#acknowledger, isOrdered, timings };
    const onTrimmed = (ids: readonly EntryId[]) => deadLetters.storeTrimmed(ids);
    this.#reader = new EntryReader({ ...deps, isOrdered, onEntry: createSorter(group, sorting), onTrimmed });
  }

  /** How many entries are in hand, and how many of them are being delivered. */
  get load(): { readonly held: number; readonly running: number; readonly isReceiverDown: boolean } {
    const { held, running } = this.#dispatcher;
    return { held, running, isReceiverDown: this.#circuit.isOpen };
  }

  /** What was started here, is not done and was not handed back, although this daemon lives. Known once `run` is over. */
  get interrupted(): Interrupted {
    return { consumer: this.#deps.consumer.consumer, ids: this.#end === 'gone' ? [] : this.#interrupted };
  }

  /** Ends when the signal fires or this reading cannot continue. Throws what no other reading could repair. */
  async run(stop: AbortSignal): Promise<ReadingEnd> {
    const { lease, timings } = this.#deps;
    const signal = AbortSignal.any([stop, this.#ending.signal, this.#over.signal]);
    const onLost = () => this.#fail(new LeaseLostError(`the lease of ${this.#group.group} is lost`));
    lease?.signal.addEventListener('abort', onLost);
    if (lease?.signal.aborted) onLost();
    const heartbeat = setInterval(() => void this.#keepAlive(), timings.heartbeatMs);
    const probe = setInterval(() => this.#dispatcher.probe(), timings.probeMs);
    try {
      if (lease) await this.#reader.claimAll(() => this.#room(signal), signal);
      await this.#read(signal);
    } catch (error) {
      this.#fail(error);
    }
    await this.#close(stop.reason instanceof UncaughtError);
    clearInterval(heartbeat);
    clearInterval(probe);
    lease?.signal.removeEventListener('abort', onLost);
    if (this.#failure) throw this.#failure;
    return this.#end ?? 'stopped';
  }

  async #read(signal: AbortSignal): Promise<void> {
    for (;;) {
      const count = await this.#room(signal);
      if (signal.aborted) return;
      const last = await this.#reader.readNew(count, signal);
      if (last === undefined) continue;
      if (this.#dispatcher.wantsOne) this.#dispatcher.tryOne();
      else if (!this.#deps.isOnce) await this.#reader.waitAfter(last, signal);
      else if (this.#dispatcher.isIdle) this.#finish('idle');
      else await this.#wakeUp.wait(turnMs, signal);
    }
  }

  /** Waits until more may be read; returns how much. */
  async #room(signal: AbortSignal): Promise<number> {
    const startedAt = performance.now();
    while (!signal.aborted) {
      this.#deps.onTurn();
      const room = this.#roomNow();
      if (room > 0) {
        this.#prefetch.lasted(performance.now() - startedAt);
        return room;
      }
      if (this.#deps.isOnce && this.#dispatcher.isIdle) this.#finish('idle');
      await this.#wakeUp.wait(turnMs, signal);
    }
    return 0;
  }

  #roomNow(): number {
    const { held, waiting, wantsOne } = this.#dispatcher;
    const { limit } = this.#prefetch;
    if (this.#circuit.isOpen) return wantsOne ? 1 : 0;
    if (held >= mostHeld || this.#acknowledger.size >= mostUnacknowledged) return 0;
    return waiting < limit ? limit : 0;
  }

  async #keepAlive(): Promise<void> {
    const { consumer, log } = this.#deps;
    const ids = [...this.#dispatcher.left(), ...this.#acknowledger.backlog];
    if (ids.length === 0) return;
    try {
      const gone = new Set(await consumer.keepAlive(ids));
      const lost = [...this.#dispatcher.left()].filter((id) => gone.has(id));
      if (lost.length === 0) return;
      log.warn(`${this.#group.group}: another daemon has claimed ${lost.length} events that were in hand here`);
      this.#dispatcher.lose(lost);
    } catch (error) {
      if (!(error instanceof UnreachableError)) this.#fail(error);
    }
  }

  #finish(end: ReadingEnd): void {
    this.#end ??= end;
    this.#ending.abort();
  }

  /** Ends this reading at once: what is in flight is cut off, and nothing more is acknowledged. */
  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    if (error instanceof LeaseLostError) this.#end = 'lost';
    else if (error instanceof GroupGoneError) this.#end = 'gone';
    else this.#failure = error;
    this.#over.abort(error);
  }

  /** After an error that nothing caught, what was in flight counts as started: it may be an event that ends daemons. */
  async #close(isCrash: boolean): Promise<void> {
    this.#dispatcher.stop();
    if (!this.#over.signal.aborted && !isCrash) await this.#drain();
    const isOurs = !this.#over.signal.aborted && !isCrash;
    this.#over.abort();
    const { backlog } = this.#acknowledger;
    this.#acknowledger.giveUp();
    this.#dispatcher.abort(new UnreachableError('this daemon no longer reads for this listener'));
    await this.#dispatcher.settled();
    const isHandedBack = isOurs && (await this.#handBack());
    if (!isHandedBack && !isCrash) this.#interrupted = [...this.#dispatcher.begun(), ...backlog];
  }

  /** Waits for what is in flight, and fires its signals when time is nearly over. */
  async #drain(): Promise<void> {
    const { drainMs, drainSignalMs } = this.#deps.timings;
    const isOver = AbortSignal.any([AbortSignal.timeout(drainMs), this.#over.signal]);
    const stopping = new UnreachableError('this daemon is stopping');
    const abort = setTimeout(() => this.#dispatcher.abort(stopping), drainSignalMs);
    const timeIsUp = sleep(drainMs, undefined, { signal: isOver }).catch(() => {});
    await Promise.race([this.#dispatcher.settled().then(() => this.#acknowledger.flushed()), timeIsUp]);
    clearTimeout(abort);
  }

  async #handBack(): Promise<boolean> {
    const { consumer, log } = this.#deps;
    const ids = [...this.#dispatcher.left()];
    try {
      await consumer.handBack(ids);
      await consumer.leave();
      return true;
    } catch (error) {
      log.debug(`${this.#group.group}: what was in hand is claimed later: ${messageOf(error)}`);
      return false;
    }
  }
}

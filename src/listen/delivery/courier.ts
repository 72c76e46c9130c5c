import { type AttemptLog, type Attempts, type EntryId, type GroupConsumer, receiverGone } from '../../consumer.ts';
import { LeaseLostError, UnreachableError } from '../../errors.ts';
import type { ChangeEvent, Listener } from '../../listener.ts';
import type { Lease } from '../../lock.ts';
import type { Log } from '../../log.ts';
import type { ListenMeter } from '../../meter.ts';
import type { Timings } from '../../timings.ts';
import { deliveredAs, type Group } from '../group/group.ts';
import { Attempt, type Outcome } from './attempt.ts';
import type { Circuit } from './circuit.ts';
import type { DeadLetterBox, Reason } from './dead-letter-box.ts';
import type { Isolation } from './isolation.ts';
import { retryDelayMs } from './retry-delay.ts';

/** One entry on its way to one listener. */
export interface Task {
  readonly id: EntryId;
  /** Null: the entry is corrupt, and becomes a dead letter. */
  readonly event: ChangeEvent | null;
  readonly corruptBecause: string | null;
  readonly json: string | null;
  /** How often a delivery of it had started when it was read. A claimed entry counts one more when it begins. */
  readonly deliveries: number;
  isBegun: boolean;
  attempts: Attempts | null;
  /** Not to be tried before this time, by the monotonic clock. 0: it can be tried. */
  notBefore: number;
  /** Another consumer has claimed it. */
  isLost: boolean;
  attempt: Attempt | null;
}

/** What follows. `done`: the next task of the lane. `wait`: again after a while. `hold`: again when the circuit closes. `stay`: we leave it pending. `off`: the receiver is gone for good. */
export type Next =
  | { readonly is: 'done'; readonly isAcknowledged: boolean }
  | { readonly is: 'wait'; readonly ms: number }
  | { readonly is: 'hold' | 'stay' | 'off' };

export interface CourierDeps {
  readonly listener: Listener;
  readonly consumer: Pick<GroupConsumer, 'begin'>;
  /** Of an ordered group: asked before every delivery. */
  readonly lease: Lease | null;
  readonly attempts: AttemptLog;
  readonly deadLetters: DeadLetterBox;
  readonly circuit: Circuit;
  readonly isolation: Isolation;
  readonly meter: ListenMeter;
  readonly log: Log;
  readonly timings: Timings;
  /** Fires when the reading of the group is over: nothing more is started or repeated. */
  readonly over: AbortSignal;
}

/** An event that was started this many times more than it failed has ended its process each time. */
const crashesAllowed = 3;
const done: Next = { is: 'done', isAcknowledged: true };
const notOurs: Next = { is: 'done', isAcknowledged: false };
const stay: Next = { is: 'stay' };

/**
 * Takes one event through one attempt, and returns what follows.
 *
 * 1. Count the delivery before it starts, if the event was claimed. An event that seems to end daemons runs alone, or becomes
 *    a dead letter.
 * 2. Deliver.
 * 3. After success, acknowledge. After a permanent failure, or too many attempts, store the dead letter, then acknowledge.
 *    After a transient failure, wait.
 */
export class Courier {
  readonly #group: Group;
  readonly #deps: CourierDeps;

  constructor(group: Group, deps: CourierDeps) {
    this.#group = group;
    this.#deps = deps;
  }

  async carry(task: Task): Promise<Next> {
    const { isolation, deadLetters } = this.#deps;
    const { event } = task;
    if (task.isLost) return notOurs;
    if (event === null) return this.#storeDeadLetter(task, 'corrupt', task.corruptBecause ?? '');
    const waitMs = this.#waitMs(task);
    if (waitMs > 0) return { is: 'wait', ms: waitMs };
    if (deadLetters.mayFollow(event.subject) && (await deadLetters.mustFollow(event.subject)))
      return this.#storeDeadLetter(task, 'parked', 'an earlier event of its key is dead');

    const unexplained = unexplainedStarts(task);
    const crashes = unexplained < crashesAllowed - 1 ? unexplained : await this.#crashesIn(task, unexplained);
    if (crashes >= crashesAllowed) return this.#storeDeadLetter(task, 'crash-loop', crashLoop(task));
    const isSuspect = crashes === crashesAllowed - 1;
    if (isSuspect || !isolation.tryEnter()) await isolation.enter(isSuspect);
    try {
      // What waited for another event to end is not counted as started when the reading is over.
      if (this.#deps.over.aborted) return stay;
      if (!task.isBegun) task.isBegun = await this.#deps.consumer.begin(task.id);
      if (!task.isBegun) return notOurs;
      if (this.#deps.over.aborted) return stay;
      const attempt = this.#start(task, event);
      const wasOpen = this.#deps.circuit.isOpen;
      const outcome = await attempt.outcome;
      task.attempt = null;
      const tookMs = performance.now() - attempt.startedAt;
      if (outcome.is === 'success') return this.#succeeded(task, event, tookMs);
      return await this.#failed(task, event, outcome, { tookMs, wasOpen });
    } finally {
      isolation.leave();
    }
  }

  /** How many of the starts that no failure explains ended because their daemon did. */
  async #crashesIn({ id }: Task, unexplained: number): Promise<number> {
    return unexplained - (await this.#deps.attempts.interruptions(this.#group.group, id));
  }

  #waitMs({ notBefore }: Task): number {
    return notBefore === 0 || this.#deps.circuit.isOpen ? 0 : notBefore - performance.now();
  }

  #start(task: Task, event: ChangeEvent): Attempt {
    const { lease, listener, log, timings } = this.#deps;
    if (lease && !lease.isTrusted()) throw new LeaseLostError('the lease of the group cannot be trusted any more');
    task.attempt = new Attempt({
      listener,
      name: deliveredAs(this.#group),
      event,
      json: task.json ?? '',
      attempt: (task.attempts?.count ?? 0) + 1,
      log,
      graceMs: timings.deliveryGraceMs,
    });
    return task.attempt;
  }

  #succeeded(task: Task, event: ChangeEvent, tookMs: number): Next {
    const { meter, circuit, attempts } = this.#deps;
    const { listener, group } = this.#group;
    circuit.answered();
    meter.delivered(listener.name, 'success', tookMs);
    meter.acknowledged(listener.name, Date.now() - Date.parse(event.time), (task.attempts?.count ?? 0) + 1);
    // What is not removed here expires with its TTL.
    if (task.attempts) attempts.forget(group, [task.id]).catch(() => {});
    return done;
  }

  async #failed(
    task: Task,
    event: ChangeEvent,
    outcome: Exclude<Outcome, { readonly is: 'success' }>,
    { tookMs, wasOpen }: { readonly tookMs: number; readonly wasOpen: boolean },
  ): Promise<Next> {
    const { meter, circuit, log } = this.#deps;
    const { name } = this.#group.listener;
    if (task.isLost) return notOurs;
    if (outcome.is === 'aborted') {
      meter.delivered(name, 'aborted', tookMs);
      return stay;
    }
    if (outcome.is === 'off') {
      log.error(
        `${name}: its receiver is gone for good (${outcome.error}); nothing more is read for it, and its events wait`,
        { event: event.id },
      );
      await this.#noteGone(outcome.error);
      return { is: 'off' };
    }
    if (outcome.is === 'permanent') {
      circuit.answered();
      await this.#note(task, outcome.error);
      return this.#storeDeadLetter(task, 'permanent', outcome.error, tookMs);
    }
    const isUncounted = (wasOpen || circuit.isOpen) && !this.#isTooOld(task);
    if (!isUncounted) await this.#note(task, outcome.error);
    if (!isUncounted && this.#isSpent(task)) return this.#storeDeadLetter(task, 'attempts', outcome.error, tookMs);
    meter.delivered(name, 'failure', tookMs);
    return this.#comesAgain(task, event, outcome, isUncounted);
  }

  #comesAgain(task: Task, event: ChangeEvent, outcome: Outcome & { is: 'transient' }, isUncounted: boolean): Next {
    const { circuit, log, timings } = this.#deps;
    const { name } = this.#group.listener;
    const count = task.attempts?.count ?? 0;
    log.info(`${name}: ${event.type} ${event.subject} failed: ${outcome.error}`, { event: event.id });
    if (isUncounted) return { is: 'hold' };
    if (circuit.failed(event.subject)) {
      log.warn(
        `${name}: five different keys have failed in a row (${outcome.error}); its receiver is tried with one event at a time`,
      );
    }
    const ms = Math.min(retryDelayMs(count, Math.random(), timings, outcome.askedMs), timings.giveUpMs);
    task.notBefore = performance.now() + ms;
    return { is: 'wait', ms };
  }

  /** Notes a failed attempt in Redis; while Redis is away, in this process only. */
  async #note(task: Task, error: string): Promise<void> {
    const { attempts } = this.#deps;
    const { count = 0, times = [] } = task.attempts ?? {};
    task.attempts = { count: count + 1, lastError: error, times: [...times, Date.now()] };
    try {
      task.attempts = await attempts.note(this.#group.group, task.id, error);
    } catch (failure) {
      if (!(failure instanceof UnreachableError)) throw failure;
    }
  }

  /** For whoever looks at the sync: this daemon only logs it. */
  async #noteGone(error: string): Promise<void> {
    try {
      await this.#deps.attempts.note(this.#group.group, receiverGone, error);
    } catch (failure) {
      if (!(failure instanceof UnreachableError)) throw failure;
    }
  }

  #isSpent(task: Task): boolean {
    return (task.attempts?.count ?? 0) >= this.#group.listener.attempts || this.#isTooOld(task);
  }

  #isTooOld({ attempts }: Task): boolean {
    const [first] = attempts?.times ?? [];
    return first !== undefined && Date.now() - first >= this.#deps.timings.giveUpMs;
  }

  /** The dead letter is stored before the event is acknowledged. */
  async #storeDeadLetter(task: Task, reason: Reason, error: string, tookMs = 0): Promise<Next> {
    const { deadLetters, meter, attempts } = this.#deps;
    if (!(await deadLetters.store(task, reason, error))) return stay;
    meter.delivered(this.#group.listener.name, 'dead', tookMs);
    if (task.attempts) attempts.forget(this.#group.group, [task.id]).catch(() => {});
    return done;
  }
}

/** How often its delivery was started in another daemon, and did not fail. */
function unexplainedStarts({ isBegun, deliveries, attempts }: Task): number {
  return isBegun ? 0 : deliveries - (attempts?.count ?? 0);
}

function crashLoop({ deliveries, attempts }: Task): string {
  const last = attempts ? `; the last error before: ${attempts.lastError}` : '';
  return `it was started ${deliveries} times, and each time the daemon ended before it was done${last}`;
}

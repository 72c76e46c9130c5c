import type { EntryId } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import type { Acknowledger } from '../group/acknowledger.ts';
import type { Circuit } from './circuit.ts';
import type { Courier, Next, Task } from './courier.ts';
import { Lanes } from './lanes.ts';

export interface DispatcherDeps {
  readonly courier: Pick<Courier, 'carry'>;
  readonly circuit: Circuit;
  readonly acknowledger: Pick<Acknowledger, 'add'>;
  readonly concurrency: number;
  /** How long one delivery may take. */
  readonly timeoutMs: number;
  /** How long to wait after an attempt that could not be made or noted. */
  readonly retryMs: number;
  /** Do not repeat what has failed. */
  readonly isOnce: boolean;
  /** Something is done, or there is room. */
  readonly onChange: () => void;
  readonly onOff: () => void;
  /** The circuit has closed. */
  readonly onAnswer: () => void;
  readonly onError: (error: unknown) => void;
}

/** Runs lanes side by side, each in order. A lane whose head has failed waits. */
export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #lanes = new Lanes<Task>();
  readonly #running = new Set<Task>();
  /** Lanes that continue when the circuit closes. */
  readonly #held = new Set<string>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** When the attempt that started first times out: all have the same timeout. */
  #deadline: NodeJS.Timeout | undefined;
  #settled = Promise.withResolvers<void>();
  #isStopped = false;
  #wantsOne = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  get held(): number {
    return this.#lanes.held;
  }

  get waiting(): number {
    return this.#lanes.waiting;
  }

  get running(): number {
    return this.#running.size;
  }

  /** The circuit is open, and there is no event to try: one new event is wanted. */
  get wantsOne(): boolean {
    return this.#wantsOne;
  }

  /** Whether nothing is left to try now. */
  get isIdle(): boolean {
    return this.#running.size === 0 && (this.#lanes.waiting === 0 || this.#deps.circuit.isOpen);
  }

  add(lane: string, task: Task): void {
    this.#lanes.add(lane, task);
    if (this.#wantsOne) this.tryOne();
    else this.#pump();
  }

  /** Called now and then: while the circuit is open, tries one event, at best one that has not failed yet, even if it must be read first. */
  probe(): void {
    if (!this.#deps.circuit.isOpen || this.#isStopped || this.#running.size > 0) return;
    this.#wantsOne = this.#lanes.waiting === 0;
    if (this.#wantsOne) this.#deps.onChange();
    else this.tryOne();
  }

  /** Tries one of the events in hand while the circuit is open; one that has failed before only if there is no other. */
  tryOne(): void {
    this.#wantsOne = false;
    if (this.#isStopped || this.#running.size > 0) return;
    const next = this.#lanes.next() ?? this.#oldestFailed();
    if (next) void this.#carry(next.lane, next.task);
  }

  /** Another consumer has claimed these: what is running is aborted, the rest is not started. */
  lose(ids: readonly EntryId[]): void {
    const lost = new Set(ids);
    for (const task of this.#lanes.all()) {
      if (!lost.has(task.id)) continue;
      task.isLost = true;
      task.attempt?.abort(new UnreachableError('another daemon has claimed this event'));
    }
  }

  /** Starts nothing more. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  abort(reason: Error): void {
    for (const task of this.#running) task.attempt?.abort(reason);
  }

  /** Resolves when nothing is running. Called after `stop`. */
  async settled(): Promise<void> {
    if (this.#running.size > 0) await this.#settled.promise;
    clearTimeout(this.#deadline);
  }

  /** The entries in hand that are not done. */
  *left(): Generator<EntryId> {
    for (const { id, isLost } of this.#lanes.all()) if (!isLost) yield id;
  }

  /** The entries in hand that are not done, and that count as started. */
  *begun(): Generator<EntryId> {
    for (const { id, isLost, isBegun } of this.#lanes.all()) if (!isLost && isBegun) yield id;
  }

  #pump(): void {
    const { circuit, concurrency } = this.#deps;
    while (!circuit.isOpen && !this.#isStopped && this.#running.size < concurrency) {
      const next = this.#lanes.next();
      if (!next) return;
      void this.#carry(next.lane, next.task);
    }
  }

  async #carry(lane: string, task: Task): Promise<void> {
    const { courier, circuit, onAnswer, onChange } = this.#deps;
    this.#running.add(task);
    this.#deadline ??= setTimeout(() => this.#expire(), this.#deps.timeoutMs);
    const wasOpen = circuit.isOpen;
    let next: Next;
    try {
      next = await courier.carry(task);
    } catch (error) {
      next = this.#afterError(error);
    }
    this.#running.delete(task);
    this.#follow(lane, task, next);
    if (this.#held.size > 0 && !circuit.isOpen) this.#resumeHeld();
    if (wasOpen && !circuit.isOpen) onAnswer();
    this.#pump();
    onChange();
    if (this.#running.size === 0 && this.#isStopped) this.#settled.resolve();
  }

  /** Cuts off attempts that have lasted too long, and sets the timer for the next one. */
  #expire(): void {
    const { timeoutMs } = this.#deps;
    const attempts = [...this.#running].flatMap(({ attempt }) => attempt ?? []);
    const leftMs = attempts.map(({ startedAt }) => startedAt + timeoutMs - performance.now());
    for (const [at, attempt] of attempts.entries()) if ((leftMs[at] ?? 0) <= 0) attempt.expire(timeoutMs);
    const nextMs = Math.min(timeoutMs, ...leftMs.filter((ms) => ms > 0));
    this.#deadline = this.#running.size > 0 ? setTimeout(() => this.#expire(), nextMs) : undefined;
  }

  #follow(lane: string, { id }: Task, next: Next): void {
    if (next.is === 'done') {
      if (next.isAcknowledged) this.#deps.acknowledger.add(id);
      this.#lanes.finish(lane);
      return;
    }
    this.#lanes.park(lane);
    if (next.is === 'off') this.#turnOff();
    if (next.is === 'hold') this.#held.add(lane);
    if (next.is === 'wait') this.#resumeIn(next.ms, lane);
  }

  #turnOff(): void {
    this.stop();
    this.#deps.onOff();
  }

  #afterError(error: unknown): Next {
    if (!(error instanceof UnreachableError)) this.#deps.onError(error);
    return { is: 'wait', ms: this.#deps.retryMs };
  }

  #resumeIn(ms: number, lane: string): void {
    if (this.#deps.isOnce || this.#isStopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#lanes.resume(lane);
      this.#pump();
    }, ms);
    this.#timers.add(timer);
  }

  #resumeHeld(): void {
    for (const lane of this.#held) this.#lanes.resume(lane);
    this.#held.clear();
  }

  #oldestFailed() {
    for (const { lane, task } of this.#lanes.parked()) {
      this.#lanes.start(lane);
      return { lane, task };
    }
    return undefined;
  }
}

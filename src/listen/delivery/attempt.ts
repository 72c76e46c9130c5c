import { formatDuration } from '../../duration.ts';
import { messageOf, UnreachableError } from '../../errors.ts';
import {
  type ChangeEvent,
  DeadLetter,
  type Delivery,
  idempotencyKeyOf,
  type Listener,
  ListenerOff,
  RetryLater,
} from '../../listener.ts';
import type { Log } from '../../log.ts';

/** How one attempt ended. `aborted`: we cut it off, which says nothing about the event. */
export type Outcome =
  | { readonly is: 'success' }
  | { readonly is: 'transient'; readonly error: string; readonly askedMs: number }
  | { readonly is: 'permanent'; readonly error: string }
  | { readonly is: 'off'; readonly error: string }
  | { readonly is: 'aborted' };

/** What is delivered, and to whom. */
export interface Subject {
  readonly listener: Listener;
  /** The listener's name. */
  readonly name: string;
  readonly event: ChangeEvent;
  readonly json: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly log: Log;
  /** How long it may take to end once its signal has fired; then it is not waited for. */
  readonly graceMs: number;
}

const success: Outcome = { is: 'success' };

/**
 * One delivery on its way. Most are over before anybody asks for their signal, and long before their timeout: the one is
 * made when it is asked for, the other is watched from outside.
 */
export class Attempt implements Delivery {
  readonly startedAt = performance.now();
  /** Never rejects. */
  readonly outcome: Promise<Outcome>;
  readonly #subject: Subject;
  #controller: AbortController | undefined;
  #cut: { readonly reason: Error; readonly as: Outcome } | undefined;
  readonly #settle: (outcome: Outcome) => void;

  constructor(subject: Subject) {
    this.#subject = subject;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    this.outcome = promise;
    this.#settle = resolve;
    this.#call();
  }

  get event(): ChangeEvent {
    return this.#subject.event;
  }

  get json(): string {
    return this.#subject.json;
  }

  get attempt(): number {
    return this.#subject.attempt;
  }

  get idempotencyKey(): string {
    return idempotencyKeyOf(this.#subject.name, this.#subject.event.id);
  }

  get log(): Log {
    return this.#subject.log;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cut) this.#controller.abort(this.#cut.reason);
    return this.#controller.signal;
  }

  /** Fires its signal: it ends as aborted, unless it succeeds all the same. */
  abort(reason: Error): void {
    this.#cutOff(reason, { is: 'aborted' });
  }

  /** Fires its signal if it has lasted longer: it has failed, and comes again. */
  expire(timeoutMs: number): void {
    const error = `it was not done within ${formatDuration(timeoutMs)}`;
    this.#cutOff(new UnreachableError(error), { is: 'transient', error, askedMs: 0 });
  }

  async #call(): Promise<void> {
    try {
      await this.#subject.listener.deliver(this);
      this.#settle(success);
    } catch (error) {
      this.#settle(this.#cut?.as ?? failureOf(error));
    }
  }

  #cutOff(reason: Error, as: Outcome): void {
    if (this.#cut) return;
    this.#cut = { reason, as };
    setTimeout(() => this.#settle(as), this.#subject.graceMs).unref();
    this.#controller?.abort(reason);
  }
}

function failureOf(error: unknown): Outcome {
  if (error instanceof DeadLetter) return { is: 'permanent', error: error.message };
  if (error instanceof ListenerOff) return { is: 'off', error: error.message };
  return { is: 'transient', error: messageOf(error), askedMs: error instanceof RetryLater ? error.afterMs : 0 };
}

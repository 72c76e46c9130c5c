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
import { type Log, logAbout } from '../../log.ts';

/** How one attempt ended. `aborted`: we cut it off, so that nothing is known about the event. */
export type Outcome =
  | { readonly is: 'success' }
  | { readonly is: 'transient'; readonly error: string; readonly askedMs: number }
  | { readonly is: 'permanent'; readonly error: string }
  | { readonly is: 'off'; readonly error: string }
  | { readonly is: 'aborted' };

/** What is delivered, and to which listener. */
export interface Subject {
  readonly listener: Listener;
  /** The listener's name. */
  readonly name: string;
  readonly event: ChangeEvent;
  readonly json: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly log: Log;
  /** How long it may take to end after its signal has fired; after that it is not waited for. */
  readonly graceMs: number;
}

const success: Outcome = { is: 'success' };

/**
 * One attempt to deliver. Most end before anybody reads their signal, and long before their timeout: so the signal is made
 * when it is first read, and the caller watches the timeout.
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

  get traceparent(): string | undefined {
    return this.#subject.event.traceparent;
  }

  get log(): Log {
    const { log, event } = this.#subject;
    return logAbout(log, { event: event.id });
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#cut) this.#controller.abort(this.#cut.reason);
    return this.#controller.signal;
  }

  /** Fires its signal: it ends as aborted, unless it still succeeds. */
  abort(reason: Error): void {
    this.#cutOff(reason, { is: 'aborted' });
  }

  /** Fires its signal because it lasted too long: it has failed, and is delivered again. */
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

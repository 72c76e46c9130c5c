import { setTimeout as sleep } from 'node:timers/promises';
import type { EntryId, GroupConsumer } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';

export interface AcknowledgerDeps {
  readonly consumer: Pick<GroupConsumer, 'acknowledge'>;
  /** Another consumer had claimed these before they were acknowledged. */
  readonly onLost: (ids: readonly EntryId[]) => void;
  /** Some are acknowledged: there is room for more. */
  readonly onRoom: () => void;
  /** Called with an error that a repetition cannot repair. */
  readonly onError: (error: unknown) => void;
  readonly retryMs: number;
}

/** Acknowledges in the background. What is added during one call goes into the next one, all together. */
export class Acknowledger {
  readonly #deps: AcknowledgerDeps;
  #queue: EntryId[] = [];
  #underWay: readonly EntryId[] = [];
  #sending: Promise<void> | undefined;
  #isOver = false;

  constructor(deps: AcknowledgerDeps) {
    this.#deps = deps;
  }

  /** What is delivered and not acknowledged yet. */
  get backlog(): readonly EntryId[] {
    return [...this.#underWay, ...this.#queue];
  }

  get size(): number {
    return this.#underWay.length + this.#queue.length;
  }

  add(id: EntryId): void {
    this.#queue.push(id);
    this.#sending ??= this.#sendAll();
  }

  /** Resolves when all is acknowledged, or when it cannot be any more. */
  async flushed(): Promise<void> {
    await this.#sending;
  }

  /** Stops trying: what is left is delivered again. */
  giveUp(): void {
    this.#isOver = true;
  }

  async #sendAll(): Promise<void> {
    // Waits for those that end in the same turn of the event loop.
    await undefined;
    while (this.#queue.length > 0 && !this.#isOver) {
      this.#underWay = this.#queue;
      this.#queue = [];
      await this.#send(this.#underWay);
      this.#underWay = [];
      this.#deps.onRoom();
    }
    this.#sending = undefined;
  }

  async #send(ids: readonly EntryId[]): Promise<void> {
    const { consumer, onLost, onError, retryMs } = this.#deps;
    while (!this.#isOver) {
      try {
        const lost = await consumer.acknowledge(ids);
        if (lost.length > 0) onLost(lost);
        return;
      } catch (error) {
        if (!(error instanceof UnreachableError)) {
          this.#isOver = true;
          return onError(error);
        }
        await sleep(retryMs);
      }
    }
  }
}

import type { Committed } from '../../../batch.ts';
import { crashPoint } from '../../../crash.ts';
import type { FenceRow } from '../../../target.ts';
import type { FreshEvents } from '../../sql/outbox/fresh-events.ts';
import type { OutboxRow } from '../../sql/outbox/outbox-rows.ts';
import { fencedError, lostCommitsError, notTakenOverError } from '../../sql/run-errors.ts';
import type { Connection } from '../connection/connection.ts';
import { ensureSchema, hasSchema } from '../schema.ts';
import { readFence } from './fence.ts';

/** Where one transaction writes: the fence is checked, and is as this run last saw it. */
export interface Writing {
  readonly connection: Connection;
  /** The sync's name. */
  readonly name: string;
  readonly fence: FenceRow;
  /** Takes the outbox row of this transaction, for the relay: it gets the row once that is committed. */
  readonly handOver: (row: OutboxRow) => void;
}

/** The fence as this run knows it. Each of the run's transactions first checks that the database still says the same. */
export class RunFence {
  readonly #connection: Connection;
  readonly #name: string;
  readonly #fresh: FreshEvents;
  /** Null until this run has taken over. */
  #known: FenceRow | null = null;

  constructor(connection: Connection, name: string, fresh: FreshEvents) {
    this.#connection = connection;
    this.#name = name;
    this.#fresh = fresh;
  }

  /** Takes over the target in one transaction: `take` adds one to the fence, and returns it. */
  async take(take: () => FenceRow, signal?: AbortSignal): Promise<FenceRow> {
    const known = await this.#connection.transaction(take, signal);
    this.#known = known;
    return known;
  }

  /** Runs work in one transaction of this run. */
  transaction<T>(work: (writing: Writing) => T, signal?: AbortSignal): Promise<T> {
    return this.#connection.transaction(() => work(this.#writing(() => {})), signal);
  }

  /** Runs work that gives out events in one transaction of this run. It returns the number of the next event. */
  async giveOut<T extends Pick<Committed, 'nextSeq'>>(work: (writing: Writing) => T, signal?: AbortSignal): Promise<T> {
    let row: OutboxRow | undefined;
    const attempt = () => {
      row = undefined;
      return work(
        this.#writing((given) => {
          row = given;
        }),
      );
    };
    const done = await this.#connection.transaction(attempt, signal);
    if (this.#known) this.#known = { ...this.#known, nextSeq: done.nextSeq };
    if (row) this.#fresh.add(row);
    return done;
  }

  /** Runs work that a daemon or a command does as well. They never take over, and only a run is fenced. */
  shared<T>(work: () => T): Promise<T> {
    return this.#connection.transaction(() => {
      if (this.#known) this.#check();
      else ensureSchema(this.#connection);
      return work();
    });
  }

  #writing(handOver: Writing['handOver']): Writing {
    return { connection: this.#connection, name: this.#name, fence: this.#check(), handOver };
  }

  /** The fence, if it is still this run's and the database has kept all that this run has committed. */
  #check(): FenceRow {
    const { label } = this.#connection;
    const fence = hasSchema(this.#connection) ? readFence(this.#connection, this.#name) : null;
    const known = this.#known;
    if (!known) throw notTakenOverError(label);
    if (fence && fence.fence !== known.fence) throw fencedError(label);
    if (fence?.nextSeq !== known.nextSeq) throw lostCommitsError(label, known.nextSeq, fence?.nextSeq);
    crashPoint('fence-checked');
    return fence;
  }
}

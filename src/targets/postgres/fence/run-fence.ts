import { randomUUID } from 'node:crypto';
import type { Committed } from '../../../batch.ts';
import { crashPoint } from '../../../crash.ts';
import type { FenceRow } from '../../../target.ts';
import type { FreshEvents } from '../../sql/outbox/fresh-events.ts';
import type { OutboxRow } from '../../sql/outbox/outbox-rows.ts';
import { fencedError, lostCommitsError, notTakenOverError } from '../../sql/run-errors.ts';
import { rowLockMs } from '../bisect.ts';
import type { Connection } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { Place, Transact } from '../schema.ts';
import { type MarkedFence, readFence, withoutMark } from './fence.ts';
import type { TakenOver } from './take-over.ts';

/** Where one transaction writes: the fence row is locked and checked, and is as this run last saw it. */
export interface Writing {
  readonly session: Session;
  readonly place: Place;
  /** The sync's name. */
  readonly name: string;
  readonly fence: MarkedFence;
  /** Takes the outbox row of this transaction, for the relay: it gets the row once that is committed. */
  readonly handOver: (row: OutboxRow) => void;
}

interface FenceOptions {
  readonly connection: Connection;
  readonly place: Place;
  /** The sync's name. */
  readonly name: string;
  readonly fresh: FreshEvents;
}

/**
 * The fence as this run knows it. Each of the run's transactions first locks the fence row and checks that it still says the
 * same. Each leaves a random mark there, which shows whether it happened if the answer to its COMMIT is lost.
 */
export class RunFence {
  readonly #connection: Connection;
  readonly #place: Place;
  readonly #name: string;
  readonly #fresh: FreshEvents;
  /** What the fence row may say. There are two possibilities while it is not known whether the last transaction happened. */
  #expected: readonly [MarkedFence, ...MarkedFence[]] | null = null;

  constructor({ connection, place, name, fresh }: FenceOptions) {
    this.#connection = connection;
    this.#place = place;
    this.#name = name;
    this.#fresh = fresh;
  }

  /** Whether this run has taken over. A daemon or a command never does. */
  get isTaken(): boolean {
    return this.#expected !== null;
  }

  /** Takes over the target: `take` adds one to the fence, leaves the mark that it is given, and returns the fence row. */
  async take(
    take: (transact: Transact, mark: string) => Promise<TakenOver>,
    signal?: AbortSignal,
  ): Promise<TakenOver<FenceRow>> {
    const taken = await take((work) => this.#connection.transaction(work, { signal }), randomUUID());
    this.#expected = [taken.fence];
    return { ...taken, fence: withoutMark(taken.fence) };
  }

  /** Runs work that gives out no events in one transaction of this run. */
  transaction<T>(work: (writing: Writing) => Promise<T>): Promise<T> {
    return this.#write(work, () => 0);
  }

  /** Runs work that gives out events in one transaction of this run. It returns how many. */
  giveOut<T extends Pick<Committed, 'events'>>(
    work: (writing: Writing) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    return this.#write(work, ({ events }) => events, signal);
  }

  async #write<T>(
    work: (writing: Writing) => Promise<T>,
    eventsOf: (done: T) => number,
    signal?: AbortSignal,
  ): Promise<T> {
    const mark = randomUUID();
    const { done, left, row } = await this.#connection.transaction(
      async (session) => {
        const fence = await this.#check(session);
        let row: OutboxRow | undefined;
        const handOver = (given: OutboxRow) => {
          row = given;
        };
        const result = await work({ session, place: this.#place, name: this.#name, fence, handOver });
        return { done: result, left: this.#leave(session, fence, mark, eventsOf(result)), row };
      },
      { signal, isCommitted: async (session) => (await this.#read(session))?.lastTx === mark },
    );
    this.#expected = [left];
    if (row) this.#fresh.add(row);
    return done;
  }

  /** The fence, locked, if it is still this run's and the database has kept all that this run has committed. */
  async #check(session: Session): Promise<MarkedFence> {
    const { label } = this.#place;
    if (!this.#expected) throw notTakenOverError(label);
    const [known] = this.#expected;
    const fence = await this.#read(session);
    if (fence && fence.fence !== known.fence) throw fencedError(label);
    if (!fence || !this.#expected.some(({ lastTx, nextSeq }) => fence.lastTx === lastTx && fence.nextSeq === nextSeq))
      throw lostCommitsError(label, known.nextSeq, fence?.nextSeq);
    this.#expected = [fence];
    session.send(`SET LOCAL lock_timeout = ${rowLockMs}`);
    crashPoint('fence-checked');
    return fence;
  }

  /** Leaves the mark and the next event's number in the fence row. From here on both its old and its new state are possible. */
  #leave(session: Session, fence: MarkedFence, lastTx: string, events: number): MarkedFence {
    const left = { ...fence, lastTx, nextSeq: fence.nextSeq + events };
    this.#expected = [fence, left];
    session.send(`UPDATE ${this.#place.table('_sync_lease')} SET last_tx = $2, next_seq = $3 WHERE name = $1`, [
      this.#name,
      lastTx,
      left.nextSeq,
    ]);
    return left;
  }

  #read(session: Session): Promise<MarkedFence | null> {
    return readFence(session, this.#place, this.#name, 'FOR UPDATE');
  }
}

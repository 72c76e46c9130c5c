import { type EntryId, type GroupConsumer, GroupGoneError, type NewEntries } from '../../consumer.ts';
import { LeaseLostError } from '../../errors.ts';
import { formatPosition, type Position } from '../../event.ts';
import type { Lease } from '../../lock.ts';
import type { EventStream } from '../../stream.ts';
import type { Target } from '../../target.ts';
import { SoleConsumer } from './sole-consumer.ts';

export interface OutboxConsumerDeps {
  readonly stream: Pick<EventStream, 'ensureGroup' | 'dropGroup'>;
  readonly target: Pick<Target, 'fence' | 'outbox' | 'saveGroups'>;
  /** Only its holder reads: the outbox keeps no account of who has which event. */
  readonly lease: Lease;
}

/** The cursor is stored this often while events are acknowledged. */
const saveEveryMs = 1000;

/**
 * Reads a group that is off the stream, from the outbox, from the cursor of the target on.
 *
 * 1. Read the events after the cursor, in their order.
 * 2. As they are acknowledged, move the cursor: up to the first one that is not.
 * 3. When everything is acknowledged, make the group on the stream again, at the cursor. If the stream has all that comes
 *    after it, throw `GroupGoneError`: the group is to be joined there.
 */
export class OutboxConsumer extends SoleConsumer implements GroupConsumer {
  readonly group: string;
  readonly #deps: OutboxConsumerDeps;
  /** Read from the target and not given to the reader yet. */
  #ahead: { readonly position: Position; readonly event: string }[] = [];
  /** Given to the reader and not acknowledged, in the order of the events. */
  readonly #open = new Map<EntryId, Position>();
  #read: Position;
  #cursor: Position;
  #savedAt = performance.now();

  constructor(group: string, cursor: Position, deps: OutboxConsumerDeps) {
    super();
    this.group = group;
    this.#deps = deps;
    this.#read = cursor;
    this.#cursor = cursor;
  }

  async readNew(count: number): Promise<NewEntries> {
    if (!this.#deps.lease.isTrusted()) throw new LeaseLostError(`the lease of ${this.group} is lost; nothing was read`);
    if (this.#ahead.length === 0 && this.#open.size === 0) await this.#returnToStream();
    if (this.#ahead.length === 0) await this.#readOutbox(count);
    const taken = this.#ahead.splice(0, count);
    const entries = taken.map(({ position, event }) => ({ id: formatPosition(position), event, deliveries: 1 }));
    for (const [at, { id }] of entries.entries()) this.#open.set(id, taken[at]?.position ?? this.#read);
    return { entries, last: formatPosition(this.#read) };
  }

  async acknowledge(ids: readonly EntryId[]): Promise<readonly EntryId[]> {
    for (const id of ids) this.#open.delete(id);
    const [oldest] = this.#open.values();
    const [next] = this.#ahead;
    this.#cursor = before(oldest ?? next?.position) ?? this.#read;
    if (this.#open.size === 0 || performance.now() - this.#savedAt >= saveEveryMs) await this.#save();
    return [];
  }

  async handBack(): Promise<void> {
    await this.#save();
  }

  async #returnToStream(): Promise<void> {
    if (!(await this.#isMade())) return;
    await this.#save();
    throw new GroupGoneError(`the group ${this.group} has caught up: it is read on the stream again`);
  }

  /** A group that a run has made meanwhile stands at an older cursor. */
  async #isMade(): Promise<boolean> {
    const { stream } = this.#deps;
    const made = await stream.ensureGroup(this.group, this.#cursor);
    if (made !== 'existed') return made === 'made';
    await stream.dropGroup(this.group);
    return (await stream.ensureGroup(this.group, this.#cursor)) === 'made';
  }

  /** Where a generation ends, after a rebase, the next one begins. */
  async #readOutbox(count: number): Promise<void> {
    const { target } = this.#deps;
    const fence = await target.fence();
    let slice = await target.outbox(this.#read, count);
    const isLater = fence !== null && fence.generation > slice.generation;
    if (slice.events.length === 0 && isLater)
      slice = await target.outbox({ generation: fence.generation, seq: 0 }, count);
    const { generation, firstSeq, events } = slice;
    this.#ahead = events.map((event, at) => ({ position: { generation, seq: firstSeq + at }, event }));
    this.#read = this.#ahead.at(-1)?.position ?? this.#read;
  }

  async #save(): Promise<void> {
    this.#savedAt = performance.now();
    await this.#deps.target.saveGroups([{ group: this.group, position: this.#cursor }]);
  }
}

function before(position: Position | undefined): Position | undefined {
  return position && { ...position, seq: position.seq - 1 };
}

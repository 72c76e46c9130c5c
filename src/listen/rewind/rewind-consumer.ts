import { type EntryId, type GroupConsumer, GroupGoneError, type NewEntries } from '../../consumer.ts';
import { LeaseLostError } from '../../errors.ts';
import { formatPosition, type Position } from '../../event.ts';
import type { Lease } from '../../lock.ts';
import type { Target } from '../../target.ts';
import { SoleConsumer } from '../group/sole-consumer.ts';

export interface RewindConsumerDeps {
  readonly target: Pick<Target, 'fence' | 'groups' | 'outbox' | 'saveGroups'>;
  /** Only its holder reads: the outbox keeps no account of who has which event. */
  readonly lease: Lease;
}

/** The cursor is stored this often while events are acknowledged. */
const saveEveryMs = 1000;

/**
 * Reads what a listener is to get again, from the outbox: the events after the cursor of the target, up to a number. When all of
 * them are acknowledged, it removes the cursor, and throws `GroupGoneError`.
 */
export class RewindConsumer extends SoleConsumer implements GroupConsumer {
  readonly group: string;
  readonly #deps: RewindConsumerDeps;
  readonly #until: number;
  /** Given to the reader and not acknowledged, in the order of the events. */
  readonly #open = new Map<EntryId, Position>();
  #read: Position;
  #savedAt = performance.now();

  constructor(group: string, range: { readonly after: Position; readonly until: number }, deps: RewindConsumerDeps) {
    super();
    this.group = group;
    this.#deps = deps;
    this.#read = range.after;
    this.#until = range.until;
  }

  async readNew(count: number): Promise<NewEntries> {
    const { lease } = this.#deps;
    if (!lease.isTrusted()) throw new LeaseLostError(`the lease of ${this.group} is lost; nothing was read`);
    const events = this.#read.seq < this.#until ? await this.#next(count) : [];
    if (events.length === 0 && this.#open.size === 0) await this.#end();
    const entries = events.map(({ position, event }) => ({ id: formatPosition(position), event, deliveries: 1 }));
    for (const [at, { id }] of entries.entries()) this.#open.set(id, events[at]?.position ?? this.#read);
    this.#read = events.at(-1)?.position ?? this.#read;
    return { entries, last: formatPosition(this.#read) };
  }

  async acknowledge(ids: readonly EntryId[]): Promise<readonly EntryId[]> {
    for (const id of ids) this.#open.delete(id);
    if (performance.now() - this.#savedAt >= saveEveryMs) await this.#save();
    return [];
  }

  async handBack(): Promise<void> {
    await this.#save();
  }

  /** Where a generation ends, after a rebase, the next one begins. */
  async #next(count: number): Promise<readonly { readonly position: Position; readonly event: string }[]> {
    const { target } = this.#deps;
    const fence = await target.fence();
    let slice = await target.outbox(this.#read, count);
    if (slice.events.length === 0 && fence !== null && fence.generation > slice.generation)
      slice = await target.outbox({ generation: fence.generation, seq: this.#read.seq }, count);
    const { generation, firstSeq, events } = slice;
    return events
      .map((event, at) => ({ position: { generation, seq: firstSeq + at }, event }))
      .filter(({ position }) => position.seq <= this.#until)
      .slice(0, count);
  }

  async #end(): Promise<never> {
    await this.#deps.target.saveGroups([], [this.group]);
    throw new GroupGoneError(`the rewind ${this.group} is over: everything was delivered again`);
  }

  /** A rewind that was dropped meanwhile must not come back. */
  async #save(): Promise<void> {
    this.#savedAt = performance.now();
    const { target } = this.#deps;
    if (!(await target.groups()).some(({ group }) => group === this.group))
      throw new GroupGoneError(`the rewind ${this.group} was dropped`);
    const [oldest] = this.#open.values();
    const position = oldest ? { ...oldest, seq: oldest.seq - 1 } : this.#read;
    await target.saveGroups([{ group: this.group, position }]);
  }
}

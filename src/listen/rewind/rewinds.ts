import { setTimeout as sleep } from 'node:timers/promises';
import { UnreachableError } from '../../errors.ts';
import { listenerOf, rewindOf, shardEnding } from '../../listener.ts';
import type { Log } from '../../log.ts';
import type { Target } from '../../target.ts';
import type { Timings } from '../../timings.ts';
import type { Group, ListenerPlan } from '../group/group.ts';
import type { GroupRole, GroupStatus } from '../group/group-reader.ts';
import type { RewindReader } from './rewind-reader.ts';

export interface RewindsDeps {
  readonly target: Pick<Target, 'groups'>;
  readonly open: (group: Group) => RewindReader;
  readonly log: Log;
  readonly timings: Pick<Timings, 'steeringMs'>;
  /** Look once, and wait for what there is. */
  readonly isOnce: boolean;
}

/** All rewinds of the listeners of this daemon. A person may ask for one at any time. */
export class Rewinds {
  readonly #listeners: readonly ListenerPlan[];
  readonly #deps: RewindsDeps;
  readonly #readers = new Map<string, RewindReader>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(listeners: readonly ListenerPlan[], deps: RewindsDeps) {
    this.#listeners = listeners;
    this.#deps = deps;
  }

  get status(): Readonly<Record<string, GroupStatus>> {
    return Object.fromEntries([...this.#readers].map(([group, reader]) => [group, reader.status]));
  }

  /** How many are still to be delivered, but for those with these roles. */
  async left(but: readonly GroupRole[]): Promise<number> {
    const groups = await this.#groups();
    return groups.filter(({ group }) => !but.includes(this.#readers.get(group)?.status.role ?? 'starting')).length;
  }

  /** Starts what is asked for, until it is stopped. Throws what no other reading could repair. */
  async run(stop: AbortSignal): Promise<void> {
    const failed = new AbortController();
    const over = AbortSignal.any([stop, failed.signal]);
    do {
      await this.#startNew(over, failed);
      if (this.#deps.isOnce) break;
      await sleep(this.#deps.timings.steeringMs, undefined, { signal: over }).catch(() => {});
    } while (!over.aborted);
    await Promise.all(this.#running.values());
    failed.signal.throwIfAborted();
  }

  async #startNew(stop: AbortSignal, failed: AbortController): Promise<void> {
    const groups = await this.#groups().catch((error) => {
      if (error instanceof UnreachableError) return [];
      throw error;
    });
    for (const group of groups) {
      if (this.#readers.has(group.group)) continue;
      this.#deps.log.info(`${group.listener.name} gets events again: ${group.group}`);
      const reader = this.#deps.open(group);
      this.#readers.set(group.group, reader);
      const running = reader.run(stop).catch((error: unknown) => failed.abort(error));
      this.#running.set(
        group.group,
        running.then(() => this.#ended(group, reader)),
      );
    }
  }

  /** One whose receiver is gone stays, so that it is not started again. */
  #ended({ group, listener }: Group, { status }: RewindReader): void {
    this.#running.delete(group);
    if (status.role === 'off') return;
    this.#readers.delete(group);
    this.#deps.log.info(`${listener.name}: the rewind ${group} has ended here`);
  }

  async #groups(): Promise<readonly Group[]> {
    const cursors = await this.#deps.target.groups();
    return cursors.flatMap(({ group }) => {
      const base = rewindOf(group)?.group;
      const listener = this.#listeners.find(({ name }) => name === listenerOf(group));
      return base !== undefined && listener ? [{ group, listener, on: listener.on, shard: shardIn(base) }] : [];
    });
  }
}

/** The shard of a group, by its name; null if it is the whole listener. */
function shardIn(group: string): Group['shard'] {
  const [, number, of] = /\.(\d+)of(\d+)$/.exec(shardEnding.exec(group)?.[0] ?? '') ?? [];
  return number === undefined || of === undefined ? null : { number: Number(number), of: Number(of) };
}

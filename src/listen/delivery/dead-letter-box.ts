import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempts, EntryId } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import type { Position } from '../../event.ts';
import { type ChangeEvent, type DeadLetterRow, type DeadLetters, deadLetterId } from '../../listener.ts';
import type { Log } from '../../log.ts';
import type { Timings } from '../../timings.ts';
import type { Group } from '../group/group.ts';
import { positionOf } from '../group/incoming.ts';

/** What becomes a dead letter: an event, or an entry that is not an event. */
export interface DeadLetterSource {
  readonly id: EntryId;
  readonly event: Pick<ChangeEvent, 'id' | 'type' | 'subject'> | null;
  readonly json: string | null;
  readonly attempts: Attempts | null;
}

/** `trimmed`: somebody removed it from the stream while it was pending. */
export type Reason = 'attempts' | 'permanent' | 'corrupt' | 'crash-loop' | 'parked' | 'trimmed';

export interface DeadLetterDeps {
  readonly dead: DeadLetters;
  /** The event of a position, if the outbox still has it. */
  readonly recover: (position: Position) => Promise<string | null>;
  readonly log: Log;
  readonly timings: Pick<Timings, 'loopBackOffCapMs'>;
  /** Fires when the reading of the group is over: nothing more is repeated. */
  readonly over: AbortSignal;
}

/** Stores in the target what a group has given up on, and knows the keys whose later events have to follow. */
export class DeadLetterBox {
  readonly #group: Group;
  readonly #deps: DeadLetterDeps;
  /** Keys that have dead letters; only where later events must not overtake them. */
  readonly #parkedKeys: Set<string>;

  constructor(group: Group, deps: DeadLetterDeps, parkedKeys: Iterable<string>) {
    this.#group = group;
    this.#deps = deps;
    this.#parkedKeys = new Set(parkedKeys);
  }

  /** Stores a dead letter, however long that takes. False: the reading of the group was over before. */
  async store(source: DeadLetterSource, reason: Reason, error: string): Promise<boolean> {
    const { dead, log, timings, over } = this.#deps;
    const { listener } = this.#group;
    const { id, event } = source;
    const letter = this.#letterOf(source, reason, error);
    while (!over.aborted) {
      try {
        await dead.store(letter);
        log.error(
          `${listener.name}: ${nameOf(id, event)} is a dead letter (${reason}): ${error}`,
          event ? { event: event.id } : {},
        );
        if (event && listener.onDead === 'park') this.#parkedKeys.add(event.subject);
        return true;
      } catch (failure) {
        if (!(failure instanceof UnreachableError)) throw failure;
        log.warn(`a dead letter of ${listener.name} could not be stored, and is tried again: ${failure.message}`);
        await sleep(timings.loopBackOffCapMs, undefined, { signal: over }).catch(() => {});
      }
    }
    return false;
  }

  /** Stores entries that were trimmed: no consumer can read them, but the outbox may still have them. */
  async storeTrimmed(ids: readonly EntryId[]): Promise<void> {
    for (const id of ids) {
      const json = await this.#deps.recover(positionOf(id));
      const event = json === null ? null : JSON.parse(json);
      const error = 'somebody trimmed it from the stream while it was pending';
      await this.store({ id, event, json, attempts: null }, 'trimmed', error);
    }
  }

  /** Whether an event of this key may have to follow: for most groups this is enough. */
  mayFollow(key: string): boolean {
    return this.#parkedKeys.has(key);
  }

  /** Whether a key still has dead letters: they may have been replayed or dropped. */
  async mustFollow(key: string): Promise<boolean> {
    const letters = await this.#deps.dead.list({ listener: this.#group.listener.name, key, limit: 1 });
    if (letters.length === 0) this.#parkedKeys.delete(key);
    return letters.length > 0;
  }

  #letterOf({ id, event, json, attempts }: DeadLetterSource, reason: Reason, lastError: string): DeadLetterRow {
    const { group, listener } = this.#group;
    const position = positionOf(id);
    return {
      id: deadLetterId(group, position),
      group,
      listener: listener.name,
      position,
      type: event?.type ?? '',
      key: event?.subject ?? '',
      event: json ?? '',
      reason,
      lastError,
      attemptsAt: (attempts?.times ?? []).map((time) => new Date(time)),
      deadAt: new Date(),
    };
  }
}

function nameOf(id: EntryId, event: DeadLetterSource['event']): string {
  return event ? `${event.type} ${event.subject}` : id;
}

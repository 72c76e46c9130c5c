import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempts, EntryId } from '../../consumer.ts';
import { UnreachableError } from '../../errors.ts';
import type { Position } from '../../event.ts';
import { type ChangeEvent, type DeadLetterRow, type DeadLetters, deadLetterId } from '../../listener.ts';
import type { Log } from '../../log.ts';
import type { Timings } from '../../timings.ts';
import type { Group } from '../group/group.ts';
import { positionOf } from '../group/incoming.ts';

/** What becomes a dead letter: an event, or an entry that is none. */
export interface DeadLetterSource {
  readonly id: EntryId;
  readonly event: Pick<ChangeEvent, 'type' | 'subject'> | null;
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
  /** Fires when the session is over: nothing is repeated any more. */
  readonly over: AbortSignal;
}

/** Puts what a group has given up on into the target, and knows which keys have to follow. */
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

  /** Stores a dead letter, however long that takes. False: the session was over before. */
  async store(source: DeadLetterSource, reason: Reason, error: string): Promise<boolean> {
    const { dead, log, timings, over } = this.#deps;
    const { listener } = this.#group;
    const { id, event } = source;
    const letter = this.#letterOf(source, reason, error);
    while (!over.aborted) {
      try {
        await dead.store(letter);
        log.error(`${listener.name}: ${nameOf(id, event)} is a dead letter (${reason}): ${error}`);
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

  /** No consumer can have these any more; the outbox may. */
  async storeTrimmed(ids: readonly EntryId[]): Promise<void> {
    for (const id of ids) {
      const json = await this.#deps.recover(positionOf(id));
      const event = json === null ? null : JSON.parse(json);
      const error = 'somebody trimmed it from the stream while it was pending';
      await this.store({ id, event, json, attempts: null }, 'trimmed', error);
    }
  }

  /** Whether keys have to follow at all: most groups never ask further. */
  mayFollow(key: string): boolean {
    return this.#parkedKeys.has(key);
  }

  /** Whether a key still has dead letters: they may be replayed, or dropped, by now. */
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

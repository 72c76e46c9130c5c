import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, UnreachableError } from '../errors.ts';
import type { Position } from '../event.ts';
import { expectedOn } from '../stream.ts';
import { appendSlice } from './append.ts';
import { takeOffLaggards } from './laggards.ts';
import { confirmed, type RelayDeps, type RelayOptions, type RelayStart, readStart, type StreamAt } from './start.ts';

export interface Relayed {
  readonly appended: number;
  /** Where the stream stands: the next call may continue from there without asking. */
  readonly at: StreamAt | null;
  /** `paused`: as many entries wait as `maxStream` allows, and the outbox holds the rest. */
  readonly outcome: 'caught-up' | 'paused';
}

const eventsPerSlice = 4000;
/** Without a group there is no limit: what is too many is trimmed after it was appended. */
const noLimit = Number.MAX_SAFE_INTEGER;

/**
 * Moves events from the outbox to the stream, exactly once, even if others do the same at the same time.
 *
 * 1. Read where the stream stands. Stop if stream and database contradict each other.
 * 2. Read the events after that from the outbox; if the stream is gone, from the lowest cursor of a group.
 * 3. Append them under their own positions, two calls in flight. After a gap (Redis lost its tail), start again at 1.
 * 4. Trim if too many wait. Take groups off the stream that keep it full while others have nothing left to read. Stop while
 *    as many wait as may.
 */
export async function relay(
  options: RelayOptions,
  deps: RelayDeps,
  signal: AbortSignal,
  known: StreamAt | null = null,
): Promise<Relayed> {
  let appended = 0;
  let at = known;
  for (;;) {
    signal.throwIfAborted();
    const start = at ? { at, from: at.last } : await readStart(options, deps);
    if (start === null) return { appended, at: null, outcome: 'caught-up' };
    const filled = await new Filling(start, options, deps).fill(signal);
    appended += filled.appended;
    if (filled.outcome !== 'gap') return { appended, at: filled.at, outcome: filled.outcome };
    deps.log.warn('Redis lost the end of the stream; it is filled again from the outbox');
    at = null;
  }
}

/**
 * Relays until the outbox is empty or the stream is full. While Redis refuses to write, tries again for `patienceMs`, and
 * then throws the refusal: the events stay in the outbox. Where the stream is still as it is known, the database is not asked
 * again whether they agree.
 */
export async function relayPatiently(
  options: RelayOptions,
  deps: RelayDeps,
  signal: AbortSignal,
  patienceMs: number,
  known: StreamAt | null = null,
): Promise<Relayed> {
  const pauseMs = Math.min(500, patienceMs / 10);
  const lastTry = performance.now() + patienceMs - pauseMs;
  for (let at = known; ; at = null) {
    try {
      return await relay(options, deps, signal, at && (await confirmed(at, deps.stream)));
    } catch (error) {
      if (!(error instanceof UnreachableError) || performance.now() >= lastTry) throw error;
      deps.log.debug(`the relay tries again: ${messageOf(error)}`);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

interface Filled {
  readonly appended: number;
  readonly at: StreamAt | null;
  readonly outcome: 'caught-up' | 'paused' | 'gap';
}

/** Fills the stream from the outbox, from one position on, until nothing is left, the stream is full, or a gap shows. */
class Filling {
  readonly #options: RelayOptions;
  readonly #deps: RelayDeps;
  readonly #hasGroups: boolean;
  #after: Position;
  #last: Position;
  #length: number;
  #appended = 0;

  constructor({ at, from }: RelayStart, options: RelayOptions, deps: RelayDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#hasGroups = at.hasGroups;
    this.#after = from;
    this.#last = at.last;
    this.#length = at.length;
  }

  async fill(signal: AbortSignal): Promise<Filled> {
    const { stream, target } = this.#deps;
    for (;;) {
      signal.throwIfAborted();
      const room = await this.#room();
      const slice = room > 0 ? await target.outboxLines(this.#after, Math.min(eventsPerSlice, room)) : null;
      if (slice === null || slice.lines.count === 0) return this.#end();
      const sent = await appendSlice(slice, this.#last, room, stream);
      this.#appended += sent.appended;
      if (sent.outcome === 'gap') return { appended: this.#appended, at: null, outcome: 'gap' };
      this.#last = sent.last;
      this.#after = sent.last;
      this.#length = sent.length;
      if (!this.#hasGroups && this.#length > this.#options.maxStream * 1.2) await this.#trim();
    }
  }

  async #end(): Promise<Filled> {
    const { maxStream } = this.#options;
    const isFull = this.#hasGroups && this.#length >= maxStream && (await this.#hasMore());
    if (!this.#hasGroups && this.#length > maxStream) await this.#trim();
    const at = { last: this.#last, length: this.#length, hasGroups: this.#hasGroups };
    return { appended: this.#appended, at, outcome: isFull ? 'paused' : 'caught-up' };
  }

  /** How many events may be appended. */
  async #room(): Promise<number> {
    if (!this.#hasGroups) return noLimit;
    const { maxStream } = this.#options;
    if (this.#length >= maxStream) await this.#trim();
    while (this.#length >= maxStream && (await this.#hasMore()) && (await takeOffLaggards(this.#deps, maxStream)))
      await this.#trim();
    return maxStream - this.#length;
  }

  /** Whether the outbox has events that are not on the stream. */
  async #hasMore(): Promise<boolean> {
    const fence = await this.#deps.target.fence();
    return fence !== null && this.#after.seq + 1 < fence.nextSeq;
  }

  async #trim(): Promise<void> {
    const { stream, target } = this.#deps;
    const expected = expectedOn(this.#options.groups, await target.groups());
    const answer = await stream.trim(expected, this.#options.maxStream);
    if (answer.outcome === 'trimmed') this.#length = answer.length;
  }
}

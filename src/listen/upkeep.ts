import { IntegrityError, messageOf, UnreachableError } from '../errors.ts';
import { comparePositions, type Position } from '../event.ts';
import { listenerOf } from '../listener.ts';
import type { Log } from '../log.ts';
import { type EventStream, expectedOn, watermarkOf } from '../stream.ts';
import type { Target } from '../target.ts';
import type { Timings } from '../timings.ts';
import type { Cursors } from './cursors.ts';
import { Outage } from './outage.ts';

export interface UpkeepDeps {
  readonly stream: Pick<EventStream, 'state' | 'trim'>;
  readonly target: Pick<Target, 'groups'>;
  readonly cursors: Cursors;
  /** Relays what a run has left in the outbox; returns how much, and whether the stream has everything. */
  readonly relay: (signal: AbortSignal) => Promise<RelayOutcome>;
  readonly log: Log;
  readonly timings: Pick<Timings, 'cursorsMs' | 'relayEveryMs' | 'trimEveryMs'>;
}

export interface RelayOutcome {
  readonly appended: number;
  readonly isAll: boolean;
}

export interface UpkeepOptions {
  /** Groups that must exist before anything is trimmed. */
  readonly groups: readonly string[];
  readonly maxStream: number;
}

/** What every daemon does beside delivering: cursors, relay, trim. Several daemons may do all of it at once. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #deps: UpkeepDeps;
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #stop = new AbortController();
  readonly #outage: Outage;
  #underWay: Promise<unknown> = Promise.resolve();
  #marks = new Map<string, Position>();
  #alarm = '';

  constructor(options: UpkeepOptions, deps: UpkeepDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#outage = new Outage(deps.log);
  }

  /** Relays at once, and starts the timers of everything. */
  start(): Promise<unknown> {
    const { cursorsMs, relayEveryMs, trimEveryMs } = this.#deps.timings;
    const every = (ms: number, work: () => Promise<unknown>) =>
      this.#timers.push(setInterval(() => void this.#next(work), ms));
    every(cursorsMs, () => this.#deps.cursors.save());
    every(relayEveryMs, () => this.#relay());
    every(trimEveryMs, () => this.#trimAndWarn());
    return this.#next(() => this.#relay());
  }

  async #relay(): Promise<void> {
    const { relay, log } = this.#deps;
    try {
      const { appended } = await relay(this.#stop.signal);
      if (appended > 0) await this.#trim();
      this.#alarm = '';
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!(error instanceof IntegrityError)) throw error;
      // Listeners continue with what is on the stream; the relay does too, as soon as the cause is fixed.
      if (this.#alarm !== error.message) log.error(`${error.message}. ${error.hint ?? ''}`);
      this.#alarm = error.message;
    }
  }

  /** Stops, and stores the cursors once more. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await this.#next(() => this.#deps.cursors.save());
  }

  /** Does one thing after the other; what fails is tried again the next time. */
  #next(work: () => Promise<unknown>): Promise<unknown> {
    this.#underWay = this.#underWay.then(work).then(
      () => this.#outage.recovered(),
      (error) => this.#failed(error),
    );
    return this.#underWay;
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    if (error instanceof UnreachableError) this.#outage.failed(error);
    else this.#deps.log.error(messageOf(error));
  }

  async #trim(): Promise<void> {
    const { stream, target } = this.#deps;
    const { groups, maxStream } = this.#options;
    await stream.trim(expectedOn(groups, await target.groups()), maxStream);
  }

  /** Trims, and warns of a group that stands still: everything after it stays on the stream. */
  async #trimAndWarn(): Promise<void> {
    const { stream, log } = this.#deps;
    await this.#trim();
    const { groups, last } = await stream.state();
    const marks = new Map(groups.map((group) => [group.name, watermarkOf(group)]));
    for (const [group, mark] of marks) {
      const before = this.#marks.get(group);
      const stands = before !== undefined && comparePositions(before, mark) === 0 && comparePositions(mark, last) < 0;
      if (stands)
        log.warn(
          `the group ${group} has not moved for a long time, and the stream keeps all that it has not read: ${adviceFor(group)}`,
        );
    }
    this.#marks = marks;
  }
}

function adviceFor(group: string): string {
  return `if its listener is gone for good, run "cronsync listener drop ${listenerOf(group)}"`;
}

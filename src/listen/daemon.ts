import { setTimeout as sleep } from 'node:timers/promises';
import type { Arrivals, AttemptLog, GroupConsumer, Members } from '../consumer.ts';
import { formatDuration } from '../duration.ts';
import { IntegrityError, UnreachableError } from '../errors.ts';
import { comparePositions, type Position } from '../event.ts';
import { type DeadLetters, groupNamesOf, type Listener } from '../listener.ts';
import type { Lease } from '../lock.ts';
import { type Log, logAbout } from '../log.ts';
import type { ListenMeter } from '../meter.ts';
import type { EventStream, StreamState } from '../stream.ts';
import type { Target } from '../target.ts';
import type { Timings } from '../timings.ts';
import { Cursors } from './cursors.ts';
import { Isolation } from './delivery/isolation.ts';
import type { Group, ListenerPlan } from './group/group.ts';
import { type GroupEnd, GroupReader, type GroupRole, type GroupStatus } from './group/group-reader.ts';
import { Outage } from './outage.ts';
import { Pauses } from './pauses.ts';
import { RewindReader } from './rewind/rewind-reader.ts';
import { Rewinds } from './rewind/rewinds.ts';
import { Share } from './share.ts';
import { type RelayOutcome, Upkeep } from './upkeep.ts';

export interface ListenOptions {
  /** The listeners that this daemon runs. */
  readonly listeners: readonly ListenerPlan[];
  /** The groups of all configured listeners: nothing is trimmed before all of them have acknowledged it. */
  readonly allGroups: readonly string[];
  readonly maxStream: number;
  /** `drained`: until everything is delivered. `once`: one attempt for each waiting event. `stopped`: until it is stopped. */
  readonly until: 'stopped' | 'drained' | 'once';
}

export interface ListenDeps {
  /** Already open: a listener that does not load is reported before anything is read. */
  readonly listeners: ReadonlyMap<string, Listener>;
  readonly stream: EventStream;
  /** Never taken over: a daemon fences no run out. */
  readonly target: Target;
  readonly dead: DeadLetters;
  readonly arrivals: Arrivals;
  readonly attempts: AttemptLog;
  readonly members: Members;
  /** The name of this daemon, never used again. */
  readonly member: string;
  readonly acquire: (group: string) => Promise<{ readonly lease: Lease; readonly token: string } | null>;
  readonly join: (group: string, token: string | null) => Promise<GroupConsumer>;
  /** Makes the groups that are missing: known ones at the cursors that the target keeps, new ones where they start. */
  readonly ensureGroups: () => Promise<void>;
  /**
   * Makes a known group again. Returns its cursor if it stays off the stream, because it is behind. Throws `ConfigError` if
   * the target no longer knows it, because it was dropped.
   */
  readonly restoreGroup: (group: string) => Promise<Position | null>;
  readonly relay: (signal: AbortSignal) => Promise<RelayOutcome>;
  readonly meter: ListenMeter;
  readonly log: Log;
  readonly timings: Timings;
}

/** How a daemon ended. */
export interface Listened {
  /** A receiver is gone for good, and its events wait. */
  readonly isOff: boolean;
  /** With `once`: what could not be delivered, and waits for the next daemon. */
  readonly left: number;
}

const drainedEveryMs = 200;
/** A receiver that is gone, another daemon's group, and a listener that is paused keep nobody waiting. */
const notRead: readonly GroupRole[] = ['off', 'elsewhere', 'paused'];

/**
 * One daemon.
 *
 * 1. Make the groups that are missing, and relay what a run has left.
 * 2. Read every group as long as this daemon may, side by side, so that a slow listener holds back no other.
 * 3. Meanwhile store cursors in the target, relay, and trim.
 * 4. When stopped or done, hand back what every group has in hand, and store the cursors once more.
 */
export class Daemon {
  readonly #options: ListenOptions;
  readonly #deps: ListenDeps;
  readonly #outage: Outage;
  readonly #isolation = new Isolation();
  readonly #readers: ReadonlyMap<string, GroupReader>;
  readonly #shares: ReadonlyMap<string, Share>;
  readonly #upkeep: Upkeep;
  readonly #pauses: Pauses;
  readonly #rewinds: Rewinds;
  #isStarted = false;
  #isStopping = false;

  constructor(options: ListenOptions, deps: ListenDeps) {
    const { stream, target, log } = deps;
    this.#options = options;
    this.#deps = deps;
    this.#outage = new Outage(log);
    this.#shares = new Map(options.listeners.map((listener) => [listener.name, new Share(listener, deps)]));
    const names = options.listeners.map(({ name }) => name);
    this.#pauses = new Pauses(names, deps);
    this.#readers = this.#openReaders();
    this.#rewinds = this.#openRewinds();
    const cursors = new Cursors(options.allGroups, { stream, target });
    this.#upkeep = new Upkeep({ groups: options.allGroups, maxStream: options.maxStream }, { ...deps, cursors });
  }

  /** Why nothing can be delivered now; null: it can. */
  get unready(): string | null {
    if (this.#isStopping) return 'it is stopping';
    return this.#isStarted ? this.#outage.because : 'it is starting';
  }

  /** Which loop has been stuck for longer than any wait lasts; null: all make progress, if only by trying to reconnect. */
  get stuck(): string | null {
    const { blockMs, watchdogSlackMs, redisScriptBudgetMs, redisCommandMs } = this.#deps.timings;
    const longestMs = 3 * blockMs + watchdogSlackMs + redisScriptBudgetMs + redisCommandMs;
    const late = Object.entries(this.groups).find(([, { turnMs }]) => turnMs > longestMs);
    return late && !this.#isStopping
      ? `the loop of ${late[0]} has been stuck for ${formatDuration(late[1].turnMs)}`
      : null;
  }

  get groups(): Readonly<Record<string, GroupStatus>> {
    const own = [...this.#readers].map(([group, reader]) => [group, reader.status] as const);
    return { ...Object.fromEntries(own), ...this.#rewinds.status };
  }

  /** Runs until the signal fires or all is done. Throws what cannot be repaired, after everything was handed back. */
  async run(signal: AbortSignal): Promise<Listened> {
    await this.#deps.ensureGroups();
    await this.#upkeep.start();
    await this.#pauses.start();
    for (const share of this.#shares.values()) share.open();
    this.#isStarted = true;
    try {
      const ends = await this.#readAll(signal);
      const isOff = ends.includes('off');
      return { isOff, left: isOff || !ends.includes('idle') ? 0 : await this.#left() };
    } finally {
      this.#isStopping = true;
      this.#pauses.stop();
      await Promise.all([...this.#shares.values()].map((share) => share.close()));
      await this.#upkeep.stop();
    }
  }

  #openReaders(): Map<string, GroupReader> {
    return new Map(
      this.#options.listeners.flatMap((plan) => {
        const share = this.#shares.get(plan.name);
        if (!share) throw new IntegrityError(`the listener ${plan.name} was not opened`);
        const deps = { ...this.#readingDeps(plan), share };
        return groupsOf(plan).map((group) => [group.group, new GroupReader(group, deps)] as const);
      }),
    );
  }

  #openRewinds(): Rewinds {
    const { listeners, until } = this.#options;
    const open = (group: Group) => new RewindReader(group, this.#readingDeps(group.listener));
    return new Rewinds(listeners, { ...this.#deps, open, isOnce: until === 'once' });
  }

  /** What reading a group of this listener takes. */
  #readingDeps(plan: ListenerPlan) {
    const listener = this.#deps.listeners.get(plan.name);
    if (!listener) throw new IntegrityError(`the listener ${plan.name} was not opened`);
    const log = logAbout(this.#deps.log, { listener: plan.name });
    const recover = (at: Position) => eventAt(at, this.#deps.target);
    const meter = this.#meterOf(plan);
    const own = {
      listener,
      meter,
      isolation: this.#isolation,
      log,
      outage: this.#outage,
      pauses: this.#pauses,
      recover,
    };
    return { ...this.#deps, ...own, isOnce: this.#options.until === 'once' };
  }

  /** Measures, and counts what is delivered for those who look at the sync. */
  #meterOf({ name }: ListenerPlan): ListenMeter {
    const { meter } = this.#deps;
    return {
      delivered: (...delivery) => meter.delivered(...delivery),
      acknowledged: (...event) => {
        this.#shares.get(name)?.done();
        meter.acknowledged(...event);
      },
      beat: (group) => meter.beat(group),
    };
  }

  /** If one group cannot continue, all of them stop without loss. */
  async #readAll(signal: AbortSignal): Promise<readonly GroupEnd[]> {
    const failed = new AbortController();
    const stop = AbortSignal.any([signal, failed.signal]);
    const enough = new AbortController();
    const reading = [...this.#readers.values()].map((reader) => reader.run(AbortSignal.any([stop, enough.signal])));
    const rewinding = this.#rewinds.run(AbortSignal.any([stop, enough.signal]));
    for (const one of [...reading, rewinding]) one.catch((error) => failed.abort(error));
    if (this.#options.until === 'drained') await this.#drained(stop).finally(() => enough.abort());
    const ends = await Promise.allSettled(reading);
    const [rewound] = await Promise.allSettled([rewinding]);
    for (const end of [...ends, rewound]) if (end.status === 'rejected') throw end.reason;
    // A daemon whose receivers are all gone keeps running: after a restart it would only ask them again.
    if (this.#options.until === 'stopped') await aborted(stop);
    return ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
  }

  /** Resolves when the outbox is on the stream, and the groups that still read have acknowledged all of it. */
  async #drained(stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      await sleep(drainedEveryMs, undefined, { signal: stop }).catch(() => {});
      try {
        if ((await this.#left()) > 0) continue;
        const { appended, isAll } = await this.#deps.relay(stop);
        if (appended === 0 && isAll) return;
      } catch (error) {
        if (!(error instanceof UnreachableError) && !stop.aborted) throw error;
      }
    }
  }

  /** How many events our groups have not acknowledged, without those that this daemon does not read. */
  async #left(): Promise<number> {
    const state = await this.#deps.stream.state();
    const ours = [...this.#readers].filter(([, { status }]) => !notRead.includes(status.role));
    return ours.reduce((sum, [group]) => sum + leftOf(state, group), 0) + (await this.#rewinds.left(notRead));
  }
}

/** A listener's groups, with what each of them delivers. */
function groupsOf(plan: ListenerPlan): Group[] {
  const { name, shards, on } = plan;
  return groupNamesOf(name, shards).map((group, number) => {
    return { group, listener: plan, on, shard: shards === 1 ? null : { number, of: shards } };
  });
}

function leftOf({ groups, last }: StreamState, name: string): number {
  const group = groups.find((one) => one.name === name);
  if (!group) return 1;
  const isBehind = comparePositions(group.lastDelivered, last) < 0;
  return group.pending + (isBehind ? Math.max(1, group.lag ?? 1) : 0);
}

async function eventAt(position: Position, target: Pick<Target, 'outbox'>): Promise<string | null> {
  const { events, firstSeq } = await target.outbox({ ...position, seq: position.seq - 1 }, 1);
  return firstSeq === position.seq ? (events[0] ?? null) : null;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

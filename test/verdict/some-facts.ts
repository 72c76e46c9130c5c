import { noChanges } from '../../src/change.ts';
import type { Checkpoint } from '../../src/checkpoint.ts';
import type {
  DatabaseFacts,
  Facts,
  GroupFacts,
  Plan,
  RedisFacts,
  ResourceFacts,
  RunFacts,
} from '../../src/verdict/facts.ts';
import { aCheckpoint, progressed } from '../pass/a-pass.ts';

export const now = new Date('2026-01-31T12:00:00Z');

const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;

/** A time before now, in milliseconds since the epoch. */
export function past(ms: number): number {
  return now.getTime() - ms;
}

/** A resource whose last pass was complete 40 s ago. */
export function aResource(
  changes: Partial<Omit<ResourceFacts, 'checkpoint'>> & { readonly checkpoint?: Partial<Checkpoint> | null } = {},
): ResourceFacts {
  const { checkpoint = {}, ...rest } = changes;
  const times = {
    startedAt: past(42 * secondMs),
    triedAt: past(41 * secondMs),
    completedAt: past(40 * secondMs),
  };
  return {
    resource: 'cities',
    live: 540,
    failing: null,
    succeededAt: past(40 * secondMs),
    previousCompletedAt: past(100 * secondMs),
    rejects: 0,
    drift: null,
    changes24h: noChanges,
    lost: [],
    unmet: [],
    schema: null,
    ...rest,
    checkpoint:
      checkpoint === null
        ? null
        : { ...aCheckpoint({ phase: 'done', pass: 7, progress: progressed(), ...times }), ...checkpoint },
  };
}

/** A run that was done a second after its start. */
export function aRun(agoMs: number, changes: Partial<RunFacts> = {}): RunFacts {
  return {
    run: `run-${agoMs}`,
    startedAt: new Date(past(agoMs)),
    endedAt: new Date(past(agoMs - secondMs)),
    outcome: 'done',
    exitCode: 0,
    hits: 1,
    pages: 1,
    counts: noChanges,
    error: null,
    ...changes,
  };
}

/** One run a minute, newest first, the last one 41 s ago. */
export function minutely(count: number, changes: Partial<RunFacts> = {}, fromMs = 41 * secondMs): RunFacts[] {
  return Array.from({ length: count }, (_, at) => aRun(fromMs + at * minuteMs, changes));
}

export function aGroup(changes: Partial<GroupFacts> = {}): GroupFacts {
  const idle = { daemons: 1, donePerMinute: null, reader: null, oldest: null, deliveries: 0, failing: null, off: null };
  return { group: 'notify', ...idle, ...changes };
}

export interface Situation {
  readonly plan?: Partial<Plan>;
  readonly redis?: Partial<RedisFacts>;
  readonly database?: Partial<DatabaseFacts>;
  /** Replaces what the stores said. */
  readonly asked?: Partial<Pick<Facts, 'redis' | 'database'>>;
}

/** What is known of a sync that is in step, but for what a test changes. */
export function someFacts({ plan, redis, database, asked }: Situation = {}): Facts {
  const at = { generation: 1, seq: 10 };
  const notify = { name: 'notify', lastDelivered: at, pending: 0, oldestPending: null, lag: 0 };
  return {
    now,
    name: 'geo',
    adapter: 'atlas',
    target: 'sqlite:./sync.db',
    plan: {
      windows: [{ hits: 1, perMs: minuteMs }],
      credentials: [],
      maxStream: 1000,
      longestRunMs: 10 * minuteMs,
      resources: [{ resource: 'cities', everyMs: 0, maxRejectRatio: 0.05 }],
      listeners: [{ listener: 'notify', groups: ['notify'], limitMs: 2 * minuteMs }],
      ...plan,
    },
    redis: {
      is: 'known',
      value: {
        version: 'Redis 7.4.1',
        aheadMs: 0,
        lock: null,
        slots: [{ key: 'atlas', waitMs: 20 * secondMs, cause: null, stricter: null, waitedMs: null, others: 0 }],
        stream: { last: at, length: 10, first: { generation: 1, seq: 1 }, groups: [notify] },
        groups: [aGroup()],
        ...redis,
      },
    },
    database: {
      is: 'known',
      value: {
        version: 'SQLite 3.50.4',
        aheadMs: 0,
        freeBytes: null,
        fence: { fence: 1, holder: 'web-1:1', generation: 1, nextSeq: 11 },
        resources: [aResource()],
        runs: minutely(10),
        cursors: [],
        pauses: [],
        permits: [],
        dead: [],
        ...database,
      },
    },
    ...asked,
  };
}

/** A store that does not answer. */
export function away(what: string, sinceMs: number | null = 2 * minuteMs) {
  return {
    is: 'unknown',
    because: `${what} cannot be used (ECONNREFUSED); nothing was written`,
    since: sinceMs === null ? null : new Date(past(sinceMs)),
    why: 'away',
  } as const;
}

/** A lock that a run has held for so long. */
export function heldFor(ms: number, run = 'run-held') {
  const holder = { token: 't', host: 'web-1', pid: 4711, run, startedAt: new Date(past(ms)).toISOString() };
  return { holder, expiresInMs: 20_000 };
}

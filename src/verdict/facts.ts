import type { ChangeCounts } from '../change.ts';
import type { Checkpoint } from '../checkpoint.ts';
import type { Drift } from '../drift.ts';
import type { BackOffCause } from '../errors.ts';
import type { Position } from '../event.ts';
import type { SchemaFacts } from '../field-paths.ts';
import type { Held } from '../lock.ts';
import type { RunRow } from '../run-row.ts';
import type { StreamState } from '../stream.ts';
import type { FenceRow } from '../target.ts';
import type { Limits, StricterLimits } from '../throttle.ts';

/** What a store answered, or why it did not. */
export type Asked<T> = { readonly is: 'known'; readonly value: T } | Unknown;

/** A store did not answer. */
export interface Unknown {
  readonly is: 'unknown';
  /** As the error says it: where, what, and what is guaranteed. */
  readonly because: string;
  /** Since when, as far as whoever asks has seen; null if it was asked for the first time. */
  readonly since: Date | null;
  /** `away`: it cannot be reached. `newer`: its tables are of a newer release. `refused`: it does not let us in, or does not fit. `full`: its disk has no room. */
  readonly why: 'away' | 'newer' | 'refused' | 'full';
}

/** All that a verdict is made of: what the config plans, and what each store said, each on its own. */
export interface Facts {
  readonly now: Date;
  readonly name: string;
  readonly adapter: string;
  /** The target for people, without credentials. */
  readonly target: string;
  readonly plan: Plan;
  readonly redis: Asked<RedisFacts>;
  readonly database: Asked<DatabaseFacts>;
}

/** What the config plans. */
export interface Plan {
  /** How often the third party may be hit. */
  readonly windows: readonly Limits[];
  /** The names of the variables that hold the credentials of the adapter. */
  readonly credentials: readonly string[];
  /** The most entries that wait on the stream. */
  readonly maxStream: number;
  /** A run never lasts longer than this. */
  readonly longestRunMs: number;
  readonly resources: readonly ResourcePlan[];
  readonly listeners: readonly ListenerPlan[];
}

export interface ResourcePlan {
  readonly resource: string;
  /** A pass is due when the last one was complete this long ago; 0: in every run. */
  readonly everyMs: number;
  readonly maxRejectRatio: number;
}

export interface ListenerPlan {
  readonly listener: string;
  /** Its consumer groups, one for each shard. */
  readonly groups: readonly string[];
  /** It delivers late when its oldest event is older than this. */
  readonly limitMs: number;
}

export interface RedisFacts {
  /** `Redis 7.4.1`; null if it does not say. */
  readonly version: string | null;
  /** How far its clock is ahead of ours. */
  readonly aheadMs: number;
  readonly lock: Held | null;
  readonly slots: readonly SlotFacts[];
  readonly stream: StreamState;
  readonly groups: readonly GroupFacts[];
}

/** When the next hit may leave, for one throttle key. */
export interface SlotFacts {
  readonly key: string;
  /** 0 is now. */
  readonly waitMs: number;
  /** What started a back-off; null if there is none. */
  readonly cause: BackOffCause | null;
  /** The limits that count, if they are stricter than those of the config. */
  readonly stricter: StricterLimits | null;
  /** For how long the sync has waited for a slot since it was first denied; null: it does not. */
  readonly waitedMs: number | null;
  /** How many other syncs wait now. */
  readonly others: number;
}

/** What Redis knows of one group that is not in the state of the stream. */
export interface GroupFacts {
  readonly group: string;
  /** How many daemons run its listener; null where that is not known. */
  readonly daemons: number | null;
  /** How many events its listener delivered in the last full minute, all daemons together; null where that is not known. */
  readonly donePerMinute: number | null;
  /** `host:pid` of the daemon that reads it; null where nobody does, and for a group without an order. */
  readonly reader: string | null;
  /** When the oldest event was committed that it has not acknowledged; null if there is none, or it is not on the stream. */
  readonly oldest: Date | null;
  /** How often the delivery of its oldest pending event was started: more than once, after a daemon ended without a word. */
  readonly deliveries: number;
  /** The failed attempts of that event; null if there are none. */
  readonly failing: { readonly count: number; readonly error: string; readonly since: Date } | null;
  /** Its receiver is gone for good: the daemons do not read it. Null: they do. */
  readonly off: { readonly because: string; readonly at: Date } | null;
}

export interface DatabaseFacts {
  /** `SQLite 3.50.4`, `Postgres 18.1`. */
  readonly version: string;
  /** How far its clock is ahead of ours. */
  readonly aheadMs: number;
  /** How much room its disk has; null where that cannot be seen from here. */
  readonly freeBytes: number | null;
  /** The fence row, with the numbers of the events; null if no run has taken over yet. */
  readonly fence: FenceRow | null;
  readonly resources: readonly ResourceFacts[];
  /** The last runs, newest first. */
  readonly runs: readonly RunFacts[];
  readonly cursors: readonly CursorFacts[];
  readonly pauses: readonly PauseFacts[];
  readonly permits: readonly PermitFacts[];
  readonly dead: readonly DeadFacts[];
}

/** Up to where a group has acknowledged everything, as the target knows it. */
export interface CursorFacts {
  readonly group: string;
  readonly position: Position;
  /** When the first event after that was committed; null if there is none, or it is not in the outbox any more. */
  readonly oldest: Date | null;
}

export interface ResourceFacts {
  readonly resource: string;
  readonly live: number;
  readonly checkpoint: Checkpoint | null;
  /** Why the last try failed; null if it did not. */
  readonly failing: FailingFacts | null;
  /** When a page was taken last; null where that is not known. */
  readonly succeededAt: number | null;
  /** When the pass before the last complete one was complete; null where that is not known. */
  readonly previousCompletedAt: number | null;
  /** Records in quarantine. */
  readonly rejects: number;
  readonly drift: Drift | null;
  /** What changed in the last 24 h. */
  readonly changes24h: ChangeCounts;
  /** Expressions of the map that found nothing in a whole pass. */
  readonly lost: readonly LostField[];
  /** What the config expects of the resource, and is not so. */
  readonly unmet: readonly UnmetFacts[];
  /** What the third party's records look like; null before the first complete pass. */
  readonly schema: SchemaFacts | null;
}

export interface FailingFacts {
  /** The first of the consecutive failures, in milliseconds since the epoch. */
  readonly since: number;
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string | null;
  /** The HTTP status, if there was an answer. */
  readonly status: number | null;
}

export interface LostField {
  readonly column: string;
  /** `full_name`, which fills name, was in none of 203 records. */
  readonly sentence: string;
  readonly at: number;
  /** An earlier pass has found it. */
  readonly wasFound: boolean;
}

export interface UnmetFacts {
  readonly what: 'nothing-changes' | 'too-few-records' | 'too-many-records';
  /** `nothing of people has changed for 3 days, and at least one change in 2 days is expected`. */
  readonly sentence: string;
  readonly since: number;
}

export type RunFacts = Pick<
  RunRow,
  'run' | 'startedAt' | 'endedAt' | 'outcome' | 'exitCode' | 'hits' | 'pages' | 'counts' | 'error' | 'totals'
>;

export interface PauseFacts {
  /** Null: the whole sync. */
  readonly listener: string | null;
  /** Null: until somebody resumes it. */
  readonly until: Date | null;
  readonly reason: string | null;
  readonly who: string;
  readonly at: Date;
}

export interface PermitFacts {
  readonly resource: string;
  readonly what: 'deletes' | 'updates';
  /** The pass that held the set. */
  readonly pass: number;
  /** Of the held set. */
  readonly digest: string;
  readonly count: number;
}

/** The dead letters of one listener. */
export interface DeadFacts {
  readonly listener: string;
  readonly count: number;
  /** Of the oldest one. */
  readonly since: Date;
  readonly reason: string;
  readonly error: string;
}

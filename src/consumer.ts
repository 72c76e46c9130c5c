import { ExitCode, SyncError } from './errors.ts';

/**
 * One consumer of one group of the stream. Its name is never used again; others claim what it leaves. Every method
 * throws `GroupGoneError` when the group or the stream is gone, and `UnreachableError` while Redis is away.
 */
export interface GroupConsumer {
  readonly group: string;
  readonly consumer: string;

  /**
   * Reads new entries, at most `count`, without waiting. Without the lease of an ordered group it throws `LeaseLostError`,
   * and nothing was read. Entries of a lost reply are returned by the next call.
   */
  readNew(count: number): Promise<NewEntries>;

  /**
   * Claims entries that others have not touched for `minIdleMs`, in the order of the stream, from `cursor` on. A claim is
   * not counted as a delivery: see `begin`.
   */
  claim(minIdleMs: number, count: number, cursor: EntryId): Promise<Claimed>;

  /** Counts one more delivery of an entry that was claimed, before it starts. False: another consumer has claimed it. */
  begin(id: EntryId): Promise<boolean>;

  /** Acknowledges those that this consumer still owns; returns those that it does not. */
  acknowledge(ids: readonly EntryId[]): Promise<readonly EntryId[]>;

  /** Shows that these are still being worked on; returns those that another consumer has claimed. */
  keepAlive(ids: readonly EntryId[]): Promise<readonly EntryId[]>;

  /** Makes those that this consumer still owns claimable by others at once. */
  handBack(ids: readonly EntryId[]): Promise<void>;

  /** Removes this consumer if nothing is pending for it. */
  leave(): Promise<void>;

  /** Removes the consumers of this group that have nothing pending and were idle for this long; returns how many. */
  removeIdleConsumers(idleMs: number): Promise<number>;
}

/** The ID of an entry, exactly as Redis has it: an entry of somebody else may have one that is larger than our numbers. */
export type EntryId = string;

/** In the log of attempts it stands for no entry, but for the receiver: it is gone for good, and nothing more is read for it. */
export const receiverGone: EntryId = 'off';

/** Before every entry: where a claim starts. */
export const firstEntry: EntryId = '0-0';

export interface Entry {
  readonly id: EntryId;
  /** The structured JSON; null if the entry has no field `event`. */
  readonly event: string | null;
  /** How often its delivery was started, by any consumer. The first read counts as one. */
  readonly deliveries: number;
}

export interface NewEntries {
  readonly entries: readonly Entry[];
  /** The stream's last entry at that time. */
  readonly last: EntryId;
}

export interface Claimed {
  readonly entries: readonly Entry[];
  /** Where to continue; `firstEntry` when all entries were checked. */
  readonly next: EntryId;
  /** Entries that somebody trimmed while they were pending, and that are no longer pending: an alarm. */
  readonly lost: readonly EntryId[];
}

/** The group, or the whole stream, no longer exists: it is made again at the cursor that the target keeps. */
export class GroupGoneError extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/** Notices new entries on the stream, with one blocking read for all groups of a daemon. */
export interface Arrivals {
  /**
   * Resolves when the stream has an entry after `after`, when `waitMs` are over, or when the signal fires, whichever is first.
   * Throws `UnreachableError` when Redis is away.
   */
  wait(after: EntryId, waitMs: number, signal: AbortSignal): Promise<void>;

  /** Redis accepts our reads and answers none, not even those of a new client: only a new process may help. */
  readonly isHung: boolean;

  close(): void;
}

/** Remembers failed and interrupted attempts across daemons: in Redis, with a TTL. */
export interface AttemptLog {
  /** Notes a failed attempt; returns all of this entry's attempts. */
  note(group: string, id: EntryId, error: string): Promise<Attempts>;
  /** Returns the attempts of those entries that have failed before. */
  read(group: string, ids: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Attempts>>;
  forget(group: string, ids: readonly EntryId[]): Promise<void>;
  /**
   * Notes that these deliveries of a consumer did not end because its daemon did: it lives, and has lost its lease or Redis.
   * A consumer counts once.
   */
  noteInterruptions(group: string, consumer: string, ids: readonly EntryId[]): Promise<void>;
  /** How often that is noted of an entry. */
  interruptions(group: string, id: EntryId): Promise<number>;
}

export interface Attempts {
  readonly count: number;
  readonly lastError: string;
  /** Milliseconds since the epoch, oldest first: the first one and the latest ones. */
  readonly times: readonly number[];
}

/** The daemons that run a listener. From their number each knows how many shards it should read, and `status` that there is one. */
export interface Members {
  /**
   * Registers this daemon for `ttlMs`, with the number of events that it delivered in its last full minute (null: it has not
   * worked for a minute yet), and returns how many daemons there are.
   */
  join(listener: string, member: string, ttlMs: number, donePerMinute: number | null): Promise<number>;
  leave(listener: string, member: string): Promise<void>;
}

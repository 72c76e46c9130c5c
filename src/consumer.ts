import { ExitCode, SyncError } from './errors.ts';

/**
 * One consumer of one group of the stream. Its name never comes back; what it leaves is claimed by others. Every method
 * throws `GroupGoneError` when the group or the stream is gone, and `UnreachableError` while Redis is away.
 */
export interface GroupConsumer {
  readonly group: string;
  readonly consumer: string;

  /**
   * Takes new entries, at most `count`, without waiting. Of an ordered group only while its lease is held: else throws
   * `LeaseLostError`, and nothing was taken. What a lost reply has taken comes with the next call.
   */
  readNew(count: number): Promise<NewEntries>;

  /**
   * Takes over what others have not touched for `minIdleMs`, in the order of the stream, from `cursor` on. It does not
   * count as a delivery: see `begin`.
   */
  claim(minIdleMs: number, count: number, cursor: EntryId): Promise<Claimed>;

  /** Counts one more delivery of an entry that was claimed, before it starts. False: another consumer has taken it over. */
  begin(id: EntryId): Promise<boolean>;

  /** Acknowledges those that this consumer still owns; returns those that it does not. */
  acknowledge(ids: readonly EntryId[]): Promise<readonly EntryId[]>;

  /** Shows that these are still being worked on; returns those that another consumer has taken over. */
  keepAlive(ids: readonly EntryId[]): Promise<readonly EntryId[]>;

  /** Makes those that this consumer still owns claimable by others at once. */
  handBack(ids: readonly EntryId[]): Promise<void>;

  /** Removes this consumer if nothing is pending for it. */
  leave(): Promise<void>;

  /** Removes the consumers of this group that have nothing pending and were not heard of for so long; says how many. */
  removeIdleConsumers(idleMs: number): Promise<number>;
}

/** The ID of an entry, exactly as Redis has it: one that somebody else wrote may be larger than our numbers. */
export type EntryId = string;

/** Before every entry: where a claim starts. */
export const firstEntry: EntryId = '0-0';

export interface Entry {
  readonly id: EntryId;
  /** The structured JSON; null if the entry has no field `event`. */
  readonly event: string | null;
  /** How often it has been started, by whoever: the first reading counts as one. */
  readonly deliveries: number;
}

export interface NewEntries {
  readonly entries: readonly Entry[];
  /** The stream's last entry: what comes after it was not there yet. */
  readonly last: EntryId;
}

export interface Claimed {
  readonly entries: readonly Entry[];
  /** Where to go on; `firstEntry` when all was looked at. */
  readonly next: EntryId;
  /** Entries that were trimmed while they were pending, and are pending no more: an alarm. */
  readonly lost: readonly EntryId[];
}

/** The group, or the whole stream, is not there any more: it is made again at the cursor that the target keeps. */
export class GroupGoneError extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/** Tells when something new is on the stream: one blocking read for all the groups of a daemon. */
export interface Arrivals {
  /**
   * Resolves when the stream goes on after `after`, when `waitMs` are over, or when the signal fires, whichever is first.
   * Throws `UnreachableError` when Redis is away.
   */
  wait(after: EntryId, waitMs: number, signal: AbortSignal): Promise<void>;

  /** Redis takes our reads and answers none, a new client's neither: only a new process may help. */
  readonly isHung: boolean;

  close(): void;
}

/** What is remembered of failed attempts, across daemons: in Redis, with a TTL. */
export interface AttemptLog {
  /** Notes a failed attempt; returns all of this entry's attempts. */
  note(group: string, id: EntryId, error: string): Promise<Attempts>;
  /** Those of these entries that have failed before. */
  read(group: string, ids: readonly EntryId[]): Promise<ReadonlyMap<EntryId, Attempts>>;
  forget(group: string, ids: readonly EntryId[]): Promise<void>;
}

export interface Attempts {
  readonly count: number;
  readonly lastError: string;
  /** Milliseconds since the epoch, oldest first: the first one and the latest ones. */
  readonly times: readonly number[];
}

/** The daemons that share a sharded listener: how many there are tells each how many shards are its own. */
export interface Members {
  /** Shows that this daemon is there; says how many are. It has to be repeated before `ttlMs` are over. */
  join(listener: string, member: string, ttlMs: number): Promise<number>;
  leave(listener: string, member: string): Promise<void>;
}

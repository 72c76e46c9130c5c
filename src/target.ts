import type { Activity, ActivityQuery } from './activity.ts';
import type { Batch, Committed, Comparison, Found, Removal } from './batch.ts';
import type { Checkpoint, CheckpointToStore } from './checkpoint.ts';
import type { KnownQuery, KnownRow, StoredDrift } from './drift.ts';
import type { Position } from './event.ts';
import type { NumberedEvents } from './event-lines.ts';
import type { Alias, Arrived, Clues, KnownAs } from './identity.ts';
import type { Pause } from './pause.ts';
import type { HeldKind, StoredPermit } from './permit.ts';
import type { Prepared, Values } from './record.ts';
import type { RefreshTokens, StoredRefreshToken } from './refresh-tokens.ts';
import type { Rights } from './rights.ts';
import type { RunCount, RunQuery, RunRow, RunSpan } from './run-row.ts';
import type { SyncEvent } from './sync-event.ts';
import type { ResourceTable, TableState } from './table.ts';
import type { SlotKeeper } from './throttle.ts';

/**
 * What may be read of a target without taking it over. A run, a dry run, the daemon and the commands ask it, at any time. It
 * never writes and never makes anything: what is not there reads as empty, also in the tables of an earlier release. Every call reads one state of the database, and
 * throws `UnreachableError` where the database is away or busy, and `ConfigError` where it refuses this user or its tables
 * are of a newer release.
 */
export interface TargetReader extends AsyncDisposable {
  /** For people, without credentials: `sqlite:./sync.db`. */
  readonly label: string;

  /**
   * Asks several questions together, with fewer round trips. A server answers all of them from one state. Whoever asks may be
   * called again: a lost connection repeats it.
   */
  atOnce<T>(ask: (questions: TargetQuestions) => Promise<T>): Promise<T>;

  /** The server, for people, and its clock. Asked by `check` and `status`. */
  server(): Promise<ServerState>;

  /** The fence row of this sync; null if the sync has never run on this target. */
  fence(): Promise<FenceRow | null>;

  /**
   * The pass of a resource and what it has seen, as the last commit stored them; null if there was none. Read
   * when a run turns to the resource, and again after a write has failed.
   */
  pass(resource: string): Promise<StoredPass | null>;

  /**
   * The chunks that are stored beside the checkpoint, serialized; null if there are none. Read before the first page of a pass
   * whose checkpoint names some: they may be large.
   */
  chunks(resource: string): Promise<Uint8Array | null>;

  /** How the table differs from the resource: what a run would add, and what stops a run. For `check` and the dry run. */
  inspect(table: ResourceTable): Promise<TableState>;

  /** What we may not do in the database, though a run has to; null where there are no roles, or no schema. For `check`. */
  rights(tables: readonly ResourceTable[]): Promise<Rights | null>;

  /**
   * Compares the hashes of a batch with ours, in one query. Called for every batch before it is committed: records whose
   * hash is equal need nothing more.
   */
  compare(table: ResourceTable, entries: readonly (readonly [key: string, hash: string])[]): Promise<Comparison>;

  /** Our entry and the system's row of each of `records`, in their order. For the dry run; `commit` looks up for itself. */
  find(table: ResourceTable, records: readonly Prepared[]): Promise<readonly Found[]>;

  /**
   * What helps to recognise the records that an adapter has brought, in the order of `arrived`. Called for every batch of a
   * resource with `match`, before `commit`.
   */
  clues(table: ResourceTable, adapter: string, arrived: readonly Arrived[]): Promise<readonly Clues[]>;

  /**
   * One alias of this adapter in which the native key differs from the key; null if there is none. Asked
   * before the first hit for a resource without `match`.
   */
  foreignAlias(resource: string, adapter: string): Promise<Alias | null>;

  /** What third parties call the record with this key, a hundred of them at most. For the page. */
  knownAs(resource: string, key: string): Promise<readonly KnownAs[]>;

  /** The ids of the live records among these keys. Called for records that a page brought and that are not written. */
  idsOf(resource: string, keys: readonly string[]): Promise<readonly number[]>;

  /** Whether the resource has ever had a record. Asked at the start of a pass. */
  hasRecords(resource: string): Promise<boolean>;

  /** How many records of this resource are live. Asked when the guard judges deletions. */
  countLive(resource: string): Promise<number>;

  /**
   * The live records with an id above `after`, in order, with the number of complete passes they were missing from. Called
   * in steps of `limit` at the end of a pass, until fewer come back.
   */
  liveAfter(resource: string, after: number, limit: number): Promise<LiveIds>;

  /** Keys and rows of these ids, in their order: what a delete would take away. */
  rowsOf(
    table: ResourceTable,
    ids: readonly number[],
  ): Promise<readonly { readonly key: string; readonly row: Values | null }[]>;

  /**
   * What is known of live records and how their rows read now, in the order of their ids. Called in steps by `verify`, and for a
   * sample at the end of a pass. It locks nothing.
   */
  known(table: ResourceTable, query: KnownQuery): Promise<readonly KnownRow[]>;

  /** Of the records with these ids, those that were kept for the end of their pass. */
  deferred(resource: string, ids: readonly number[]): Promise<readonly Prepared[]>;

  /** What was found of rows that somebody else changed, and where the last sample ended. */
  drift(resource: string): Promise<StoredDrift>;

  /**
   * Events after a position of the same generation, oldest first: whole transactions until `limit` events are reached.
   * Called until nothing is left.
   */
  outbox(after: Position, limit: number): Promise<OutboxSlice>;

  /** The same events as bytes, which the relay sends as they are. */
  outboxLines(after: Position, limit: number): Promise<OutboxLines>;

  /** Whether the outbox has a row that `purgeOutbox` would remove. Asked at the end of every run. */
  hasOldEvents(olderThan: Date, passed: Position): Promise<boolean>;

  /** The listeners' cursors: up to where each group has acknowledged everything. */
  groups(): Promise<readonly GroupCursor[]>;

  /** The runs of the last seven days, and the last hundred in any case, newest first. */
  runs(query: RunQuery): Promise<readonly RunRow[]>;

  /** How many runs have started since then, by their outcome. */
  runStats(since: Date): Promise<readonly RunCount[]>;

  /** The same for each span of so many milliseconds, oldest first. Spans without a run are left out. */
  runHistory(since: Date, spanMs: number): Promise<readonly RunSpan[]>;

  /** What is paused. A pause that is over is left out. */
  pauses(): Promise<readonly Pause[]>;

  /** What people have approved and no run has used yet. A permit that is too old is left out. */
  permits(): Promise<readonly StoredPermit[]>;

  /** What people did, newest first. */
  activity(query: ActivityQuery): Promise<readonly Activity[]>;

  /** What the events about the sync itself have announced last, as JSON; null if that is nothing. */
  news(): Promise<string | null>;

  /** What is known of a chain of refresh tokens; null: no run has used it. For `check`. */
  refreshToken(chain: string): Promise<StoredRefreshToken | null>;

  /** The preview of a swap that was stored last; null if there is none. */
  preview(): Promise<StoredPreview | null>;

  /** The last rejects, newest first; of one resource, or of all. */
  rejects(query: { readonly resource?: string; readonly limit: number }): Promise<readonly RejectRow[]>;

  /** How many records of a resource are in quarantine. */
  countRejects(resource: string): Promise<number>;

  /** Why the records of a resource are in quarantine: the most frequent reasons first. */
  rejectReasons(resource: string): Promise<readonly RejectReason[]>;
}

/** What may be asked of a target. */
export type TargetQuestions = Omit<TargetReader, 'label' | 'atOnce' | typeof Symbol.asyncDispose>;

/**
 * Where a run may write: the system's own database. One open target belongs to one run. Every writing call is one
 * transaction that first checks the fence, and happens whole or not at all; `commit` and `remove` may be several of these.
 *
 * A writing call throws `FencedError` where a newer run has taken over, and `IntegrityError` where the database has lost
 * commits of this run or `takeOver` was not called. It throws `UnreachableError` where the database is away, or busy for
 * longer than the run waits. After any of these the transaction was not committed, unless the message says that it is not known.
 *
 * The daemon and the commands open a target without taking it over. They may call `slots`, `saveDrift`, `saveGroups`, `purgeOutbox`,
 * `rebase` and `fenceOut`, and what is for people: `setPause`, `endPause`, `storePermit`, `dropPermit`,
 * `recordActivity` and `savePreview`. These then check no fence. In the tables of an earlier release there is no place for what
 * people do: `setPause`, `storePermit` and `savePreview` throw `ConfigError` there, and the others do nothing.
 */
export interface Target extends TargetReader {
  /** The second throttle, asked before every hit: the same rule as in Redis, in the database, which forgets less. */
  readonly slots: SlotKeeper;

  /** The refresh tokens of the third parties. They may be used once `takeOver` has made the tables, and check no fence. */
  readonly refreshTokens: RefreshTokens;

  /**
   * Takes over writing: makes what is missing of our tables and of the system's, brings tables of an earlier release up to
   * this one, checks that no other sync owns the system's, and adds one to the fence, so that every earlier run's writes throw `FencedError` from now on. Called once per run, right
   * after the lock was taken. Throws `ConfigError` where a table does not fit or belongs to another sync. If the signal has
   * fired, it throws and leaves the fence to the run that has the lock by now.
   */
  takeOver(
    run: RunIdentity,
    tables: readonly ResourceTable[],
    generationFloor: number,
    signal?: AbortSignal,
  ): Promise<FenceRow>;

  /**
   * Writes one batch: rows, what was seen, events, checkpoint. Called for every batch of a page in which something differs,
   * and for the last one. Rows are locked first, then `plan` decides on what they hold now. Rows that the system holds locked
   * are left out and named in `busy`: the caller commits them again. Throws the signal's reason once it has fired; what was
   * committed before stays.
   */
  commit(batch: Batch, signal: AbortSignal): Promise<Committed>;

  /**
   * Deletes records, and counts those that are missing, with their events and the checkpoint. Called for every batch of
   * deletions that the guard lets through. `busy` and the signal mean the same as in `commit`.
   */
  remove(removal: Removal, signal: AbortSignal): Promise<Committed>;

  /**
   * Stores a checkpoint alone. Called where a pass moves without a change, or fails.
   */
  save(resource: string, stored: CheckpointToStore): Promise<void>;

  /** Drops the records that were kept for the end of their pass, in several transactions. Called before that pass is over. */
  dropDeferred(resource: string): Promise<void>;

  /**
   * Forgets what is known of these rows, and ends the pass, so that the next one brings everything and writes them again. Called
   * by a repair for each batch of rows that differ.
   */
  forget(resource: string, ids: readonly number[]): Promise<void>;

  /** Stores what was found of drift. In the tables of an earlier release there is no place for it, and nothing is stored. */
  saveDrift(resource: string, drift: StoredDrift): Promise<void>;

  /** Stores listeners' cursors, and forgets the groups in `drop`. A cursor that is stored with a later position stays as it is. */
  saveGroups(cursors: readonly GroupCursor[], drop?: readonly string[]): Promise<void>;

  /**
   * Removes outbox rows that are older than `olderThan` and not after `passed`, and returns how many. Called at the end of a
   * run.
   */
  purgeOutbox(olderThan: Date, passed: Position): Promise<number>;

  /** Stores the row of a run that has no end yet. Called right after `takeOver`. */
  startRun(run: RunRow): Promise<void>;

  /**
   * Stores the run's row, or replaces it, and removes those of runs that started more than seven days before, but for the last
   * hundred. Called at the end of every run, however it ended.
   */
  recordRun(run: RunRow): Promise<void>;

  /** Writes events about the sync itself to the outbox, and what they announced as the news, in one transaction. */
  announce(events: readonly SyncEvent[], news: string): Promise<void>;

  /** Pauses the sync or a listener, in place of the pause that there may be. */
  setPause(pause: Pause): Promise<void>;

  /** Ends a pause: of a listener, or with null of the sync. Returns whether there was one. */
  endPause(listener: string | null): Promise<boolean>;

  /** Stores an approval, in place of the one for the same resource and kind. */
  storePermit(permit: StoredPermit): Promise<void>;

  /** Forgets an approval, once it was used or does not fit any more. */
  dropPermit(resource: string, what: HeldKind): Promise<void>;

  /** Notes what a person did. The last 10,000 are kept. */
  recordActivity(activity: Omit<Activity, 'id'>): Promise<void>;

  /** Stores the preview of a swap as JSON, in place of the last one. */
  savePreview(preview: string): Promise<void>;

  /**
   * Starts a new generation: every outbox row after `after` moves there, under the same number. For `outbox rebase`, while
   * no run works.
   */
  rebase(generationFloor: number, after: Position): Promise<{ readonly generation: number; readonly moved: number }>;

  /** Adds one to the fence, so that the run that holds it can no longer write. For `unlock`. */
  fenceOut(): Promise<void>;
}

export interface ServerState {
  /** `SQLite 3.50.4`, `Postgres 18.1`. */
  readonly version: string;
  readonly now: Date;
}

export interface RunIdentity {
  /** Unique. */
  readonly run: string;
  /** `host:pid`, for people. */
  readonly holder: string;
}

/** The row of a sync in `_sync_lease`. */
export interface FenceRow {
  /** Only grows. The run that has raised it last may write. */
  readonly fence: number;
  /** Of event numbers: a rebase starts a new one. */
  readonly generation: number;
  /** The sequence number that the next event gets. */
  readonly nextSeq: number;
  readonly holder: string;
}

export interface StoredPass {
  readonly checkpoint: Checkpoint;
  /** The serialized seen set; null if the pass has none yet. */
  readonly seen: Uint8Array | null;
  /** The serialized set of what the guard holds back; null if it holds nothing. */
  readonly held: Uint8Array | null;
  /** JSON of the field paths that the third party's records have, and of their changes; null where that is not known. */
  readonly paths: string | null;
}

export interface LiveIds {
  readonly ids: readonly number[];
  readonly missed: readonly number[];
}

export interface OutboxSlice {
  readonly generation: number;
  /** Sequence number of the first event. */
  readonly firstSeq: number;
  readonly events: readonly string[];
}

/** The same as bytes. */
export interface OutboxLines extends NumberedEvents {
  readonly generation: number;
}

export interface GroupCursor {
  readonly group: string;
  readonly position: Position;
}

/** What a swap would change, as it was when it was stored. */
export interface StoredPreview {
  readonly at: Date;
  /** JSON. */
  readonly preview: string;
}

export interface RejectRow {
  readonly id: string;
  readonly resource: string;
  readonly key: string | null;
  readonly reasons: readonly string[];
  readonly raw: string;
  /** When a pass brought it first, in a row of passes that all brought it. */
  readonly firstAt: Date;
  readonly at: Date;
}

/** A reason, and the records that were rejected for it. */
export interface RejectReason {
  readonly reason: string;
  readonly count: number;
  /** When the first of these records came, and the last. */
  readonly firstAt: Date;
  readonly lastAt: Date;
}

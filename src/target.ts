import type { Batch, Committed, Comparison, Found, Removal } from './batch.ts';
import type { ChangeCounts } from './change.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Position } from './event.ts';
import type { Alias, Arrived, Clues } from './identity.ts';
import type { Column, Prepared, Value, Values } from './record.ts';
import type { SlotKeeper } from './throttle.ts';

/** One resource as the target keeps it. */
export interface ResourceTable {
  readonly resource: string;
  readonly table: string;
  /** Columns that make up the key; each is one of `mapped`. */
  readonly key: readonly string[];
  /** All columns of the resource's schema: made or added where they are missing, never dropped, never narrowed. */
  readonly columns: readonly Column[];
  /** The columns that the third party fills, in the order of every `Values`. The others belong to the system. */
  readonly mapped: readonly Column[];
  readonly onDelete: OnDelete;
  /** Columns whose values say which record is which, where third parties have ids of their own; each is one of `mapped`. */
  readonly match?: readonly string[];
}

/** What happens to the row of a record that is gone. `soft` sets `deleted_at`, `keep` touches nothing. */
export type OnDelete = 'soft' | 'hard' | 'keep' | { readonly set: Readonly<Record<string, Value>> };

/** What may be read without taking over: for a dry run, `status` and `events`. It never writes and never makes anything. */
export interface TargetReader extends AsyncDisposable {
  /** `sqlite:./sync.db`: for people, without credentials. */
  readonly label: string;

  /** Null if this sync has never run on this target. */
  lease(): Promise<LeaseRow | null>;

  /** The pass of a resource and what it has seen, as stored by the last commit; null if there was none. */
  pass(resource: string): Promise<StoredPass | null>;

  /** How the table differs from the resource: what a run would add, and what it could not mend. */
  inspect(table: ResourceTable): Promise<TableState>;

  /** Compares hashes, in one query: the ids of the live records whose hash is equal, and where in `entries` the others stand. */
  compare(table: ResourceTable, entries: readonly (readonly [key: string, hash: string])[]): Promise<Comparison>;

  /** What is known of each record: its entry of ours, and its row. In the order of `keys`. */
  find(table: ResourceTable, records: readonly Prepared[]): Promise<readonly Found[]>;

  /** What may tell which records of ours these are that an adapter has brought, in their order; of a table with `match`. */
  clues(table: ResourceTable, adapter: string, arrived: readonly Arrived[]): Promise<readonly Clues[]>;

  /** One alias of this adapter's whose native key is not the key; null if there is none. */
  foreignAlias(resource: string, adapter: string): Promise<Alias | null>;

  /** Ids of the live records among these keys. */
  idsOf(resource: string, keys: readonly string[]): Promise<readonly number[]>;

  /** How many records of this resource are live. */
  countLive(resource: string): Promise<number>;

  /** The live records with an id above `after`, in order, with the number of complete passes they were missing from. */
  liveAfter(resource: string, after: number, limit: number): Promise<LiveIds>;

  /** Keys and rows of these ids, in their order: what a delete would take away. */
  rowsOf(
    table: ResourceTable,
    ids: readonly number[],
  ): Promise<readonly { readonly key: string; readonly row: Values | null }[]>;

  /** Events after a position of the same generation, oldest first: whole transactions until `limit` events are reached. */
  outbox(after: Position, limit: number): Promise<OutboxSlice>;

  /** Listeners' cursors: up to where each group has acknowledged everything. */
  groups(): Promise<readonly GroupCursor[]>;

  /** Newest first. */
  runs(limit: number): Promise<readonly RunRow[]>;

  /** Newest first; of one resource, or of all. */
  rejects(query: { readonly resource?: string; readonly limit: number }): Promise<readonly RejectRow[]>;

  /** How many records of a resource are in quarantine. */
  countRejects(resource: string): Promise<number>;
}

/**
 * Where a run may write: the system's own database. One open target belongs to one run. Every writing call is one
 * transaction that first checks the fence, and either happens whole or not at all.
 */
export interface Target extends TargetReader {
  /** The second throttle: the same rule, in the database, which forgets less than Redis. */
  readonly slots: SlotKeeper;

  /**
   * Takes over writing: makes what is missing of our tables and of the system's, checks that no other sync owns these,
   * and adds one to the fence, so that every earlier run's writes fail with `FencedError` from now on. Called once, right
   * after the lock. Throws `ConfigError` where a table does not fit or belongs to another sync. Once the signal has fired, the
   * fence is left to whoever has the lock by now.
   */
  claim(
    run: RunIdentity,
    tables: readonly ResourceTable[],
    generationFloor: number,
    signal?: AbortSignal,
  ): Promise<LeaseRow>;

  /**
   * Writes one batch: rows, what was seen, events, checkpoint. Rows are locked first, then `plan` decides on what they
   * hold now. Those that the system holds locked are left out and named in `busy`.
   */
  commit(batch: Batch, signal: AbortSignal): Promise<Committed>;

  /** Deletes, and counts what is missing, as one batch with its events and checkpoint. */
  remove(removal: Removal, signal: AbortSignal): Promise<Committed>;

  /** Stores a checkpoint alone. `seen: undefined` leaves the stored seen set as it is. */
  save(resource: string, stored: { readonly checkpoint: Checkpoint; readonly seen?: Uint8Array | null }): Promise<void>;

  /** Stores listeners' cursors; one that is stored further on stays. `drop` forgets groups. */
  saveGroups(cursors: readonly GroupCursor[], drop?: readonly string[]): Promise<void>;

  /** Removes outbox rows that are older than this and that every given position has passed. */
  purgeOutbox(olderThan: Date, passed: Position): Promise<number>;

  /** Forgets rejects that no pass since this one has brought again. */
  purgeRejects(resource: string, beforePass: number): Promise<void>;

  /** Writes the run's row; old ones go. */
  recordRun(run: RunRow): Promise<void>;

  /** A new generation: every outbox row after `after` gets new positions, from `generation`-`<same seq>` on. */
  rebase(generationFloor: number, after: Position): Promise<{ readonly generation: number; readonly moved: number }>;

  /** Adds one to the fence, so that whoever holds it now is out. */
  fenceOut(): Promise<void>;
}

export interface RunIdentity {
  /** Unique. */
  readonly run: string;
  /** `host:pid`, for people. */
  readonly holder: string;
}

export interface LeaseRow {
  readonly fence: number;
  readonly generation: number;
  /** The sequence number that the next event gets. */
  readonly nextSeq: number;
  readonly holder: string;
}

export interface StoredPass {
  readonly checkpoint: Checkpoint;
  /** The serialized seen set; null if the pass has none yet. */
  readonly seen: Uint8Array | null;
}

export interface TableState {
  readonly exists: boolean;
  readonly missingColumns: readonly string[];
  /** What stops a run, one sentence each. */
  readonly problems: readonly string[];
  /** What makes a run slow, one sentence each. */
  readonly warnings: readonly string[];
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

export interface GroupCursor {
  readonly group: string;
  readonly position: Position;
}

export interface RunRow {
  readonly run: string;
  readonly holder: string;
  readonly adapter: string;
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly outcome: string;
  readonly exitCode: number;
  readonly hits: number;
  readonly pages: number;
  readonly counts: ChangeCounts;
  readonly rejected: number;
  readonly error: string | null;
}

export interface RejectRow {
  readonly id: string;
  readonly resource: string;
  readonly key: string | null;
  readonly reasons: readonly string[];
  readonly raw: string;
  readonly at: Date;
}

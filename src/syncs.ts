/** One table of the system that a sync owns. */
export interface OwnedTable {
  readonly resource: string;
  readonly table: string;
  /** How many of its records are live. */
  readonly live: number;
}

/** What a database knows of one sync: what a person reads before the sync is renamed or forgotten. */
export interface KnownSync {
  /** A run has taken over, and nobody has forgotten the sync since. */
  readonly hasRun: boolean;
  readonly tables: readonly OwnedTable[];
  /** Events in the outbox. */
  readonly events: number;
  readonly deadLetters: number;
  /** Consumer groups whose cursors are kept. */
  readonly groups: readonly string[];
}

/**
 * All syncs of one database. Called by commands under the lock of each sync that is changed. A run that was paused past its
 * lock can no longer write after any of these calls.
 */
export interface Syncs extends AsyncDisposable {
  /** Null: nothing is known of a sync of this name. */
  known(name: string): Promise<KnownSync | null>;

  /** The names of all syncs that have run. */
  names(): Promise<readonly string[]>;

  /**
   * Gives everything of a sync another name, in one transaction. False: there is no such sync, and nothing was changed. Throws
   * `ConfigError` if a sync of the new name has run.
   */
  rename(from: string, to: string): Promise<boolean>;

  /**
   * Forgets a sync, or some of its resources: other syncs may own their tables from then on. The rows stay, and so does what
   * people did. It happens at once; what is left of it then is removed in short transactions, by the next call if this one is
   * killed.
   */
  forget(name: string, resources: readonly string[] | null): Promise<void>;

  /** Drops tables of the system. One that does not exist is skipped. */
  dropTables(tables: readonly string[]): Promise<void>;
}

/** What a sync has in Redis beside its lock. */
export interface RedisTraces {
  /** Who reads its ordered groups at the moment: `host:pid` by group. */
  readers(groups: readonly string[]): Promise<ReadonlyMap<string, string>>;

  /** Removes its stream, and what is noted of attempts in these groups. True: something was there. */
  remove(groups: readonly string[]): Promise<boolean>;
}

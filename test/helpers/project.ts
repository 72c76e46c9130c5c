import type { Timings } from '../../src/timings.ts';
import type { BaseConfig, ConfigOptions } from './base-config.ts';
import type { Child, Finished, SyncOptions } from './child.ts';
import type { AtOnce, ProjectDatabase } from './database.ts';
import type { PostgresDatabase } from './postgres.ts';
import type { SyncEvent } from './sync-event.ts';
import type { ThirdParty } from './third-party.ts';

export interface StreamEntry {
  /** `<generation>-<seq>`. */
  readonly id: string;
  readonly event: SyncEvent;
}

export interface ProjectOptions extends ConfigOptions {
  /** What the third party has. */
  readonly records?: readonly object[];
  /** Where the rows are: by default in a SQLite file; `postgres` is a database of its own, which goes with the project. */
  readonly target?: 'sqlite' | 'postgres' | PostgresDatabase;
  /** By default one of its own, so that suites can share a Redis. */
  readonly name?: string;
  readonly timings?: Partial<Timings>;
  /** Each command in a process of its own: for tests in which processes meet. */
  readonly ownProcesses?: true;
  /** The last word on the config: what it returns is written. */
  readonly config?: (config: BaseConfig) => object;
}

/** A sync of its own, in a folder of its own, with a third party of its own. `await using project = await aProject({ redis })`. */
export interface Project extends AsyncDisposable, AtOnce {
  readonly name: string;
  readonly dir: string;
  readonly party: ThirdParty;
  readonly redis: ProjectOptions['redis'];
  /** The SQLite file, which may not exist yet. */
  readonly file: string;
  readonly lockKey: string;
  readonly streamKey: string;
  readonly config: BaseConfig;
  /** What the third party has now. */
  readonly records: readonly object[];
  /** Replaces what the third party has. */
  serve(records: readonly object[]): void;
  /** Changes the config file. */
  reconfigure(change: (config: BaseConfig) => object): Promise<void>;
  /** Writes a file into the folder; objects become JSON. Its path. */
  write(name: string, content: string | object): Promise<string>;
  /**
   * Runs a command to its end: `sync(['status', '--json'])`; without arguments, `cronsync run --json`. In the test's own process,
   * unless something of the options says otherwise.
   */
  sync(args?: readonly string[], options?: SyncOptions): Promise<Finished>;
  /** Starts a command; what still runs when the project is closed is killed. */
  start(args?: readonly string[], options?: SyncOptions): Child;
  /** The database, whichever it is; what the project itself answers at once it answers on SQLite only. */
  readonly database: ProjectDatabase;
  streamEvents(): Promise<StreamEntry[]>;
  close(): Promise<void>;
}

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDuration } from '../../src/duration.ts';
import type { Timings } from '../../src/timings.ts';
import { type BaseConfig, baseConfig } from './base-config.ts';
import { type Child, type Finished, type SyncOptions, startSync } from './child.ts';
import {
  type AtOnce,
  nothingAtOnce,
  type ProjectDatabase,
  parseEvent,
  postgresDatabase,
  sqliteDatabase,
  withPromises,
} from './database.ts';
import { needsProcess, runInProcess } from './in-process.ts';
import { aPostgres, type PostgresDatabase } from './postgres.ts';
import type { RedisServer } from './redis.ts';
import { aThirdParty, type Dialect, type ThirdParty } from './third-party.ts';

export type { BaseConfig } from './base-config.ts';
export { eventually } from './child.ts';
export { expectInStep } from './in-step.ts';

/** A customer as the third party tells it; the project's config maps it to a `Customer`. */
export interface RemoteCustomer {
  readonly id: string;
  readonly contact: { readonly email: string };
  readonly status: string;
  readonly labels: readonly { readonly name: string }[];
}

/** A customer as the system keeps it. */
export interface Customer {
  readonly id: string;
  readonly email: string;
  readonly state: string;
  readonly tags: readonly string[];
}

/** One event, as far as tests look into it (CloudEvents, see src/event.ts). */
export interface SyncEvent {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
  readonly cause?: string;
  readonly data: {
    readonly key: string;
    readonly before: Row | null;
    readonly after: Row | null;
    readonly changed?: readonly string[];
  };
}

export type Row = Readonly<Record<string, unknown>>;

export interface StreamEntry {
  /** `<generation>-<seq>`. */
  readonly id: string;
  readonly event: SyncEvent;
}

export interface ProjectOptions {
  readonly redis: Pick<RedisServer, 'url' | 'client'>;
  /** What the third party has. */
  readonly records?: readonly object[];
  readonly dialect?: Dialect;
  readonly pageSize?: number;
  /** Where the rows are: by default in a SQLite file; `postgres` is a database of its own, which goes with the project. */
  readonly target?: 'sqlite' | 'postgres' | PostgresDatabase;
  /** By default one of its own, so that suites can share a Redis. */
  readonly name?: string;
  /** Parts of `throttle`; by default a hit every millisecond. With one hit, the third party refuses what comes closer than `per`. */
  readonly throttle?: Readonly<Record<string, unknown>> & { readonly per?: string; readonly hits?: number };
  /** Of the lock; by default 5 s. */
  readonly ttl?: string;
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
   * Runs a command to its end: `sync(['status', '--json'])`; without arguments, `sync run --json`. In the test's own process,
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

/** Short enough that a test can wait for the end of a lock or of a slot, long enough for a busy machine. */
const scaled: Partial<Timings> = {
  leaseMarginMs: 500,
  leaseRetryMs: 100,
  slotReserveMs: 2000,
  redisScriptBudgetMs: 1500,
  relayPatienceMs: 1500,
  stopRelayMs: 1000,
  targetBusyMs: 1000,
};

const aRun = ['run', '--json'];

let projects = 0;

export async function aProject(options: ProjectOptions): Promise<Project> {
  projects += 1;
  const { redis, name = `crm-${process.pid}-${projects}`, dialect = 'none', pageSize, target = 'sqlite' } = options;
  const dir = await mkdtemp(join(tmpdir(), 'cronsync-e2e-'));
  const file = join(dir, 'sync.db');
  let records = options.records ?? [];
  const { hits = 1, per = '1ms' } = options.throttle ?? {};
  const minGapMs = hits === 1 ? (parseDuration(per) ?? 0) : 0;
  const party = await aThirdParty({ records, dialect, minGapMs, ...(pageSize !== undefined && { pageSize }) });
  const postgres = target === 'postgres' ? await aPostgres() : target === 'sqlite' ? undefined : target;
  const config = baseConfig(options, name, party.url, postgres);
  const children = new Set<Child>();
  const running = new Set<Promise<unknown>>();

  const write = async (path: string, content: string | object) => {
    const full = join(dir, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, typeof content === 'string' ? content : JSON.stringify(content, null, 2));
    return full;
  };
  const SYNC_TIMINGS = JSON.stringify({ ...scaled, ...options.timings });
  const start = (args: readonly string[] = aRun, how: SyncOptions = {}) => {
    const child = startSync(args, { cwd: dir, ...how, env: { SYNC_TIMINGS, ...how.env } });
    children.add(child);
    child.finished.then(() => children.delete(child));
    return child;
  };
  const sync = (args: readonly string[] = aRun, how: SyncOptions = {}) => {
    if (options.ownProcesses || needsProcess(how)) return start(args, how).finished;
    const ended = runInProcess(args, { cwd: dir, ...how, env: { SYNC_TIMINGS, ...how.env } });
    running.add(ended);
    return ended.finally(() => running.delete(ended));
  };
  const atOnce = postgres ? nothingAtOnce : sqliteDatabase(file, name);
  const close = async () => {
    const left = [...children];
    for (const child of left) child.kill('SIGKILL');
    await Promise.allSettled([...left.map((child) => child.finished), ...running]);
    await party.close();
    if (target === 'postgres') await postgres?.[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  };
  const streamKey = `{sync:${name}}:events`;

  await write('sync.config.json', options.config?.(config) ?? config);
  return {
    name,
    dir,
    party,
    redis,
    file,
    lockKey: `{sync:${name}}:lock`,
    streamKey,
    config,
    get records() {
      return records;
    },
    serve(replacement) {
      records = replacement;
      party.set(replacement);
    },
    async reconfigure(change) {
      await write('sync.config.json', change(config));
    },
    write,
    sync,
    start,
    database: postgres ? postgresDatabase(postgres, name) : withPromises(atOnce, file),
    ...atOnce,
    async streamEvents() {
      const entries = await redis.client.xrange(streamKey, '-', '+');
      return entries.map(([id, [, event = 'null']]) => ({ id, event: parseEvent(event) }));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** So many customers of the third party, with ids from `from` on. */
export function customers(count: number, from = 1): RemoteCustomer[] {
  return Array.from({ length: count }, (_, at) => aCustomer(from + at));
}

export function aCustomer(id: number, changed: Partial<RemoteCustomer> = {}): RemoteCustomer {
  const email = `person${id}@example.com`;
  return { id: String(id), contact: { email }, status: 'active', labels: [{ name: `label${id % 3}` }], ...changed };
}

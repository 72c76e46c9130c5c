import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseDuration } from '../../src/duration.ts';
import type { Timings } from '../../src/timings.ts';
import { baseConfig } from './base-config.ts';
import { type Child, type SyncOptions, startSync } from './child.ts';
import { nothingAtOnce, parseEvent, postgresDatabase, sqliteDatabase, withPromises } from './database.ts';
import { needsProcess, runInProcess } from './in-process.ts';
import { aPostgres } from './postgres.ts';
import type { Project, ProjectOptions } from './project.ts';
import { aThirdParty } from './third-party.ts';

export type { BaseConfig } from './base-config.ts';
export { eventually } from './child.ts';
export { aCustomer, customers, type RemoteCustomer } from './customers.ts';
export { expectInStep } from './in-step.ts';
export type { Project, ProjectOptions } from './project.ts';
export type { Row, SyncEvent } from './sync-event.ts';

/**
 * Short enough that a test can wait for the end of a lock or of a slot, long enough for a busy machine. A store that is away
 * refuses the connection at once.
 */
const scaled: Partial<Timings> = {
  leaseMarginMs: 500,
  leaseRetryMs: 100,
  slotReserveMs: 2000,
  redisScriptBudgetMs: 1500,
  relayPatienceMs: 1500,
  stopRelayMs: 1000,
  targetBusyMs: 1000,
  tokenStoreMs: 1000,
  tokenStepMs: 50,
  lookMs: 20_000,
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

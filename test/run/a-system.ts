import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { silentLog } from '../../src/log.ts';
import type { PassEnded } from '../../src/pass/end/end-snapshot.ts';
import type { Guard } from '../../src/pass/guard.ts';
import { Pass } from '../../src/pass/pass.ts';
import { planSteps } from '../../src/pass/plan.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';
import { startPass, withLive } from '../../src/pass/transitions.ts';
import { hashOf } from '../../src/records/hash.ts';
import { compilePrepare } from '../../src/records/prepare.ts';
import type { RunContext } from '../../src/run/context.ts';
import type { StoredPass, Target } from '../../src/target.ts';
import { openSqliteTarget } from '../../src/targets/sqlite/target.ts';
import { aGuard, progressed } from '../pass/a-pass.ts';
import { aRun } from './a-run.ts';

/** A system with a table of customers, in a database of its own. */
export interface System extends AsyncDisposable {
  readonly resource: Resource;
  /** The target as the latest run has taken it over. */
  readonly target: Target;
  /** Another run takes over, as after a crash. */
  takeOver(): Promise<void>;
  /** Creates customers 1 to `count`, without a pass. */
  fill(count: number): Promise<void>;
  /** The same from a number on. */
  fillFrom(first: number, count: number): Promise<void>;
  /** Ends a complete pass that brought all but these customers; `run` replaces parts of its context. */
  endPass(pass?: PassEnding, run?: Partial<RunContext>): Promise<PassEnded>;
  /** Ends the pass that is stored: one that was cut short, or is held. */
  endStoredPass(pass?: Pick<PassEnding, 'guard'>, run?: Partial<RunContext>): Promise<PassEnded>;
  checkpoint(): Promise<Checkpoint>;
  /** A person permits what is held. */
  permit(): Promise<void>;
  /** Ids of the customers that are not deleted. */
  customers(): readonly number[];
  /** Emails after the events of a type, in order. */
  emails(type: string): Promise<readonly unknown[]>;
  /** Keys of the events of a type, in order. */
  events(type: string): Promise<readonly string[]>;
  sql(statement: string): void;
}

export interface PassEnding {
  readonly without?: readonly number[];
  readonly guard?: Partial<Guard>;
  readonly shape?: string;
  /** Makes the pass prove nothing. */
  readonly shifted?: boolean;
}

const never = new AbortController().signal;
const events = { source: '/test', silent: false };

export async function aSystem({ onDelete = 'soft' }: { readonly onDelete?: 'soft' | 'hard' } = {}): Promise<System> {
  const folder = mkdtempSync(join(tmpdir(), 'cronsync-run-'));
  const file = join(folder, 'system.db');
  const resource = await customers(onDelete);
  let target = await open(file);
  await takeOver(target, resource);

  const end = (pass: StoredPass, guard: Partial<Guard>, run: Partial<RunContext>) =>
    new Pass({ ...resource, guard: { ...aGuard, ...guard } }, pass).end(aRun(target, run));
  const fillFrom = async (first: number, count: number) => {
    const raws = Array.from({ length: count }, (_, at) => ({ id: first + at }));
    const records = raws.map(resource.prepare).filter((record) => 'hash' in record);
    await target.commit({ table: resource.table, records, plan: planSteps, rejected: [], pass: 0, events }, never);
  };
  const stored = async () => {
    const found = await target.pass('customers');
    if (!found) throw new Error('there is no pass');
    return found;
  };
  return {
    resource,
    get target() {
      return target;
    },
    async takeOver() {
      await target[Symbol.asyncDispose]();
      target = await open(file);
      await takeOver(target, resource);
    },
    fill: (count) => fillFrom(1, count),
    fillFrom,
    async endPass({ without = [], guard = {}, shape = 'shape', shifted = false } = {}, run = {}) {
      const last = await target.pass('customers');
      const before = last?.checkpoint ?? null;
      const seen = await allBut(without, target);
      const live = await target.countLive('customers');
      const fresh = startPass(before, shape, 'snapshot', Date.now());
      const started = withLive(fresh, before ?? fresh, live, { ...aGuard, ...guard });
      const checkpoint: Checkpoint = {
        ...started,
        phase: 'deleting',
        progress: progressed({ pages: 2, records: seen.count, shifted }),
      };
      const pass = { checkpoint, seen: seen.serialize(), held: last?.held ?? null, paths: null };
      await target.save('customers', { checkpoint, seen: pass.seen });
      return end(pass, guard, run);
    },
    endStoredPass: async ({ guard = {} } = {}, run = {}) => end(await stored(), guard, run),
    permit: async () => new Pass(resource, await stored()).permit('deletes', aRun(target)),
    checkpoint: async () => (await stored()).checkpoint,
    customers: () => withDatabase(file, (database) => idsIn(database, onDelete)),
    emails: async (type) => (await eventsOf(type, target)).map(({ data }) => data.after.email),
    events: async (type) => (await eventsOf(type, target)).map(({ subject }) => subject),
    sql: (statement) => withDatabase(file, (database) => database.exec(statement)),
    async [Symbol.asyncDispose]() {
      await target[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function customers(onDelete: 'soft' | 'hard'): Promise<Resource> {
  const columns = [
    { name: 'id', kind: 'integer' },
    { name: 'email', kind: 'text' },
  ] as const;
  const schema = { type: 'object', properties: { id: { type: 'integer' }, email: { type: 'string' } } } as const;
  return {
    table: { resource: 'customers', table: 'customers', key: ['id'], columns, mapped: columns, onDelete },
    prepare: await compilePrepare({ schema, key: ['id'] }),
    hash: hashOf(columns),
    shape: 'shape',
    everyMs: 0,
    maxRejectRatio: 0.05,
    maxPages: 1000,
    guard: aGuard,
  };
}

async function eventsOf(type: string, target: Target) {
  const { events: all } = await target.outbox({ generation: 0, seq: 0 }, Number.MAX_SAFE_INTEGER);
  return all.map((event) => JSON.parse(event)).filter((event) => event.type === type);
}

function open(file: string): Promise<Target> {
  return openSqliteTarget({ file, name: 'crm', timings: { targetBusyMs: 1000, targetBusyStepMs: 5 }, log: silentLog });
}

let runs = 0;
async function takeOver(target: Target, resource: Resource): Promise<void> {
  runs += 1;
  await target.takeOver({ run: `run-${runs}`, holder: 'host:1' }, [resource.table], 0);
}

/** What a pass has seen that brought every live record but these. */
async function allBut(missing: readonly number[], target: Target): Promise<SeenSet> {
  const { ids } = await target.liveAfter('customers', 0, Number.MAX_SAFE_INTEGER);
  const absent = new Set(await target.idsOf('customers', missing.map(String)));
  const seen = new SeenSet();
  seen.addAll(ids.filter((id) => !absent.has(id)));
  return seen;
}

function idsIn(database: DatabaseSync, onDelete: 'soft' | 'hard'): number[] {
  const live = onDelete === 'soft' ? 'WHERE deleted_at IS NULL' : '';
  return database
    .prepare(`SELECT id FROM customers ${live} ORDER BY id`)
    .all()
    .map(({ id }) => Number(id));
}

function withDatabase<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { timeout: 2000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

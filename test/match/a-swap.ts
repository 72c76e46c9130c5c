import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { PageRequest, SnapshotPage } from '../../src/adapter.ts';
import { dryRun } from '../../src/dry-run/dry-run.ts';
import { silentLog } from '../../src/log.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { noProgressShown } from '../../src/progress.ts';
import { columnsOf, type RecordSchema } from '../../src/records/columns.ts';
import { hashOf } from '../../src/records/hash.ts';
import { compileRekey } from '../../src/records/key.ts';
import { compilePrepare, mappedColumns } from '../../src/records/prepare.ts';
import { type RunOptions, run } from '../../src/run/run.ts';
import { openSqliteReader } from '../../src/targets/sqlite/reader.ts';
import { createSpool } from '../../src/targets/sqlite/spool.ts';
import { openSqliteTarget } from '../../src/targets/sqlite/target.ts';
import { defaultTimings } from '../../src/timings.ts';
import { aMemoryStream } from '../helpers/memory-stream.ts';
import { aLease, thirdPartyOf } from '../run/a-run.ts';

/** What a third party has now; null in the place of a page is an answer that is not a page. */
export type Pages = readonly (readonly object[] | null)[];

export interface SwapOptions {
  readonly schema?: RecordSchema;
  readonly key?: readonly string[];
  /** The resource's `match`, unless a run has another one; null: none. */
  readonly match?: readonly string[] | null;
}

export interface RunChanges {
  readonly match?: readonly string[] | null;
  /** The run takes at most this many pages. */
  readonly maxPages?: number;
  readonly permits?: RunOptions['permits'];
}

const peopleSchema = {
  type: 'object' as const,
  properties: { id: { type: 'string' }, email: { type: ['string', 'null'] }, state: { type: ['string', 'null'] } },
  required: ['id'],
};

/** A person, as a third party has them. A state that is an object cannot be read. */
export function person(id: string, email: string | null, state: unknown = 'active') {
  return { id, email, state };
}
export const unreadable = { is: 'no text' };

const never = new AbortController().signal;

/**
 * A system whose third party may change with every run: real runs and dry runs, on a database of its own. Records are matched
 * by their email; a record that one pass misses is deleted at once.
 */
export function aSwap({ schema = peopleSchema, key = ['id'], match = ['email'] }: SwapOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'cronsync-swap-'));
  const file = join(dir, 'sync.db');
  const stream = aMemoryStream();
  let runs = 0;
  const openTarget = () => openSqliteTarget({ file, name: 'crm', timings: defaultTimings, log: silentLog });
  const query = (text: string) => {
    using database = new DatabaseSync(file, { readOnly: true });
    return database.prepare(text).all();
  };
  return {
    async run(name: string, pages: Pages, changes: RunChanges = {}) {
      runs += 1;
      const resource = await resourceOf(name, { schema, key, match, ...changes });
      const options = runOptions(resource, name, `run${runs}`, changes);
      const openThirdParty = async () => thirdPartyWith(name, pages);
      return run(options, { ...deps, lease: aLease, stream, openTarget, openThirdParty, timings: defaultTimings });
    },
    /** What a dry run says of the same. */
    async plan(name: string, pages: Pages, changes: RunChanges = {}) {
      const resource = await resourceOf(name, { schema, key, match, ...changes });
      await using target = await openSqliteReader({ file, name: 'crm' });
      using spool = createSpool();
      const options = { name: 'crm', adapter: name, resources: [resource], maxPages: 1000 };
      const thirdParty = thirdPartyWith(name, pages);
      const context = { ...deps, target, spool, targetSlots: null, thirdParty };
      const { resources, exitCode } = await dryRun(options, context);
      const [plan] = resources;
      if (!plan) throw new Error('nothing was planned');
      return { ...plan, exitCode };
    },
    query,
    /** What is not deleted, in the order of its keys. */
    live: () => query('SELECT * FROM people WHERE deleted_at IS NULL ORDER BY id').map(withoutMark),
    /** Why records are in quarantine. */
    async reasons() {
      await using target = await openSqliteReader({ file, name: 'crm' });
      const rejects = await target.rejects({ limit: 100 });
      return rejects.map(({ key: of, reasons }) => ({ key: of, reasons: reasons.join('; ') }));
    },
    sql(statement: string) {
      using database = new DatabaseSync(file, { timeout: 2000 });
      database.exec(statement);
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

const deps = { log: silentLog, progress: noProgressShown, signal: never, now: Date.now };

function withoutMark({ deleted_at: _mark, ...row }: Record<string, unknown>) {
  return row;
}

async function resourceOf(
  name: string,
  { schema = peopleSchema, key = ['id'], match = null }: SwapOptions,
): Promise<Resource> {
  const mapping = { schema, key, ...(match && { match }) };
  const table = { resource: 'people', table: 'people', key, onDelete: 'soft' as const, ...(match && { match }) };
  return {
    table: { ...table, columns: columnsOf(schema), mapped: mappedColumns(mapping) },
    prepare: await compilePrepare(mapping),
    ...(match && { rekey: compileRekey(mapping) }),
    hash: hashOf(mappedColumns(mapping)),
    shape: `${name} ${match}`,
    everyMs: 0,
    maxRejectRatio: 1,
    maxPages: 1000,
    guard: { maxDeletes: { count: 1000 }, maxEmptied: { count: 1000 }, windowMs: 3_600_000, confirm: 1 },
  };
}

function thirdPartyWith(name: string, pages: Pages) {
  return thirdPartyOf(name, {
    isStable: () => true,
    async fetchPage({ cursor }: PageRequest): Promise<SnapshotPage> {
      const at = Number(cursor ?? 0);
      const records = pages[at];
      if (!records) throw new TypeError('this is not a page');
      return { mode: 'snapshot', records, next: at + 1 < pages.length ? String(at + 1) : null };
    },
  });
}

function runOptions(
  resource: Resource,
  adapter: string,
  id: string,
  { maxPages = 1000, permits = null }: RunChanges,
): RunOptions {
  return {
    ...{ name: 'crm', adapter, resources: [resource], maxPages, isFull: false, verifies: false, permits },
    ...{ groups: [], maxStream: 100_000, retainMs: 3_600_000, source: '/crm', onRemap: 'emit', perMs: 60_000 },
    holder: { token: id, host: 'here', pid: 1, run: id, startedAt: new Date(0).toISOString() },
    version: '0.0.0',
  };
}

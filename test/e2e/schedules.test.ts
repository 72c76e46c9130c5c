import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRestAdapter } from '../../src/adapters/rest/rest.ts';
import { dryRun } from '../../src/dry-run/dry-run.ts';
import { ExitCode } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import { noProgressShown } from '../../src/progress.ts';
import { columnsOf } from '../../src/records/columns.ts';
import { hashOf } from '../../src/records/hash.ts';
import { compilePrepare, mappedColumns } from '../../src/records/prepare.ts';
import { type RunOptions, run } from '../../src/run/run.ts';
import type { ErrorSummary } from '../../src/run/summary.ts';
import { openSqliteReader } from '../../src/targets/sqlite/reader.ts';
import { createSpool } from '../../src/targets/sqlite/spool.ts';
import { openSqliteTarget } from '../../src/targets/sqlite/target.ts';
import { defaultTimings } from '../../src/timings.ts';
import { textOf } from '../helpers/database.ts';
import { replay } from '../helpers/in-step.ts';
import { aMemoryStream } from '../helpers/memory-stream.ts';
import { aModelParty, type ModelParty, paginationOf } from '../helpers/model-party.ts';
import type { Row, SyncEvent } from '../helpers/sync.ts';

// Records come, go and change between the pages of passes that last many runs, while hits fail and the map changes. The
// third party keeps them in the order of their keys: none ever moves past another.

type Mutation =
  | { readonly is: 'put'; readonly key: number; readonly value: number }
  | { readonly is: 'gone'; readonly key: number }
  | { readonly is: 'failure' };
type Step =
  | { readonly is: 'run'; readonly pages: number; readonly between: readonly Mutation[] }
  | { readonly is: 'remap' };

const change: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ is: fc.constant('put' as const), key: fc.nat(14), value: fc.nat(3) }),
  fc.record({ is: fc.constant('gone' as const), key: fc.nat(14) }),
);
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  { arbitrary: change, weight: 10 },
  { arbitrary: fc.record({ is: fc.constant('failure' as const) }), weight: 1 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      is: fc.constant('run' as const),
      pages: fc.integer({ min: 1, max: 4 }),
      between: fc.array(mutation, { maxLength: 6 }),
    }),
    weight: 12,
  },
  { arbitrary: fc.record({ is: fc.constant('remap' as const) }), weight: 1 },
);
/** An empty third party is for the guard, and for other tests. */
const alwaysThere = 99;

const schedule = fc.record({
  first: fc.uniqueArray(fc.nat(14), { minLength: 1 }),
  pageSize: fc.integer({ min: 2, max: 5 }),
  steps: fc.array(step, { minLength: 5, maxLength: 25 }),
  last: fc.array(change, { maxLength: 8 }),
});

/** SYNC_RUNS makes it more, as `npm run test:soak` does. */
const { SYNC_RUNS = '15' } = process.env;

for (const kind of ['cursor', 'offset'] as const) {
  test(`whatever comes and goes between the pages, by ${kind} only what is really gone is deleted, as planned`, async () => {
    await fc.assert(
      fc.asyncProperty(schedule, async ({ first, pageSize, steps, last }) => {
        using system = await aSystem(kind, pageSize, first);
        for (const step of steps) await system.take(step);
        await system.settle();

        expect(system.rows()).toEqual(system.party.records());
        expect(replay(system.events()).toSorted(byId)).toEqual(system.party.records());
        expect(system.falseDeletes).toEqual([]);

        for (const mutation of last) apply(mutation, system.party);
        const planned = await system.plan();
        expect((await system.oneRun(1000)).counts).toEqual(planned);
      }),
      { numRuns: Number(SYNC_RUNS) },
    );
  });
}

async function aSystem(kind: 'cursor' | 'offset', pageSize: number, first: readonly number[]) {
  const dir = mkdtempSync(join(tmpdir(), 'cronsync-schedule-'));
  const file = join(dir, 'sync.db');
  const party = aModelParty(kind, pageSize);
  for (const key of [...first, alwaysThere]) party.put(key, 0);
  const falseDeletes: string[] = [];
  const stream = aMemoryStream();
  let shape = 1;
  let hours = 0;
  let seen = 0;

  const events = (): SyncEvent[] => {
    using database = new DatabaseSync(file, { readOnly: true });
    const rows = database.prepare('SELECT events FROM _sync_outbox ORDER BY first_seq').all();
    return rows.flatMap((row) => textOf(row).split('\n')).map((event) => JSON.parse(event));
  };
  const oneRun = async (pages: number) => {
    hours += 1;
    // An hour later every back-off is over.
    const now = () => hours * 3_600_000;
    const options = { ...(await runOptions(shape, `run${hours}`)), maxPages: pages };
    const target = () => openSqliteTarget({ file, name: 'model', timings: defaultTimings, log: silentLog });
    const summary = await run(options, { ...depsOf(party, kind, pageSize), stream, openTarget: target, now });
    for (const { type, data } of events().slice(seen)) {
      if (type === 'things.deleted' && !party.wasAway(data.key)) falseDeletes.push(`${data.key} in run ${hours}`);
    }
    seen = events().length;
    return summary;
  };

  return {
    party,
    falseDeletes,
    events,
    oneRun,
    /** What a dry run says that the next pass changes. */
    async plan() {
      await using target = await openSqliteReader({ file, name: 'model' });
      using spool = createSpool();
      const { resources } = await runOptions(shape, 'plan');
      const deps = { ...depsOf(party, kind, pageSize), target, spool, targetSlots: null, now: () => hours * 3_600_000 };
      const options = { name: 'model', adapter: 'model', resources, maxPages: 1000 };
      const plan = await dryRun(options, { ...deps, thirdParty: await deps.openThirdParty() });
      return plan.resources[0]?.counts;
    },
    async take(step: Step) {
      if (step.is === 'remap') shape += 1;
      else {
        party.between(step.between.map((mutation) => () => apply(mutation, party)));
        await oneRun(step.pages);
      }
    },
    /** Nothing moves any more: the pass that is under way ends, and two more, which confirm what is missing. */
    async settle() {
      party.calm();
      const outcomes: string[] = [];
      while (outcomes.filter((outcome) => outcome === 'done').length < 3 && outcomes.length < 100) {
        const { outcome, errors } = await oneRun(1);
        outcomes.push(outcome);
        const isMoved = !outcomes.includes('done');
        const unexpected = errors.filter((error) => !(isMoved && isIncomplete(error)));
        expect(unexpected.filter((error) => kind === 'cursor' || !isShiftedBack(error))).toEqual([]);
      }
      expect(outcomes.slice(-1)).toEqual(['done']);
    },
    rows(): Row[] {
      using database = new DatabaseSync(file, { readOnly: true });
      return database
        .prepare('SELECT id, value FROM things ORDER BY id')
        .all()
        .map((row) => ({ ...row }));
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** By offset, as many new records as a page has bring the page before once more: such a pass is given up in the end. */
function isShiftedBack({ exitCode }: ErrorSummary): boolean {
  return exitCode === ExitCode.protocol;
}

/** A record that came behind the cursor, while another one went, is missing from the pass that was under way. */
function isIncomplete({ exitCode }: ErrorSummary): boolean {
  return exitCode === ExitCode.rejects;
}

function apply(mutation: Mutation, party: ModelParty): void {
  if (mutation.is === 'put') party.put(mutation.key, mutation.value);
  else if (mutation.is === 'gone') party.remove(mutation.key);
  else party.failNext();
}

const schema = {
  type: 'object' as const,
  properties: { id: { type: 'string' }, value: { type: 'integer' } },
  required: ['id'],
};

async function runOptions(shape: number, id: string): Promise<RunOptions> {
  const mapping = { schema, key: ['id'] };
  const table = { resource: 'things', table: 'things', key: ['id'], onDelete: 'hard' as const };
  const resource = {
    table: { ...table, columns: columnsOf(schema), mapped: mappedColumns(mapping) },
    prepare: await compilePrepare(mapping),
    hash: hashOf(mappedColumns(mapping)),
    shape: `shape${shape}`,
    everyMs: 0,
    maxRejectRatio: 0.05,
    maxPages: 1000,
    guard: { maxDeletes: { count: 1000 }, maxEmptied: { count: 1000 }, windowMs: 3_600_000, confirm: 'auto' as const },
  };
  return {
    name: 'model',
    adapter: 'model',
    holder: { token: id, host: 'here', pid: 1, run: id, startedAt: new Date(0).toISOString() },
    version: '0.0.0',
    resources: [resource],
    isFull: false,
    verifies: false,
    maxPages: 1,
    permits: null,
    groups: [],
    maxStream: 100_000,
    retainMs: 3_600_000,
    source: '/model',
    onRemap: 'emit',
    perMs: 60_000,
  };
}

function depsOf(party: ModelParty, kind: 'cursor' | 'offset', pageSize: number) {
  const resource = { path: '/things', records: 'data', total: 'total', pagination: paginationOf(kind, pageSize) };
  const adapter = createRestAdapter({ baseUrl: 'http://model.example', resources: { things: resource } });
  const lease = { signal: new AbortController().signal, isTrusted: () => true, release: async () => {} };
  return {
    lease,
    openThirdParty: async () => ({ name: 'model', adapter, openHttp: () => party.http }),
    log: silentLog,
    progress: noProgressShown,
    timings: defaultTimings,
    signal: new AbortController().signal,
  };
}

function byId(a: Row, b: Row): number {
  return String(a.id) < String(b.id) ? -1 : 1;
}

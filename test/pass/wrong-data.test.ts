import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PageRequest, SnapshotPage } from '../../src/adapter.ts';
import { silentLog } from '../../src/log.ts';
import type { Guard } from '../../src/pass/guard.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { parseHeldToken } from '../../src/permit.ts';
import { noProgressShown } from '../../src/progress.ts';
import { columnsOf } from '../../src/records/columns.ts';
import { hashOf } from '../../src/records/hash.ts';
import { compilePrepare } from '../../src/records/prepare.ts';
import type { Permit } from '../../src/run/permits.ts';
import { run } from '../../src/run/run.ts';
import { openSqliteTarget } from '../../src/targets/sqlite/target.ts';
import { defaultTimings } from '../../src/timings.ts';
import { aMemoryStream } from '../helpers/memory-stream.ts';
import { aLease, thirdPartyOf } from '../run/a-run.ts';
import { aGuard } from './a-pass.ts';

const { SYNC_SEED } = process.env;

type Person = { readonly id: string; readonly email: string | null; readonly state: string };
type Truth = Map<string, Person>;

/** How the third party lies in one run, and how it changes before it. */
interface Step {
  readonly lie: 'none' | 'tenant' | 'partial' | 'incomplete' | 'moved' | 'renamed' | 'garbled' | 'duplicates';
  readonly pages: number;
  /** How much of what there is takes part in the lie, from 0 to 1. */
  readonly share: number;
  /** The run reads one page only; the next one goes on, whatever is told by then. */
  readonly isCut: boolean;
  readonly adds: number;
  readonly removes: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  lie: fc.constantFrom('none', 'tenant', 'partial', 'incomplete', 'moved', 'renamed', 'garbled', 'duplicates'),
  pages: fc.integer({ min: 1, max: 4 }),
  share: fc.integer({ min: 0, max: 10 }).map((tenths) => tenths / 10),
  isCut: fc.boolean(),
  adds: fc.nat(2),
  removes: fc.nat(2),
});

interface Told {
  readonly pages: readonly (readonly object[])[];
  readonly total: number | undefined;
}

function tell(truth: Truth, { lie, pages, share }: Step): Told {
  const all = [...truth.values()];
  const some = Math.round(all.length * share);
  const cut = (records: readonly object[], total?: number) => ({ pages: inPages(records, pages), total });
  if (lie === 'tenant') return cut(all.map((one, at) => ({ ...one, id: `tenant-${at}` })));
  if (lie === 'partial') return cut(all.slice(0, some));
  if (lie === 'incomplete') return cut(all.slice(0, some), all.length);
  if (lie === 'renamed')
    return cut(all.map(({ email, ...rest }, at) => (at < some ? { ...rest, mail: email } : { email, ...rest })));
  if (lie === 'garbled') return cut(all.map((one, at) => (at < some ? { ...one, state: 'garbled' } : one)));
  if (lie === 'duplicates') return cut(all.map((one, at) => (at < some ? { ...one, id: all[0]?.id } : one)));
  if (lie === 'moved' && all.length > 1) return { pages: [all.slice(0, -1), [...all.slice(0, 1)]], total: undefined };
  return cut(all);
}

function inPages(records: readonly object[], count: number): (readonly object[])[] {
  const size = Math.max(1, Math.ceil(records.length / count));
  const pages = Array.from({ length: count }, (_, at) => records.slice(at * size, (at + 1) * size));
  return pages.filter((page, at) => at === 0 || page.length > 0);
}

test('whatever a third party says, no row is deleted, emptied or updated that the guard keeps; and what it says in the end is what there is', {
  timeout: 120_000,
}, async () => {
  const worlds = fc.asyncProperty(
    fc.integer({ min: 1, max: 40 }),
    fc.array(step, { maxLength: 8 }),
    fc.constantFrom(undefined, { ratio: 0.2 }, { count: 0 }),
    async (size, steps, maxUpdates) => {
      using system = await aSystem(maxUpdates && { maxUpdates });
      const truth: Truth = new Map();
      for (let id = 1; id <= size; id += 1) truth.set(String(id), aPerson(id));
      await system.run(tell(truth, honest));
      let next = size;
      let deleted = 0;
      let startsPass = true;
      for (const given of steps) {
        for (const key of [...truth.keys()].slice(0, given.removes)) if (truth.size > 1) truth.delete(key);
        for (let n = 0; n < given.adds; n += 1) truth.set(String(++next), aPerson(next));
        const before = system.rows();
        const told = tell(truth, given);
        const { counts, outcome } = await system.run(told, { isCut: given.isCut });
        deleted += counts.deleted;
        const after = new Map(system.rows().map((row) => [row.id, row]));
        const filled = before.filter(({ email }) => email !== null);
        const emptied = filled.filter(({ id }) => after.has(id) && after.get(id)?.email === null);
        expect(emptied.length).toBeLessThanOrEqual(Math.max(3, filled.length * 0.2));
        expect(deleted).toBeLessThanOrEqual(Math.max(3, size * 0.2));
        expect(after.size).toBeGreaterThan(0);
        if (outcome === 'incomplete') expect(counts.deleted).toBe(0);
        if (maxUpdates) {
          const changed = before.filter((row) => after.get(row.id) && after.get(row.id)?.state !== row.state);
          const allowed = 'count' in maxUpdates ? maxUpdates.count : Math.max(3, Math.floor(next * maxUpdates.ratio));
          expect(changed.length).toBeLessThanOrEqual(allowed);
          if (startsPass && given.lie === 'garbled') expect(changed.length).toBeOneOf([0, garbledIn(told, before)]);
        }
        startsPass = outcome !== 'partial';
      }
      await recover(system, truth);
      expect(system.rows()).toEqual([...truth.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    },
  );
  await fc.assert(worlds, { numRuns: 60, ...(SYNC_SEED && { seed: Number(SYNC_SEED) }) });
});

/** How many of these rows a third party would garble. */
function garbledIn({ pages }: Told, rows: readonly Person[]): number {
  const wrong = new Map(pages.flat().flatMap((one) => ('id' in one && 'state' in one ? [[one.id, one.state]] : [])));
  return rows.filter(({ id, state }) => wrong.has(id) && wrong.get(id) !== state).length;
}

const honest: Step = { lie: 'none', pages: 1, share: 0, isCut: false, adds: 0, removes: 0 };

/** The third party tells the truth from now on, and a person permits what is held: passes go on until nothing changes. */
async function recover(system: Awaited<ReturnType<typeof aSystem>>, truth: Truth): Promise<void> {
  let permits: readonly Permit[] | null = null;
  for (let passes = 0; passes < 12; passes += 1) {
    const { outcome, counts, resources } = await system.run(tell(truth, honest), { permits });
    const [held] = resources;
    permits = (['deletes', 'updates'] as const).flatMap((what) => {
      const token = parseHeldToken(held?.heldTokens[what] ?? '');
      return token ? [{ what, ...token }] : [];
    });
    if (permits.length === 0) permits = null;
    if (outcome === 'done' && counts.created + counts.updated + counts.deleted === 0 && passes > 2) return;
  }
}

function aPerson(id: number): Person {
  return { id: String(id), email: `${id}@example.com`, state: 'active' };
}

const nullable = ['string', 'null'] as const;
const schema = {
  type: 'object',
  properties: { id: { type: 'string' }, email: { type: nullable }, state: { type: nullable } },
} as const;

/** A system that is kept in step by runs, by the guard's defaults. */
async function aSystem(guard: Partial<Guard> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'cronsync-wrong-'));
  const file = join(dir, 'sync.db');
  const stream = aMemoryStream();
  const columns = columnsOf(schema);
  const resource: Resource = {
    table: { resource: 'people', table: 'people', key: ['id'], columns, mapped: columns, onDelete: 'hard' },
    prepare: await compilePrepare({ schema, key: ['id'] }),
    hash: hashOf(columns),
    shape: 'shape',
    everyMs: 0,
    maxRejectRatio: 0.05,
    maxPages: 1000,
    guard: { ...aGuard, ...guard },
  };
  let runs = 0;
  return {
    run({ pages, total }: Told, { isCut = false, permits = null }: Asked = {}) {
      runs += 1;
      const holder = {
        token: `${runs}`,
        host: 'here',
        pid: 1,
        run: `run${runs}`,
        startedAt: new Date(0).toISOString(),
      };
      const thirdParty = thirdPartyOf('acme', {
        async fetchPage({ cursor }: PageRequest): Promise<SnapshotPage> {
          const at = Number(cursor ?? 0);
          const next = at + 1 < pages.length ? String(at + 1) : null;
          return { mode: 'snapshot', records: pages[at] ?? [], next, total };
        },
      });
      return run(
        {
          ...{ name: 'crm', adapter: 'acme', version: '0.0.0', holder, resources: [resource], isFull: false, permits },
          ...{ maxPages: isCut ? 1 : 1000, groups: [], maxStream: 100_000, retainMs: 3_600_000 },
          ...{ source: '/crm', onRemap: 'emit', perMs: 60_000 },
        },
        {
          ...{ lease: aLease, stream, log: silentLog, progress: noProgressShown, timings: defaultTimings },
          openTarget: () => openSqliteTarget({ file, name: 'crm', timings: defaultTimings, log: silentLog }),
          openThirdParty: async () => thirdParty,
          signal: new AbortController().signal,
          now: Date.now,
        },
      );
    },
    rows(): readonly Person[] {
      using database = new DatabaseSync(file, { readOnly: true });
      return database
        .prepare('SELECT id, email, state FROM people ORDER BY id')
        .all()
        .map(({ id, email, state }) => ({
          id: String(id),
          email: email === null ? null : String(email),
          state: String(state),
        }));
    },
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  };
}

interface Asked {
  readonly isCut?: boolean;
  readonly permits?: readonly Permit[] | null;
}

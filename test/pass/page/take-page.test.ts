import { once } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Adapter, SnapshotPage } from '../../../src/adapter.ts';
import type { Checkpoint } from '../../../src/checkpoint.ts';
import { ProtocolError, UnreachableError } from '../../../src/errors.ts';
import { noPaths } from '../../../src/field-paths.ts';
import { judge } from '../../../src/pass/guard.ts';
import { HeldSet } from '../../../src/pass/held-set.ts';
import { BatchSize } from '../../../src/pass/page/batches.ts';
import { takePage } from '../../../src/pass/page/take-page.ts';
import { SeenSet } from '../../../src/pass/seen-set.ts';
import type { RunContext } from '../../../src/run/context.ts';
import type { Target } from '../../../src/target.ts';
import { aRun, thirdPartyOf, withBusyMs } from '../../run/a-run.ts';
import { aSystem, type System } from '../../run/a-system.ts';
import { aCheckpoint, aGuard } from '../a-pass.ts';

let system: System;
let seen: SeenSet;
beforeEach(async () => {
  system = await aSystem();
  seen = new SeenSet();
});
afterEach(() => system[Symbol.asyncDispose]());

const pageOf = (records: SnapshotPage['records'], rest: Partial<SnapshotPage> = {}): SnapshotPage => ({
  mode: 'snapshot',
  records,
  next: null,
  ...rest,
});
const someone = (id: number, email = `${id}@example.com`) => ({ id, email });
const many = (count: number) => Array.from({ length: count }, (_, at) => someone(at + 1));

function take(page: SnapshotPage, checkpoint: Checkpoint = aCheckpoint(), changes: Partial<RunContext> = {}) {
  const thirdParty = thirdPartyOf('acme', { fetchPage: async () => page });
  const run = aRun(system.target, { thirdParty, timings: withBusyMs(5000), ...changes });
  const paths = noPaths('shape');
  return takePage({ resource: system.resource, checkpoint, seen, held: new HeldSet(), paths }, run);
}

/** The target, while the system holds the rows of these keys locked. */
function holding(target: Target, held: Set<string>): Target {
  return {
    ...target,
    async commit(batch, stop) {
      const records = batch.records.filter(({ key }) => !held.has(key));
      const busy = batch.records.filter(({ key }) => held.has(key)).map(({ key }) => key);
      const { checkpoint, ...rest } = batch;
      const free = { ...rest, records };
      return {
        ...(await target.commit(busy.length > 0 ? free : { ...free, ...(checkpoint && { checkpoint }) }, stop)),
        busy,
      };
    },
  };
}

describe('a page', () => {
  test('is written with its checkpoint and what it has seen', async () => {
    const taken = await take(pageOf(many(3), { next: 'c2' }));
    expect(taken).toMatchObject({ records: 3, rejected: 0, counts: { created: 3, updated: 0, deleted: 0 } });
    const stored = await system.target.pass('customers');
    expect(stored?.checkpoint).toEqual(taken.checkpoint);
    expect(stored?.checkpoint).toMatchObject({ phase: 'walking', cursor: 'c2', progress: { pages: 1, records: 3 } });
    expect(SeenSet.restore(stored?.seen ?? null).count).toBe(3);
  });

  test('that is the same again moves the checkpoint and emits no event', async () => {
    await take(pageOf(many(3)));
    const before = (await system.target.fence())?.nextSeq;
    seen = new SeenSet();
    expect(await take(pageOf(many(3)))).toMatchObject({ counts: { created: 0, updated: 0, deleted: 0 } });
    expect((await system.target.fence())?.nextSeq).toBe(before);
    expect(seen.count).toBe(3);
  });

  test('that breaks off in the middle leaves the cursor where it was', async () => {
    async function* broken() {
      yield* many(5000);
      throw new TypeError('unexpected end of JSON');
    }
    await expect(take(pageOf(broken()))).rejects.toThrow(ProtocolError);
    const { checkpoint } = (await system.target.pass('customers')) ?? {};
    expect(checkpoint).toMatchObject({ cursor: null, progress: { pages: 0 }, validators: null });
    expect(checkpoint?.totals).toEqual({ created: await system.target.countLive('customers'), updated: 0, deleted: 0 });
  });

  test('is asked for the next cursor only after its records were read', async () => {
    let read = 0;
    async function* counted() {
      for (const record of many(3)) {
        read += 1;
        yield record;
      }
    }
    const taken = await take(pageOf(counted(), { next: () => (read === 3 ? 'after-3' : 'too-early') }));
    expect(taken.checkpoint.cursor).toBe('after-3');
  });

  test('without any record ends the pass as well', async () => {
    expect((await take(pageOf([]))).checkpoint).toMatchObject({
      phase: 'deleting',
      progress: { pages: 1, records: 0 },
    });
  });

  test.each(['changes', 'not-modified'] as const)('is refused if it should be a snapshot and is %s', async (mode) => {
    const page = { ...pageOf([]), mode } as unknown as SnapshotPage;
    await expect(take(page)).rejects.toThrow(ProtocolError);
  });
});

describe('a page that repeats', () => {
  const first = () => take(pageOf(many(3), { next: 'c2' }));

  test('is refused, and its cursor stays', async () => {
    const { checkpoint } = await first();
    await expect(take(pageOf(many(3), { next: 'c3' }), checkpoint)).rejects.toThrow('page that this pass has had');
    expect((await system.target.pass('customers'))?.checkpoint.cursor).toBe('c2');
  });

  test('is not a page of which every record was rejected', async () => {
    const rejects = () => [{ id: 'x' }, { id: 'y' }];
    const { checkpoint } = await take(pageOf(rejects(), { next: 'c2' }));
    const taken = await take(pageOf(rejects(), { next: null }), checkpoint);
    expect(taken.checkpoint).toMatchObject({ phase: 'deleting', progress: { records: 4, rejected: 4, keyless: 4 } });
  });
});

describe('a record that the database refuses', () => {
  beforeEach(() => {
    system.sql(
      "CREATE TRIGGER picky BEFORE INSERT ON customers WHEN new.email = 'bad' BEGIN SELECT RAISE(ABORT, 'bad'); END",
    );
  });

  test('counts as rejected in the pass', async () => {
    const taken = await take(pageOf([someone(1), someone(2, 'bad'), someone(3, 'bad')]));
    expect(taken).toMatchObject({ rejected: 2, counts: { created: 1 } });
    expect(taken.checkpoint.progress).toMatchObject({ records: 3, rejected: 2, keyless: 0 });
    const end = {
      mode: 'snapshot',
      progress: taken.checkpoint.progress,
      maxRejectRatio: 0.05,
      live: 9,
      gone: 1,
    } as const;
    const verdict = judge({ ...end, deletions: [], permitted: 0, now: 0 }, aGuard);
    expect(verdict.delete).toBe('none');
  });

  test('counts in every batch of the page', async () => {
    const taken = await take(pageOf([...many(2000), someone(2001, 'bad'), ...many(1999), someone(2002, 'bad')]));
    expect(taken.checkpoint.progress).toMatchObject({ rejected: 2 });
    expect(taken.rejected).toBe(2);
  });

  test('and that was deleted before is not seen: it would hide another record that is missing', async () => {
    await system.fill(10);
    await system.endPass({ without: [3], guard: { confirm: 1 } });
    system.sql(
      "CREATE TRIGGER sealed BEFORE UPDATE ON customers WHEN new.email = 'bad' BEGIN SELECT RAISE(ABORT, 'bad'); END",
    );
    await take(pageOf([someone(1), someone(3, 'bad'), someone(4)]));
    expect(seen.count).toBe(2);
  });
});

describe('rows that the system holds locked', () => {
  test('are tried again until they are free, and the checkpoint moves with the last of them', async () => {
    await system.fill(3);
    const held = new Set(['2', '3']);
    const commits: number[] = [];
    const committed = async () => {
      commits.push(commits.length);
      expect(await system.target.pass('customers')).toBeNull();
      held.delete(held.has('2') ? '2' : '3');
      if (held.size === 0) deps.committed = async () => void commits.push(commits.length);
    };
    const deps = { target: holding(system.target, held), committed };
    const taken = await take(pageOf(many(3)), aCheckpoint(), { ...deps, committed: () => deps.committed() });
    expect(commits).toHaveLength(3);
    expect(taken.counts.updated).toBe(3);
    expect((await system.target.pass('customers'))?.checkpoint).toEqual(taken.checkpoint);
    expect(seen.count).toBe(3);
  });

  test('to the end leave the cursor where it was, with the rest written', async () => {
    await system.fill(3);
    const target = holding(system.target, new Set(['2']));
    const taking = take(pageOf(many(3)), aCheckpoint(), { target, timings: withBusyMs(150) });
    await expect(taking).rejects.toThrow(UnreachableError);
    await expect(taking).rejects.toThrow('kept 1 rows of customers locked');
    expect(await system.target.pass('customers')).toBeNull();
    expect(await system.events('customers.updated')).toEqual(['1', '3']);
  });

  test('are written with the first record of their key, even if it had to wait for its row', async () => {
    await system.fill(1);
    await take(pageOf([someone(1, 'now@example.com')]));
    const page = [someone(1, 'other@example.com'), ...many(2500).slice(1), someone(1, 'now@example.com')];
    const waiting = new Set(['1']);
    seen = new SeenSet();
    const committed = async () => void waiting.clear();
    const taken = await take(pageOf(page), aCheckpoint(), { target: holding(system.target, waiting), committed });
    expect(taken).toMatchObject({ duplicates: 1 });
    expect(await system.emails('customers.updated')).toEqual(['now@example.com', 'other@example.com']);
  });
});

describe('a page that is read ahead of its commits', () => {
  // Each test takes over once the system has rows: a first load compares nothing.

  /** Takes a page in batches of `size` records, into a target that commits none of them before the next one is compared. */
  function takeAhead(records: readonly object[], { size = 2, isLog = false, target = system.target } = {}) {
    const batches = Math.ceil(records.length / size);
    let [compared, committed] = [0, 0];
    const waiting: Target = {
      ...target,
      async compare(table, entries) {
        const comparison = await target.compare(table, entries);
        compared += 1;
        return comparison;
      },
      async commit(batch, stop) {
        committed += 1;
        await vi.waitUntil(() => compared > committed || compared >= batches);
        return target.commit(batch, stop);
      },
    };
    return take(pageOf(records, { isLog }), aCheckpoint(), { target: waiting, batchSize: sized(size) });
  }

  const sized = (size: number) => {
    const batchSize = new BatchSize(40);
    Object.defineProperty(batchSize, 'value', { get: () => size });
    return batchSize;
  };

  test('compares again what the commit before it has written: the first record of a key counts', async () => {
    await system.fill(4);
    await system.takeOver();
    const page = [someone(1, 'new@example.com'), someone(2), { id: 1 }, someone(3), someone(1), someone(4)];
    const taken = await takeAhead(page);
    expect(taken).toMatchObject({ duplicates: 2, counts: { updated: 4 } });
    expect(await system.emails('customers.updated')).toEqual([
      'new@example.com',
      '2@example.com',
      '3@example.com',
      '4@example.com',
    ]);
  });

  test('compares again what the commit before it has written: in a log, the last record counts', async () => {
    await take(pageOf(many(2)));
    await system.takeOver();
    const page = [someone(1, 'new@example.com'), someone(2), someone(1)];
    const taken = await takeAhead(page, { isLog: true });
    expect(taken.counts).toMatchObject({ updated: 2 });
    expect(await system.emails('customers.updated')).toEqual(['new@example.com', '1@example.com']);
  });

  test('is what it is in one batch, whatever comes twice', async () => {
    const records = fc.array(fc.record({ id: fc.integer({ min: 1, max: 5 }), email: fc.constantFrom('a', 'b') }), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(records, fc.boolean(), async (page, isLog) => {
        const ends: unknown[] = [];
        for (const size of [1000, 2, 1]) {
          await using other = await aSystem();
          system = other;
          await take(pageOf([someone(1, 'a'), someone(2, 'a'), someone(3, 'b')]));
          await other.takeOver();
          seen = new SeenSet();
          const { records: brought, rejected, duplicates } = await takeAhead(page, { size, isLog });
          const known = await other.target.known(other.resource.table, { after: 0, limit: 10 });
          const rows = known.map(({ key, row }) => [key, row]);
          ends.push({ brought, rejected, duplicates: isLog ? 0 : duplicates, rows: rows.sort(), seen: seen.count });
        }
        expect(ends[1]).toEqual(ends[0]);
        expect(ends[2]).toEqual(ends[0]);
      }),
      { numRuns: 25 },
    );
  });

  test('that breaks off has written and counted what came before', async () => {
    async function* broken() {
      yield* many(5);
      throw new TypeError('unexpected end of JSON');
    }
    let counted = 0;
    const committed: RunContext['committed'] = async (_resource, { created }) => {
      counted += created;
    };
    const run = { batchSize: sized(2), committed };
    await expect(take(pageOf(broken()), aCheckpoint(), run)).rejects.toThrow(ProtocolError);
    expect(counted).toBe(4);
    expect(system.customers()).toEqual([1, 2, 3, 4]);
    expect((await system.target.pass('customers'))?.checkpoint).toMatchObject({ cursor: null, totals: { created: 4 } });
  });

  test('is read no further once a commit has failed, however long the third party is silent', async () => {
    let isClosed = false;
    const fetchPage: Adapter['fetchPage'] = async (_request, { signal }) => {
      async function* silent() {
        try {
          yield* many(3);
          await once(signal, 'abort');
          signal.throwIfAborted();
        } finally {
          isClosed = true;
        }
      }
      return pageOf(silent());
    };
    const target = { ...system.target, commit: () => Promise.reject(new UnreachableError('the disk is full')) };
    const run = { target, batchSize: sized(2), thirdParty: thirdPartyOf('acme', { fetchPage }) };
    await expect(take(pageOf([]), aCheckpoint(), run)).rejects.toThrow('the disk is full');
    expect(isClosed).toBe(true);
  });

  test('ends when the run is stopped, with what was committed by then', async () => {
    const stop = new AbortController();
    const committed = async () => stop.abort(new Error('stopped by SIGTERM'));
    const run = { batchSize: sized(2), signal: stop.signal, committed };
    await expect(take(pageOf(many(100)), aCheckpoint(), run)).rejects.toThrow('stopped by SIGTERM');
    expect(system.customers()).toEqual([1, 2]);
    expect((await system.target.pass('customers'))?.checkpoint).toMatchObject({ cursor: null });
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SnapshotPage } from '../../../src/adapter.ts';
import type { Checkpoint } from '../../../src/checkpoint.ts';
import { ProtocolError, UnreachableError } from '../../../src/errors.ts';
import { noPaths } from '../../../src/field-paths.ts';
import { judge } from '../../../src/pass/guard.ts';
import { HeldSet } from '../../../src/pass/held-set.ts';
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

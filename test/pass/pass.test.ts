import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangesPage, Page, PageRequest, SnapshotPage } from '../../src/adapter.ts';
import type { Checkpoint } from '../../src/checkpoint.ts';
import { ConfigError, CursorExpiredError, LeaseLostError, ProtocolError, UnreachableError } from '../../src/errors.ts';
import type { PassEnded } from '../../src/pass/end/end-snapshot.ts';
import type { Guard } from '../../src/pass/guard.ts';
import { BatchSize } from '../../src/pass/page/batches.ts';
import { Pass } from '../../src/pass/pass.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';
import type { RunContext } from '../../src/run/context.ts';
import type { Target } from '../../src/target.ts';
import { aLease, aRun, thirdPartyOf } from '../run/a-run.ts';
import { aSystem, type System } from '../run/a-system.ts';
import { aCheckpoint, aGuard } from './a-pass.ts';

let system: System;
beforeEach(async () => {
  system = await aSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const range = (count: number) => Array.from({ length: count }, (_, at) => at + 1);
const someone = (id: number) => ({ id, email: `${id}@example.com` });
const snapshot = (ids: readonly number[], next: string | null = null): SnapshotPage => {
  return { mode: 'snapshot', records: ids.map(someone), next };
};

/** The context of a run whose third party has these pages, in this order; an error in the place of one is thrown. */
function runOver(pages: readonly (Page | Error)[], changes: Partial<RunContext> = {}) {
  const asked: PageRequest[] = [];
  const left = [...pages];
  const thirdParty = thirdPartyOf('acme', {
    async fetchPage(request) {
      asked.push(request);
      const page = left.shift() ?? new Error('there is no further page');
      if (page instanceof Error) throw page;
      return page;
    },
  });
  return { run: aRun(system.target, { thirdParty, ...changes }), asked };
}

/** Batches of one record. */
class One extends BatchSize {
  override get value(): number {
    return 1;
  }
}

const stored = async (): Promise<Checkpoint> => {
  const pass = await system.target.pass('customers');
  if (!pass) throw new Error('there is no pass');
  return pass.checkpoint;
};
/** The pass as another run finds it. */
const openPass = async () => new Pass(system.resource, await system.target.pass('customers'));

describe('a step', () => {
  test('takes a page, and leaves the pass where it is stored', async () => {
    const pass = await openPass();
    const { run, asked } = runOver([snapshot([1, 2], 'c2')]);
    expect(await pass.step(run)).toMatchObject({ taken: { records: 2, counts: { created: 2 } }, ended: null });
    expect(pass.checkpoint).toEqual(await stored());
    expect(pass.checkpoint).toMatchObject({ pass: 1, phase: 'walking', cursor: 'c2' });
    expect(asked).toMatchObject([{ resource: 'customers', mode: 'snapshot', cursor: null }]);
  });

  test('ends the pass after its last page', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1, 2], 'c2'), snapshot([3])]);
    await pass.step(run);
    expect(await pass.step(run)).toMatchObject({ taken: { records: 1 }, ended: { verdict: { delete: 'all' } } });
    expect(pass.checkpoint).toEqual(await stored());
    expect(pass.checkpoint).toMatchObject({ phase: 'done', cursor: null });
  });

  test('of another run continues with the cursor and with what was seen', async () => {
    await (await openPass()).step(runOver([snapshot([1, 2], 'c2')]).run);
    await system.takeOver();
    const pass = await openPass();
    const { run, asked } = runOver([snapshot([3])]);
    expect(await pass.step(run)).toMatchObject({ ended: { deleted: 0 } });
    expect(asked).toMatchObject([{ cursor: 'c2' }]);
    expect(system.customers()).toEqual([1, 2, 3]);
  });

  test('of a pass that is over starts a new one, which has seen nothing', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1, 2, 3]), snapshot([1, 2])]);
    await pass.step(run);
    expect(await pass.step(run)).toMatchObject({ ended: { deleted: 1 } });
    expect(system.customers()).toEqual([1, 2]);
    expect(pass.checkpoint).toMatchObject({ pass: 2, phase: 'done' });
  });

  test('that brings nothing new ends the pass without a look at the rows', async () => {
    const first = { ...snapshot([1]), validators: { etag: '"1"' } };
    const pass = await openPass();
    const { run, asked } = runOver([first, { mode: 'not-modified' }]);
    await pass.step(run);
    expect(await pass.step(run)).toEqual({
      taken: expect.objectContaining({ records: 0 }),
      ended: expect.objectContaining({ verdict: { delete: 'all' }, deleted: 0, refused: 0 }),
    });
    expect(asked[1]?.validators).toEqual({ etag: '"1"' });
    expect(pass.checkpoint).toMatchObject({ phase: 'done', validators: { etag: '"1"' } });
  });

  test('stores that it was tried before it asks for the page', async () => {
    const pass = await openPass();
    const { run } = runOver([new ProtocolError('broken')], { now: () => 7000 });
    await expect(pass.step(run)).rejects.toThrow('broken');
    expect(await stored()).toMatchObject({ triedAt: 7000, phase: 'walking', progress: { pages: 0 } });
  });

  test('makes no hit for a mode that the adapter cannot read', async () => {
    const changes = { fullEveryMs: 86_400_000, keys: { record: () => null, tombstone: () => null } };
    const before = aCheckpoint({ phase: 'done', completedAt: 1000, fullAt: 1000, bookmark: 'b' });
    const pass = new Pass({ ...system.resource, changes }, { checkpoint: before, seen: null, held: null, paths: null });
    const { run, asked } = runOver([], { now: () => 2000 });
    await expect(pass.step(run)).rejects.toThrow(ConfigError);
    expect([asked, await system.target.pass('customers')]).toEqual([[], null]);
  });

  test('writes nothing once the lock may be lost', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1])], { lease: { ...aLease, isTrusted: () => false } });
    await expect(pass.step(run)).rejects.toThrow(LeaseLostError);
    expect([pass.checkpoint, await system.target.pass('customers')]).toEqual([null, null]);
  });
});

describe('a transaction that is repeated', () => {
  /** The target, whose first try of each transaction is rolled back: it has given other ids by then. */
  const repeating = (target: Target): Target => ({
    ...target,
    commit(batch, signal) {
      batch.checkpoint?.([900, 901], { created: 2, updated: 0, deleted: 0 }, 1);
      return target.commit(batch, signal);
    },
    remove(removal, signal) {
      removal.checkpoint(500, true);
      return target.remove(removal, signal);
    },
  });

  test('leaves in checkpoint and seen set only what the commit has stored', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1, 2], 'c2')]);
    await pass.step({ ...run, target: repeating(system.target) });
    expect(pass.checkpoint).toEqual(await stored());
    expect(pass.checkpoint?.progress).toMatchObject({ pages: 1, records: 2, rejected: 0 });
    const seen = SeenSet.restore((await system.target.pass('customers'))?.seen ?? null);
    expect([seen.count, seen.has(900)]).toEqual([2, false]);
  });

  test('counts each deletion once', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: { confirm: 1 } }, { target: repeating(system.target) });
    const { deletions } = await system.checkpoint();
    expect(deletions.map(({ deleted }) => deleted)).toEqual([1]);
  });
});

describe('a commit that fails', () => {
  test('leaves the checkpoint where it was', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1], 'c2'), snapshot([2], 'c3')]);
    await pass.step(run);
    const before = pass.checkpoint;
    const target: Target = {
      ...system.target,
      commit(batch) {
        batch.checkpoint?.([900], { created: 1, updated: 0, deleted: 0 }, 0);
        return Promise.reject(new UnreachableError('the database is away'));
      },
    };
    await expect(pass.step({ ...run, target })).rejects.toThrow('the database is away');
    expect(pass.checkpoint).toMatchObject({ ...before, triedAt: expect.any(Number) });
    expect(pass.checkpoint).toEqual(await stored());
  });
});

describe('a failure of the third party', () => {
  test('is stored with the pass, which continues at the same cursor', async () => {
    const pass = await openPass();
    const { run, asked } = runOver([snapshot([1], 'c2'), new ProtocolError('broken'), snapshot([2])]);
    await pass.step(run);
    await expect(pass.step(run)).rejects.toThrow('broken');
    await pass.fail(new ProtocolError('broken', { status: 404 }), run);
    expect(pass.checkpoint).toMatchObject({ failures: 1, cursor: 'c2', pass: 1 });
    const failure = { exitCode: 76, message: 'broken', hint: null, status: 404 };
    expect(pass.checkpoint).toMatchObject({ failingSince: expect.any(Number), failure });
    expect(pass.checkpoint).toEqual(await stored());
    expect(await pass.step(run)).toMatchObject({ ended: { deleted: 0 } });
    expect(asked[2]?.cursor).toBe('c2');
    expect(system.customers()).toEqual([1, 2]);
    expect(await stored()).toMatchObject({ failingSince: null, failure: null, succeededAt: expect.any(Number) });
  });

  test('does not end the count of all changes of the resource', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1, 2, 3, 4, 5, 6], 'c2'), snapshot([7]), snapshot([1, 2, 3, 4, 5, 6])]);
    await pass.step(run);
    await pass.fail(new CursorExpiredError('gone'), run);
    await pass.step(run);
    expect(await stored()).toMatchObject({ totals: { created: 7, updated: 0, deleted: 0 } });
    await (await openPass()).step(run);
    expect(await stored()).toMatchObject({ totals: { created: 7, updated: 0, deleted: 1 } });
  });

  test('that makes the cursor useless starts a new pass, which has seen nothing', async () => {
    const warnings: string[] = [];
    const pass = await openPass();
    const { run } = runOver([snapshot([1], 'c2'), snapshot([2])]);
    await pass.step(run);
    const log = { ...run.log, warn: (text: string) => void warnings.push(text) };
    await pass.fail(new CursorExpiredError('gone'), { ...run, log });
    expect(warnings).toEqual(['pass 1 of customers is given up; it deletes nothing']);
    expect(pass.checkpoint).toMatchObject({ pass: 2, cursor: null, progress: { pages: 0 } });
    expect(await pass.step(run)).toMatchObject({ ended: { verdict: { delete: 'all' }, deleted: 1 } });
  });

  test('that is a permanent redirect is stored, and followed from then on', async () => {
    const pass = await openPass();
    const { run } = runOver([snapshot([1], 'c2')]);
    await pass.step(run);
    await pass.moved({ from: 'http://a/', to: 'http://b/' }, run);
    expect(await stored()).toMatchObject({ cursor: 'c2', moved: { 'http://a/': 'http://b/' } });
    expect(pass.checkpoint).toEqual(await stored());
  });
});

describe('a pass whose credentials change between two pages', () => {
  const as = (account: string) => {
    const pages = [snapshot([1, 2], 'c2'), snapshot([3])];
    return (at: number) => {
      const adapter = { fetchPage: async () => pages[at] ?? snapshot([]) };
      return aRun(system.target, { thirdParty: { ...thirdPartyOf('acme', adapter), account } });
    };
  };

  test('goes on, proves nothing, and reads everything again', async () => {
    await system.fill(10);
    await (await openPass()).step(as('ours')(0));
    const { taken, ended } = await (await openPass()).step(as('theirs')(1));
    expect(taken).toMatchObject({ records: 1 });
    expect(ended).toMatchObject({
      verdict: { delete: 'none', because: expect.stringContaining('credentials') },
      deleted: 0,
    });
    expect(system.customers()).toHaveLength(10);
    expect(await stored()).toMatchObject({ phase: 'done', fullAt: null, validators: null });
  });

  test('is whole again if they change between two passes', async () => {
    await system.fill(4);
    await (await openPass()).step(as('ours')(0));
    await (await openPass()).step(as('ours')(1));
    const pass = await openPass();
    await pass.step(as('theirs')(0));
    expect(await pass.step(as('theirs')(1))).toMatchObject({ ended: { verdict: { delete: 'all' } } });
  });
});

describe('what the guard has held', () => {
  test('is deleted after a permission, without another page', async () => {
    await system.fill(100);
    const guard = { ...aGuard, confirm: 1, maxDeletes: { count: 2 } };
    await system.endPass({ without: [1, 2, 3], guard });
    const pass = new Pass({ ...system.resource, guard }, await system.target.pass('customers'));
    const { run, asked } = runOver([]);
    await pass.permit('deletes', run);
    expect(await stored()).toMatchObject({ permission: { pass: 1, count: 3 } });
    expect(await pass.step(run)).toMatchObject({ taken: null, ended: { deleted: 3 } });
    expect(asked).toEqual([]);
  });

  test('cannot be permitted if nothing is held', async () => {
    const { run } = runOver([snapshot([1])]);
    const pass = await openPass();
    await pass.permit('deletes', run);
    await pass.step(run);
    expect(pass.held).toBeNull();
    await pass.permit('deletes', run);
    expect(await stored()).toMatchObject({ permission: null });
  });
});

describe('values that a pass of changes would empty', () => {
  const brings = (records: readonly object[], bookmark: string, changes: Partial<RunContext> = {}) => {
    const page: Page = { mode: 'changes', records, deleted: [], bookmark, next: null };
    const adapter = { modes: () => ['changes' as const], fetchPage: async () => page };
    return aRun(system.target, { thirdParty: thirdPartyOf('acme', adapter), ...changes });
  };
  const emptied = range(10).map((id) => ({ id, email: null }));

  test('are held, come again from the same bookmark, and are written once they are permitted', async () => {
    await (await openPass()).step(brings(range(20).map(someone), 'b1'));
    const { ended } = await (await openPass()).step(brings(emptied, 'b2'));
    expect(ended).toMatchObject({
      heldEmptied: { count: 10, columns: [{ column: 'email', filled: 10, emptied: 10 }] },
    });
    expect(await stored()).toMatchObject({ phase: 'done', bookmark: 'b1', fullAt: null });
    expect(await system.events('customers.updated')).toEqual([]);

    await (await openPass()).permit('updates', brings([], 'b1'));
    await (await openPass()).step(brings(emptied, 'b2'));
    expect(await system.events('customers.updated')).toEqual(range(10).map(String));
    expect(await stored()).toMatchObject({ bookmark: 'b2', heldEmptied: null, emptiedPermission: null });
  });

  test('are held since the first of the passes that hold some', async () => {
    await (await openPass()).step(brings(range(20).map(someone), 'b1'));
    for (const at of [1000, 2000]) await (await openPass()).step(brings(emptied, 'b2', { now: () => at }));
    expect(await stored()).toMatchObject({ heldEmptied: { at: 1000 } });
  });
});

describe('values that become empty in one pass of changes after another', () => {
  const empties = async (ids: readonly number[], others: readonly number[] = []) => {
    const records = [...ids.map((id) => ({ id, email: null })), ...others.map(someone)];
    const page: Page = { mode: 'changes', records, deleted: [], bookmark: 'b2', next: null };
    const adapter = { modes: () => ['changes' as const], fetchPage: async () => page };
    const run = aRun(system.target, { thirdParty: thirdPartyOf('acme', adapter) });
    const pass = await openPass();
    return { pass, run, ended: (await pass.step(run)).ended };
  };

  beforeEach(async () => {
    await empties([], range(100));
  });

  test('are held once they are too many in the window of the guard, and counted from a permission on', async () => {
    expect((await empties([1, 2, 3])).ended?.heldEmptied).toBeNull();
    const { pass, run, ended } = await empties([4, 5, 6]);
    expect(ended?.heldEmptied).toMatchObject({
      count: 3,
      because: '3 of 3 values of email would become empty (3 more became empty in the last 24 h); the guard allows 3',
    });
    expect(await system.emails('customers.updated')).toEqual([null, null, null]);
    await pass.permit('updates', run);
    expect((await empties([4, 5, 6])).ended?.heldEmptied).toBeNull();
    expect(await stored()).toMatchObject({ emptiedCounts: [] });
    expect((await empties([7, 8, 9])).ended?.heldEmptied).toBeNull();
  });

  test('may be a share of all values that were compared in that time', async () => {
    for (const id of [1, 2, 3, 4]) expect((await empties([id], [10, 11, 12, 13])).ended?.heldEmptied).toBeNull();
  });

  test('count once if a run dies among them', async () => {
    const dies = aRun(system.target, {
      thirdParty: thirdPartyOf('acme', {
        modes: () => ['changes' as const],
        fetchPage: async () => ({
          ...{ mode: 'changes', records: [{ id: 1, email: null }], deleted: [], bookmark: 'b2', next: null },
        }),
      }),
      committed: async (_resource, { updated }) => {
        if (updated > 0) throw new Error('killed');
      },
    });
    await expect((await openPass()).step(dies)).rejects.toThrow('killed');
    await system.takeOver();
    await (await openPass()).step(aRun(system.target));
    expect((await stored()).emptiedCounts?.at(-1)?.columns).toMatchObject({ email: { emptied: 1 } });
  });
});

describe('a value that a record would empty, where a later record of the pass counts', () => {
  const page = (records: readonly object[], next: string | null): ChangesPage => {
    return { mode: 'changes', records, deleted: [], bookmark: 'b2', next };
  };
  const without = { id: 1, email: null };
  const others = [2, 3, 4, 5].map(someone);
  const walk = async (pages: readonly Page[], changes: Partial<RunContext> = {}) => {
    const left = [...pages];
    const adapter = {
      modes: () => ['changes' as const],
      async fetchPage() {
        const next = left.shift();
        if (!next) throw new Error('there is no further page');
        return next;
      },
    };
    const run = aRun(system.target, { thirdParty: thirdPartyOf('acme', adapter), ...changes });
    const pass = await openPass();
    for (const _page of pages) await pass.step(run);
    return pass;
  };
  const columns = async () => (await stored()).progress.columns;
  const later = [
    ['the value of the row', someone(1), []],
    ['another value', { id: 1, email: 'new@example.com' }, ['new@example.com']],
  ] as const;

  beforeEach(async () => {
    await walk([{ ...page([someone(1), ...others], null), bookmark: 'b1' }]);
  });

  test.each(later)('keeps %s of a later page', async (_title, record, emails) => {
    await walk([page([without], 'c2'), page([record, someone(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual(emails);
    expect(await columns()).toMatchObject({ email: { kept: 2, adopted: 0 } });
    expect(await stored()).toMatchObject({ phase: 'done', heldEmptied: null });
  });

  test.each(later)('keeps %s of a later batch of its page', async (_title, record, emails) => {
    await walk([page([without, record, someone(2)], null)], { batchSize: new One(40) });
    expect(await system.emails('customers.updated')).toEqual(emails);
    expect(await columns()).toMatchObject({ email: { kept: 2, adopted: 0 } });
  });

  test('keeps what a row is created with that is gone meanwhile', async () => {
    await walk([page([without], 'c2')]);
    system.sql('DELETE FROM customers WHERE id = 1');
    await walk([page([{ id: 1, email: 'new@example.com' }], null)]);
    expect(await system.emails('customers.updated')).toEqual([]);
  });

  test('becomes empty in a snapshot, where the first record of a key counts', async () => {
    const records = [without, ...others];
    const { run } = runOver([
      { mode: 'snapshot', records, next: 'c2' },
      { mode: 'snapshot', records: [someone(1)], next: null },
    ]);
    const pass = await openPass();
    pass.startOver();
    await pass.step(run);
    await pass.step(run);
    expect(await system.emails('customers.updated')).toEqual([null]);
  });

  test('becomes empty if a later record has none again', async () => {
    await walk([page([without], 'c2'), page([someone(1)], 'c3'), page([without, someone(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual([null]);
  });

  test('counts once, however often it comes', async () => {
    await walk([page([without], 'c2'), page([without, ...others.slice(1)], 'c3'), page([without, someone(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual([null]);
    expect(await stored()).toMatchObject({ phase: 'done', bookmark: 'b2', heldEmptied: null });
  });

  test('counts once if the run dies within its page', async () => {
    const dies = { batchSize: new One(40), committed: () => Promise.reject(new Error('killed')) };
    const all = [1, 2, 3, 4, 5].map((id) => ({ id, email: null }));
    await expect(walk([page(all, null)], dies)).rejects.toThrow('killed');
    await system.takeOver();
    await walk([page(all, null)]);
    expect((await openPass()).heldUpdates).toMatchObject({ count: 5 });
    expect(await stored()).toMatchObject({ heldEmptied: { columns: [{ column: 'email', filled: 5, emptied: 5 }] } });
  });
});

describe('an update that waits for the end of its pass', () => {
  const changed = (id: number) => ({ id, email: 'new@example.com' });
  const page = (records: readonly object[], next: string | null, changes: Partial<ChangesPage> = {}): Page => {
    return { mode: 'changes', records, deleted: [], bookmark: 'b2', next, ...changes };
  };
  const adapter = (left: Page[]) => ({
    modes: () => ['changes' as const],
    async fetchPage() {
      const next = left.shift();
      if (!next) throw new Error('there is no further page');
      return next;
    },
  });
  const walk = async (pages: readonly Page[], changes: Partial<Guard> = {}, context: Partial<RunContext> = {}) => {
    const guard = { ...aGuard, maxUpdates: { count: 2 }, ...changes };
    const pass = new Pass({ ...system.resource, guard }, await system.target.pass('customers'));
    const run = aRun(system.target, { thirdParty: thirdPartyOf('acme', adapter([...pages])), ...context });
    let ended: PassEnded | null = null;
    for (const _page of pages) ({ ended } = await pass.step(run));
    return { pass, run, ended };
  };
  const waiting = () => system.target.deferred('customers', range(10));

  beforeEach(async () => {
    await walk([{ ...page(range(10).map(someone), null), bookmark: 'b1' } as ChangesPage]);
  });

  test('is written at the end, after which nothing waits', async () => {
    await walk([page([changed(1)], 'c2')]);
    expect([await system.emails('customers.updated'), (await waiting()).length]).toEqual([[], 1]);
    await walk([page([changed(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual(['new@example.com', 'new@example.com']);
    expect(await waiting()).toEqual([]);
    expect(await stored()).toMatchObject({ phase: 'done', bookmark: 'b2', heldUpdates: null });
  });

  test.each([
    ['the value of the row', page([someone(1)], null), []],
    ['another value', page([{ id: 1, email: 'last@example.com' }], null), ['last@example.com']],
  ])('gives way to %s of a later page', async (_title, later, emails) => {
    await walk([page([changed(1)], 'c2'), later]);
    expect(await system.emails('customers.updated')).toEqual(emails);
  });

  test('is held with all others where they are too many, and comes again from the same bookmark', async () => {
    const { ended } = await walk([page([changed(1), changed(2)], 'c2'), page([changed(3), changed(4)], null)]);
    expect(ended).toMatchObject({ heldUpdates: { count: 4, live: 10 } });
    expect(await stored()).toMatchObject({ bookmark: 'b1', fullAt: null, heldUpdates: { count: 4 } });
    const { pass, run } = await walk([]);
    await pass.permit('updates', run);
    await walk([page(range(4).map(changed), null)]);
    expect(await system.emails('customers.updated')).toHaveLength(4);
    expect(await stored()).toMatchObject({ bookmark: 'b2', heldUpdates: null, emptiedPermission: null });
  });

  test('is held since the first of the passes that hold updates', async () => {
    const many = [page([changed(1), changed(2), changed(3)], null)];
    for (const at of [1000, 2000]) await walk(many, {}, { now: () => at });
    expect(await stored()).toMatchObject({ heldUpdates: { at: 1000 } });
  });

  test('has the last value that came, also of a record that changes again while there are too many', async () => {
    const last = { id: 1, email: 'last@example.com' };
    await walk([page([1, 2, 3].map(changed), 'c2'), page([last], 'c3'), page([someone(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual(['last@example.com', 'new@example.com']);
  });

  test('is not written if the pass is given up, and is not taken for one of the next pass', async () => {
    const { pass, run } = await walk([page([changed(1)], 'c2')]);
    await pass.fail(new CursorExpiredError('gone'), run);
    expect(await waiting()).toEqual([]);
    await walk([page([someone(2)], null)]);
    expect(await system.emails('customers.updated')).toEqual([]);
  });

  test('is not written if the pages are of two accounts', async () => {
    const as = (account: string, one: Page) =>
      aRun(system.target, { thirdParty: { ...thirdPartyOf('acme', adapter([one])), account } });
    const guard = { ...aGuard, maxUpdates: { count: 2 } };
    const open = async () => new Pass({ ...system.resource, guard }, await system.target.pass('customers'));
    await (await open()).step(as('ours', page([changed(1)], 'c2')));
    await (await open()).step(as('theirs', page([changed(2)], null)));
    expect([await system.emails('customers.updated'), await waiting()]).toEqual([[], []]);
    expect(await stored()).toMatchObject({ bookmark: 'b1' });
  });

  test('does not count what the pass has made', async () => {
    await walk([page([changed(1), { id: 11, email: 'a' }, { id: 12, email: 'b' }], 'c2'), page([changed(2)], null)]);
    expect(await system.emails('customers.updated')).toHaveLength(2);
    expect(await system.emails('customers.created')).toHaveLength(12);
  });
});

describe('a value that the database refuses to empty', () => {
  const brings = (records: readonly object[], bookmark: string, changes: Partial<RunContext> = {}) => {
    const page: Page = { mode: 'changes', records, deleted: [], bookmark, next: null };
    const adapter = { modes: () => ['changes' as const], fetchPage: async () => page };
    return aRun(system.target, { thirdParty: thirdPartyOf('acme', adapter), ...changes });
  };
  const some = [{ id: 1, email: null }, { id: 2, email: null }, someone(3)];
  const trigger = `CREATE TRIGGER filled BEFORE UPDATE ON customers WHEN new.email IS NULL AND new.id = 1
    BEGIN SELECT RAISE(ABORT, 'email must be filled'); END`;

  beforeEach(async () => {
    await (await openPass()).step(brings([1, 2, 3].map(someone), 'b1'));
    system.sql(trigger);
  });

  test('is reported and in quarantine, and the next pass reads it again', async () => {
    const { ended } = await (await openPass()).step(brings(some, 'b2'));
    expect(ended).toMatchObject({ refusedEmptied: 1, heldEmptied: null });
    expect(await system.events('customers.updated')).toEqual(['2']);
    expect(await stored()).toMatchObject({ phase: 'done', bookmark: 'b1', fullAt: null });
    expect(await system.target.rejects({ limit: 9 })).toMatchObject([{ key: '1' }]);

    system.sql('DROP TRIGGER filled');
    expect(await (await openPass()).step(brings(some, 'b2'))).toMatchObject({ ended: { refusedEmptied: 0 } });
    expect(await system.events('customers.updated')).toEqual(['2', '1']);
    expect(await stored()).toMatchObject({ bookmark: 'b2' });
  });

  test('is known too after a run that died behind the commit', async () => {
    let commits = 0;
    const committed = async () => {
      commits += 1;
      if (commits === 2) throw new Error('killed');
    };
    await expect((await openPass()).step(brings(some, 'b2', { committed }))).rejects.toThrow('killed');
    await system.takeOver();
    expect(await (await openPass()).step(brings([], 'b2'))).toMatchObject({
      taken: null,
      ended: { refusedEmptied: 1 },
    });
    expect(await stored()).toMatchObject({ phase: 'done', bookmark: 'b1' });
  });
});

test('a pass that is started over asks for its first page again', async () => {
  const pass = await openPass();
  const { run, asked } = runOver([snapshot([1], 'c2'), snapshot([1])]);
  await pass.step(run);
  pass.startOver();
  await pass.step(run);
  expect(asked.map(({ cursor }) => cursor)).toEqual([null, null]);
  expect(await stored()).toMatchObject({ pass: 2, phase: 'done' });
});

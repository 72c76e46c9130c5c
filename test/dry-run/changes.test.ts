import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ChangesPage } from '../../src/adapter.ts';
import { type DryPlan, dryRun } from '../../src/dry-run/dry-run.ts';
import { silentLog } from '../../src/log.ts';
import { turnPage } from '../../src/pass/page/turn-page.ts';
import { complete, startPass } from '../../src/pass/transitions.ts';
import { noProgressShown } from '../../src/progress.ts';
import type { ThirdParty } from '../../src/run/context.ts';
import type { Spool } from '../../src/spool.ts';
import { createSpool } from '../../src/targets/sqlite/spool.ts';
import { thirdPartyOf } from '../run/a-run.ts';
import { aSystem, type System } from '../run/a-system.ts';

let system: System;
let spool: Spool;
beforeEach(async () => {
  system = await aSystem();
  spool = createSpool();
});
afterEach(async () => {
  spool[Symbol.dispose]();
  await system[Symbol.asyncDispose]();
});

/** A third party that knows only changes, and notes what it was asked from. */
function thirdPartyWith(records: readonly object[], deleted: readonly string[], asked: (string | null)[]) {
  return thirdPartyOf('acme', {
    modes: () => ['changes'],
    isStable: () => true,
    async fetchPage({ bookmark }): Promise<ChangesPage> {
      asked.push(bookmark);
      return { mode: 'changes', records, deleted, next: null, bookmark: () => 'b2' };
    },
  });
}

function planOf(thirdParty: ThirdParty, isFull = false): Promise<DryPlan> {
  const options = { name: 'crm', adapter: 'acme', resources: [system.resource], maxPages: 100, isFull };
  const { signal } = new AbortController();
  const context = { target: system.target, targetSlots: null, thirdParty, spool, signal, now: Date.now };
  return dryRun(options, { ...context, log: silentLog, progress: noProgressShown });
}

/** As a pass of changes leaves it. */
async function leaveBookmark(bookmark: string): Promise<void> {
  const started = startPass(null, system.resource.shape, 'changes', 1000);
  const nothing = { at: 1500, records: 0, rejected: 0, keyless: 0, duplicates: 0, again: 0, columns: {} };
  const brought = { ...nothing, next: null, content: null, total: null, shifted: false, account: null };
  const page = { ...brought, bookmark, isBookmarkLast: false, validators: null, tombstones: [] };
  const checkpoint = complete(turnPage(started, page, 100), 2000, null);
  await system.target.save('customers', { checkpoint, seen: null });
}

const changes = () => [...spool.changes('customers')].map(({ type, key }) => `${type} ${key}`).toSorted();

describe('a dry run with an adapter that knows only changes', () => {
  test('asks from the stored bookmark, and with --full without one', async () => {
    await leaveBookmark('b1');
    const asked: (string | null)[] = [];
    await planOf(thirdPartyWith([], [], asked));
    await planOf(thirdPartyWith([], [], asked), true);
    expect(asked).toEqual(['b1', null]);
    expect((await system.target.pass('customers'))?.checkpoint.bookmark).toBe('b1');
  });

  test('plans what came, and no deletion of what did not come', async () => {
    await system.fill(20);
    const plan = await planOf(thirdPartyWith([{ id: 21 }, { id: 3 }, { id: 4, email: 'new@example.com' }], [], []));
    expect(changes()).toEqual(['created 21', 'updated 4']);
    expect(plan).toMatchObject({ outcome: 'planned', exitCode: 0, resources: [{ unchanged: 1, unconfirmed: 0 }] });
    expect(plan.resources[0]?.verdict).toEqual({
      delete: 'none',
      because: expect.stringContaining('only what changed'),
    });
  });

  test('plans the deletion of what is called gone, unless it came too', async () => {
    await system.fill(20);
    const plan = await planOf(thirdPartyWith([{ id: 3 }], ['3', '5', '99'], []));
    expect(changes()).toEqual(['deleted 5']);
    expect(plan.resources[0]?.verdict).toEqual({ delete: 'all' });
  });

  test('plans the deletion of what a later page says is gone since, unless it came again after that', async () => {
    await system.fill(20);
    const page = { mode: 'changes', records: [], deleted: [], bookmark: 'b' } as const;
    const pages: ChangesPage[] = [
      { ...page, records: [{ id: 3 }, { id: 4 }, { id: 5 }], next: 'p1' },
      { ...page, deleted: ['3', '4', '5'], gone: ['4', '5'], next: 'p2' },
      { ...page, records: [{ id: 5 }], next: null },
    ];
    const fetchPage = async () => pages.shift() ?? { ...page, next: null };
    await planOf(thirdPartyOf('acme', { modes: () => ['changes'], isStable: () => true, fetchPage }));
    expect(changes()).toEqual(['deleted 4']);
  });

  test('plans the deletion of what an earlier page says is gone, where a later page has an older record of it', async () => {
    await system.fill(20);
    const page = { mode: 'changes', records: [], deleted: [], bookmark: 'b' } as const;
    const pages: ChangesPage[] = [
      { ...page, deleted: ['4', '5'], next: 'p1' },
      { ...page, records: [3, 4, 5].map((id) => ({ id, email: 'x@example.com' })), outlived: ['3', '4'], next: null },
    ];
    const fetchPage = async () => pages.shift() ?? { ...page, next: null };
    await planOf(thirdPartyOf('acme', { modes: () => ['changes'], isStable: () => true, fetchPage }));
    expect(changes().toSorted()).toEqual(['deleted 4', 'updated 3', 'updated 5']);
  });

  test('shows what the guard would hold back', async () => {
    await system.fill(20);
    const plan = await planOf(thirdPartyWith([], ['1', '2', '3', '4', '5'], []));
    expect(plan).toMatchObject({ exitCode: 3, resources: [{ verdict: { delete: 'held' } }] });
    expect(changes()).toHaveLength(5);
  });
});

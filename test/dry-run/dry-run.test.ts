import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PageRequest, SnapshotPage } from '../../src/adapter.ts';
import { type DryPlan, dryRun, hasChanges } from '../../src/dry-run/dry-run.ts';
import { ThirdPartyError, ThrottledError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { noProgressShown } from '../../src/progress.ts';
import type { Spool } from '../../src/spool.ts';
import { createSpool } from '../../src/targets/sqlite/spool.ts';
import { aGuard } from '../pass/a-pass.ts';
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

type Pages = readonly (readonly object[] | Error)[];

/** A third party that has these pages; an error in the place of a page is thrown for it. */
function thirdPartyWith(pages: Pages) {
  return thirdPartyOf('acme', {
    isStable: () => true,
    async fetchPage({ cursor }: PageRequest): Promise<SnapshotPage> {
      const at = Number(cursor ?? 0);
      const records = pages[at] ?? [];
      if (records instanceof Error) throw records;
      return { mode: 'snapshot', records, next: at + 1 < pages.length ? String(at + 1) : null };
    },
  });
}

function planOf(pages: Pages, changed: Partial<Resource> = {}, maxPages = 100): Promise<DryPlan> {
  return dryRun(
    { name: 'crm', adapter: 'acme', resources: [{ ...system.resource, ...changed }], maxPages },
    {
      target: system.target,
      targetSlots: null,
      thirdParty: thirdPartyWith(pages),
      spool,
      log: silentLog,
      progress: noProgressShown,
      signal: new AbortController().signal,
      now: Date.now,
    },
  );
}
const someone = (id: unknown, email: string | null = null) => ({ id, email });
const all = (count: number) => Array.from({ length: count }, (_, at) => someone(at + 1));
const changes = () => [...spool.changes('customers')].map(({ type, key }) => `${type} ${key}`);

describe('a dry run', () => {
  test('plans every create, update and delete, and writes none', async () => {
    await system.fill(10);
    const before = await system.target.fence();
    const plan = await planOf([[someone(11), someone(2, 'new@example.com')], all(9).slice(2).concat(someone(1))]);
    expect(plan).toMatchObject({ outcome: 'planned', exitCode: 0, resources: [{ isComplete: true, unchanged: 8 }] });
    expect(changes()).toEqual(['deleted 10', 'created 11', 'updated 2']);
    expect(hasChanges(plan)).toBe(true);
    expect(system.customers()).toHaveLength(10);
    expect(await system.target.fence()).toEqual(before);
    expect(await system.target.pass('customers')).toBeNull();
  });

  test('plans nothing if everything is in step', async () => {
    await system.fill(10);
    const plan = await planOf([all(10)]);
    expect(plan.resources).toMatchObject([{ unchanged: 10, verdict: { delete: 'all' } }]);
    expect(hasChanges(plan)).toBe(false);
  });

  test('plans what the first record of a key says', async () => {
    await system.fill(2);
    const plan = await planOf([
      [someone(1, null), someone(2, 'x'), someone(3, 'x'), someone(3, 'y')],
      [someone(1, 'x'), someone(2, null), someone(3, 'z')],
    ]);
    expect([...spool.changes('customers')]).toMatchObject([
      { type: 'updated', key: '2', after: [2, 'x'] },
      { type: 'created', key: '3', after: [3, 'x'] },
    ]);
    expect(plan.resources).toMatchObject([{ duplicates: 4, unchanged: 1, verdict: { delete: 'none' } }]);
  });

  test('never plans the deletion of a record that was rejected', async () => {
    await system.fill(100);
    const plan = await planOf([[...all(99), { id: 100, email: {} }]]);
    expect(plan.resources).toMatchObject([{ rejected: 1, rejects: [{ key: '100' }], verdict: { delete: 'all' } }]);
    expect(changes()).toEqual([]);
  });

  test('plans every row again where the table has to be made again', async () => {
    await system.fill(3);
    system.sql('DROP TABLE customers');
    const plan = await planOf([all(3)]);
    expect(plan.resources).toMatchObject([{ counts: { created: 3 }, table: { exists: false } }]);
  });

  test('shows what the guard would hold, and ends as the run would', async () => {
    await system.fill(100);
    const plan = await planOf([all(50)]);
    expect(plan).toMatchObject({ exitCode: 3, resources: [{ verdict: { delete: 'held' } }] });
    expect(changes()).toHaveLength(50);
  });

  test('counts what is missing and not confirmed, and does not plan its deletion', async () => {
    await system.fill(20);
    const plan = await planOf([all(18)], { guard: { ...aGuard, confirm: 2 } });
    expect(plan.resources).toMatchObject([{ unconfirmed: 2, counts: { deleted: 0 } }]);
    expect(changes()).toEqual([]);
  });

  test('ends with 65 if too many records would be rejected', async () => {
    const plan = await planOf([[someone(1), { id: 2, email: [] }]]);
    expect(plan).toMatchObject({ exitCode: 65, resources: [{ hasTooManyRejects: true, verdict: { delete: 'none' } }] });
  });

  test('ends with 78 if the table does not fit', async () => {
    const table = { ...system.resource.table, resource: 'clients' };
    const plan = await planOf([[]], { table });
    expect(plan).toMatchObject({ exitCode: 78, resources: [{ table: { problems: [expect.any(String)] } }] });
  });

  test('plans no deletions if not every page came in time', async () => {
    await system.fill(20);
    const plan = await planOf([all(5), new ThrottledError(42_000)]);
    expect(plan).toMatchObject({ outcome: 'partial', exitCode: 0, nextSlotInMs: 42_000, errors: [] });
    expect(plan.resources).toMatchObject([{ isComplete: false, pages: 1, verdict: null, counts: { deleted: 0 } }]);
  });

  test('takes no more pages than it may', async () => {
    const plan = await planOf([all(5), all(5)], {}, 1);
    expect(plan).toMatchObject({ outcome: 'partial', resources: [{ pages: 1, isComplete: false }] });
  });

  test('ends with the error of the third party, and with what came before it', async () => {
    const plan = await planOf([all(5), new ThirdPartyError('HTTP 500', { backsOff: 'resource' })]);
    expect(plan).toMatchObject({ outcome: 'failed', exitCode: 69, errors: [{ message: 'HTTP 500' }] });
    expect(changes()).toHaveLength(5);
  });
});

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChangesPage, Page, SnapshotPage } from '../../src/adapter.ts';
import { ProtocolError } from '../../src/errors.ts';
import { type StoredPaths, storedPaths } from '../../src/field-paths.ts';
import { Pass } from '../../src/pass/pass.ts';
import { aRun, thirdPartyOf } from '../run/a-run.ts';
import { aSystem, type System } from '../run/a-system.ts';

let system: System;
beforeEach(async () => {
  system = await aSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const everyDay = { fullEveryMs: 86_400_000, keys: { record: () => null, tombstone: () => null } };

function people(count: number, more: object, from = 1): object[] {
  return Array.from({ length: count }, (_, at) => ({ id: from + at, email: `${from + at}@example.com`, ...more }));
}

function snapshot(records: readonly object[], rest: Partial<SnapshotPage> = {}): SnapshotPage {
  return { mode: 'snapshot', records, next: null, ...rest };
}

function changes(records: readonly object[]): ChangesPage {
  return { mode: 'changes', records, deleted: [], bookmark: 'later', next: null };
}

/** Takes one step for each page, each in a run of its own, and names what the last step has found. */
async function walk(...pages: readonly (Page | Error)[]): Promise<string[]> {
  let pass = await openPass();
  for (const page of pages) {
    pass = await openPass();
    const fetchPage = async () => (page instanceof Error ? Promise.reject(page) : page);
    const thirdParty = thirdPartyOf('acme', { modes: () => ['snapshot', 'changes'], fetchPage });
    const run = aRun(system.target, { thirdParty });
    await pass.step(run).catch((error) => pass.fail(error, run));
    await system.takeOver();
  }
  return pass.schemaChanges.map(({ is, path }) => `${is} ${path}`);
}

async function openPass(): Promise<Pass> {
  return new Pass({ ...system.resource, changes: everyDay }, await system.target.pass('customers'));
}

async function stored(): Promise<StoredPaths> {
  return storedPaths((await system.target.pass('customers'))?.paths ?? null, 'shape');
}

/** The next pass reads everything. */
async function demandSnapshot(): Promise<void> {
  const pass = await system.target.pass('customers');
  if (pass) await system.target.save('customers', { checkpoint: { ...pass.checkpoint, fullAt: null } });
}

test('a pass over several pages and runs counts as one, also after a page that failed', async () => {
  const pages = [snapshot(people(5, { fax: '1' }), { next: '2' }), snapshot(people(5, { tel: '1' }, 6))];
  expect(await walk(...pages)).toEqual([]);
  expect((await stored()).known).toMatchObject({ records: 10, paths: { fax: { string: 5 }, tel: { string: 5 } } });
  const [first, second] = pages;
  if (!first || !second) return;
  await demandSnapshot();
  const failed = new ProtocolError('broken');
  expect(await walk(first, failed, second)).toEqual([]);
  expect((await stored()).known).toMatchObject({ records: 10 });
});

test('what a complete snapshot lacks is gone, and a pass after it finds nothing more', async () => {
  await walk(snapshot(people(10, { fax: '1', code: 1 })));
  expect(await walk(snapshot(people(10, { code: null, tel: '1' })))).toEqual([
    'gone fax',
    'always-null code',
    'new tel',
  ]);
  expect(await walk(snapshot(people(10, { code: null, tel: '1' })))).toEqual([]);
  expect((await stored()).changes.map(({ pass }) => pass)).toEqual([2, 2, 2]);
});

test('a snapshot that is incomplete, and a pass of changes, prove that nothing is gone', async () => {
  await walk(snapshot(people(10, { fax: '1', code: 1 }), { bookmark: 'now' }));
  expect(await walk(changes(people(10, { code: '1', tel: '1' })))).toEqual(['other-type code', 'new tel']);
  await demandSnapshot();
  expect(await walk(snapshot(people(8, { code: '1', tel: '1' }), { total: 10 }))).toEqual([]);
  await demandSnapshot();
  expect(await walk(snapshot(people(10, { code: '1', tel: '1' })))).toEqual(['gone fax']);
});

test('a response that is not modified has no shape', async () => {
  await walk(snapshot(people(10, { fax: '1' }), { validators: { etag: '"1"' } }));
  const before = await stored();
  expect(await walk({ mode: 'not-modified' })).toEqual([]);
  expect(await stored()).toEqual(before);
});

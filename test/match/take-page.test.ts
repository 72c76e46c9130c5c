import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChangesPage, SnapshotPage } from '../../src/adapter.ts';
import { noPaths } from '../../src/field-paths.ts';
import { HeldSet } from '../../src/pass/held-set.ts';
import { BatchSize } from '../../src/pass/page/batches.ts';
import { takePage } from '../../src/pass/page/take-page.ts';
import type { Resource } from '../../src/pass/resource.ts';
import { SeenSet } from '../../src/pass/seen-set.ts';
import { compileRekey } from '../../src/records/key.ts';
import type { RunContext } from '../../src/run/context.ts';
import { aCheckpoint } from '../pass/a-pass.ts';
import { aRun, thirdPartyOf } from '../run/a-run.ts';
import { aSystem, type System } from '../run/a-system.ts';

let system: System;
let resource: Resource;
let seen: SeenSet;
beforeEach(async () => {
  system = await aSystem();
  await system.fill(4);
  system.sql("UPDATE customers SET email = id || '@example.com'");
  const schema = { type: 'object', properties: { id: { type: 'integer' }, email: { type: 'string' } } } as const;
  const table = { ...system.resource.table, match: ['email'] };
  resource = { ...system.resource, table, rekey: compileRekey({ schema, key: ['id'] }) };
  await system.takeOver();
  await system.target.takeOver({ run: 'matched', holder: 'host:1' }, [table], 0);
  seen = new SeenSet();
});
afterEach(() => system[Symbol.asyncDispose]());

/** Takes a page of a third party that is not at home. */
function take(page: SnapshotPage | ChangesPage, changes: Partial<RunContext> = {}) {
  const thirdParty = thirdPartyOf('lab', { modes: () => [page.mode], fetchPage: async () => page });
  const checkpoint = { ...aCheckpoint(), mode: page.mode };
  const paths = noPaths('shape');
  return takePage(
    { resource, checkpoint, seen, held: new HeldSet(), paths },
    aRun(system.target, { thirdParty, ...changes }),
  );
}

/** Customer 1 is 901 there, and so on. */
const theirs = (id: number) => ({ id: 900 + id, email: `${id}@example.com` });
const snapshot = (...records: object[]): SnapshotPage => ({ mode: 'snapshot', records, next: null });
const changes = (records: object[], deleted: string[]): ChangesPage => {
  return { mode: 'changes', records, deleted, bookmark: 'now', next: null };
};

test('records under other ids are recognised, and none is written', async () => {
  const { counts, rejected } = await take(snapshot(theirs(2), theirs(1), theirs(4)));
  expect([counts, rejected]).toEqual([{ created: 0, updated: 0, deleted: 0 }, 0]);
  expect([1, 2, 3, 4].filter((id) => seen.has(id))).toEqual([1, 2, 4]);
});

test('a known record stays the same when its match fields change', async () => {
  await take(snapshot(theirs(1)));
  seen = new SeenSet();
  const { counts } = await take(snapshot({ ...theirs(1), email: 'new@example.com' }));
  expect(counts).toEqual({ created: 0, updated: 1, deleted: 0 });
  expect(await system.events('customers.updated')).toEqual(['1']);
});

test('a rejected record that is known is seen, and one that never came before might be any', async () => {
  await take(snapshot(theirs(1)));
  seen = new SeenSet();
  const known = await take(snapshot({ ...theirs(1), email: {} }));
  expect([seen.has(1), known.checkpoint.progress.keyless]).toEqual([true, 0]);
  const unknown = await take(snapshot({ ...theirs(2), email: {} }));
  expect(unknown.checkpoint.progress.keyless).toBe(1);
});

test('a tombstone deletes the record that its id stands for; for an unknown id it deletes nothing, even if that is one of our keys', async () => {
  await take(snapshot(theirs(1), theirs(2)));
  const { checkpoint } = await take(changes([], ['902', '3', '999']));
  expect(checkpoint.tombstones).toEqual([2]);
});

test('two records of one page that look like one row are two: the first is the row', async () => {
  const { counts } = await take(snapshot(theirs(1), { ...theirs(1), id: 950 }));
  expect(counts).toEqual({ created: 1, updated: 0, deleted: 0 });
  expect(system.customers()).toEqual([1, 2, 3, 4, 950]);
});

test('a long search for what looks alike makes no batch smaller', async () => {
  const searchMs = 300;
  const took: number[] = [];
  class Noting extends BatchSize {
    override learn(records: number, tookMs: number): void {
      took.push(tookMs);
      super.learn(records, tookMs);
    }
  }
  const { target } = system;
  const clues: typeof target.clues = async (...asked) => {
    await sleep(searchMs);
    return target.clues(...asked);
  };
  await take(snapshot(theirs(1)), { target: { ...target, clues }, batchSize: new Noting(40) });
  expect(took).toHaveLength(1);
  expect(took[0]).toBeLessThan(searchMs);
});

test('each batch of a page knows what the batches before it were', async () => {
  const small = new BatchSize(40);
  for (let n = 0; n < 40; n += 1) small.learn(small.value, 1e6);
  const count = small.value * 2 + 10;
  await system.fillFrom(5, count - 4);
  system.sql("UPDATE customers SET email = id || '@example.com'");
  const records = Array.from({ length: count }, (_, at) => theirs(at + 1));
  const twice = { ...theirs(1), email: 'new@example.com' };
  const stranger = { id: 5, email: '1@example.com' };

  const taken = await take(snapshot(...records, twice, stranger), { batchSize: small });
  expect(taken.counts).toEqual({ created: 0, updated: 0, deleted: 0 });
  expect(taken).toMatchObject({
    records: count + 2,
    rejected: 1,
    duplicates: 1,
    checkpoint: { progress: { keyless: 1 } },
  });
  expect(seen.count).toBe(count);
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LeaseLostError, UnreachableError } from '../../../src/errors.ts';
import type { Target } from '../../../src/target.ts';
import { aLease, withBusyMs } from '../../run/a-run.ts';
import { aSystem, type System } from '../../run/a-system.ts';

let system: System;
beforeEach(async () => {
  system = await aSystem();
});
afterEach(() => system[Symbol.asyncDispose]());

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
const once = { confirm: 1 };
const twice = { confirm: 2 };
const anything = { maxDeletes: { ratio: 1 } };

/** The run dies after this many batches: what they hold is committed. */
function dyingAfter(batches: number) {
  let left = batches;
  return {
    committed: async () => {
      left -= 1;
      if (left === 0) throw new Error('killed');
    },
  };
}

describe('with one confirmation', () => {
  test('deletes what the pass did not bring, with an event each, and nothing else', async () => {
    await system.fill(20);
    const ended = await system.endPass({ without: [3, 17], guard: once });
    expect(ended).toMatchObject({ verdict: { delete: 'all' }, deleted: 2, refused: 0 });
    expect(system.customers()).toEqual(range(1, 20).filter((id) => id !== 3 && id !== 17));
    expect(await system.events('customers.deleted')).toEqual(['3', '17']);
    expect(await system.checkpoint()).toMatchObject({ phase: 'done', missing: 0, sweptTo: 0 });
  });

  test('writes nothing if everything came', async () => {
    await system.fill(20);
    expect(await system.endPass({ guard: once })).toMatchObject({ verdict: { delete: 'all' }, deleted: 0 });
    expect(await system.events('customers.deleted')).toEqual([]);
  });

  test('deletes nothing after a pass that proves nothing', async () => {
    await system.fill(20);
    const ended = await system.endPass({ without: [3], guard: once, shifted: true });
    expect(ended).toMatchObject({ verdict: { delete: 'none' }, deleted: 0 });
    expect(system.customers()).toHaveLength(20);
  });
});

describe('with two confirmations', () => {
  test('deletes what two consecutive passes did not bring', async () => {
    await system.fill(20);
    expect(await system.endPass({ without: [3, 4], guard: twice })).toMatchObject({ deleted: 0 });
    expect(await system.endPass({ without: [3, 5], guard: twice })).toMatchObject({ deleted: 1 });
    expect(await system.events('customers.deleted')).toEqual(['3']);
  });

  test('starts to count again for what came back in between', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    await system.endPass({ guard: twice });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 0 });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 1 });
  });

  test('starts to count again for what came back in a pass that proves nothing', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    await system.endPass({ guard: twice, shifted: true });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 0 });
  });

  test('counts nothing in a pass that proves nothing', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice, shifted: true });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 0 });
    await system.endPass({ without: [3], guard: twice, shifted: true });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 1 });
  });

  test('starts to count again for what came back after it was held for long', async () => {
    await system.fill(20);
    for (let pass = 1; pass <= 4; pass += 1) await system.endPass({ without: range(1, 10), guard: twice });
    expect(await system.checkpoint()).toMatchObject({ phase: 'held', held: { count: 10 } });
    await system.endPass({ guard: twice });
    expect(await system.endPass({ without: [3], guard: twice })).toMatchObject({ deleted: 0 });
    expect(system.customers()).toHaveLength(20);
  });
});

describe('another shape', () => {
  test('starts to count again for every record that it misses', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    expect(await system.endPass({ without: [3], guard: twice, shape: 'other' })).toMatchObject({ deleted: 0 });
    expect(system.customers()).toHaveLength(20);
  });

  test('starts to count again for every record that it brings, also if nothing is missing', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    await system.endPass({ guard: twice, shape: 'other' });
    expect(await system.endPass({ without: [3], guard: twice, shape: 'other' })).toMatchObject({ deleted: 0 });
  });

  test('starts to count again for every record, also if its first pass proves nothing', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    await system.endPass({ without: [3], guard: twice, shape: 'other', shifted: true });
    expect(await system.endPass({ without: [3], guard: twice, shape: 'other' })).toMatchObject({ deleted: 0 });
  });
});

describe('what the guard holds', () => {
  test('stays, is counted, and is kept with the pass', async () => {
    await system.fill(100);
    const ended = await system.endPass({ without: range(1, 30), guard: once });
    expect(ended).toMatchObject({ verdict: { delete: 'held' }, deleted: 0 });
    expect(system.customers()).toHaveLength(100);
    expect(await system.checkpoint()).toMatchObject({ phase: 'held', held: { count: 30, live: 100 } });
  });

  test.each([once, twice])('goes with a permission, without another page: %o', async (guard) => {
    await system.fill(100);
    await system.endPass({ without: range(1, 30), guard });
    if (guard === twice) await system.endPass({ without: range(1, 30), guard });
    await system.permit();
    expect(await system.endStoredPass({ guard })).toMatchObject({ verdict: { delete: 'all' }, deleted: 30 });
    expect(system.customers()).toEqual(range(31, 100));
    expect(await system.checkpoint()).toMatchObject({ phase: 'done', held: null, permission: null });
  });

  test('goes at the end of the next pass, record by record: what is missing since is judged by itself', async () => {
    await system.fill(100);
    await system.endPass({ without: range(1, 30), guard: once });
    await system.permit();
    const next = { without: range(2, 60), guard: once };
    expect(await system.endPass(next)).toMatchObject({ verdict: { delete: 'held' }, deleted: 29 });
    expect(system.customers()).toEqual([1, ...range(31, 100)]);
    expect(await system.checkpoint()).toMatchObject({ permission: null, held: { count: 30 } });
    await system.permit();
    expect(await system.endStoredPass({ guard: once })).toMatchObject({ deleted: 30 });
    expect(system.customers()).toEqual([1, ...range(61, 100)]);
  });

  test('goes to its end under one permission, though the run that begins it is killed', async () => {
    await system.fill(6000);
    await system.endPass({ without: range(1, 5500), guard: once });
    await system.permit();
    await expect(system.endStoredPass({ guard: once }, dyingAfter(1))).rejects.toThrow('killed');
    await system.takeOver();
    expect(await system.endStoredPass({ guard: once })).toMatchObject({ deleted: 1500 });
    expect(system.customers()).toEqual(range(5501, 6000));
  });

  test('cannot be deleted in slices: what was deleted recently counts', async () => {
    await system.fill(100);
    expect(await system.endPass({ without: range(1, 15), guard: once })).toMatchObject({ deleted: 15 });
    const next = await system.endPass({ without: range(16, 25), guard: once });
    expect(next).toMatchObject({ verdict: { delete: 'held' }, deleted: 0 });
    expect(await system.endPass({ without: range(16, 17), guard: once })).toMatchObject({ deleted: 2 });
  });

  test('says since when deletions are held, pass after pass, until one holds none', async () => {
    await system.fill(100);
    const ending = { without: range(1, 30), guard: once };
    for (const at of [1000, 2000]) await system.endPass(ending, { now: () => at });
    expect(await system.checkpoint()).toMatchObject({ held: { at: 1000, pass: 2 } });
    await system.endPass({ guard: once }, { now: () => 3000 });
    await system.endPass(ending, { now: () => 4000 });
    expect(await system.checkpoint()).toMatchObject({ held: { at: 4000 } });
  });

  test('is an empty snapshot, however few rows there are', async () => {
    await system.fill(3);
    const ended = await system.endPass({ without: range(1, 3), guard: { ...once, ...anything } });
    expect(ended).toMatchObject({ verdict: { delete: 'held' }, deleted: 0 });
  });
});

describe('a run that is killed in the middle', () => {
  test.each([once, twice])('is continued to the same end, by the same verdict: %o', async (confirm) => {
    const guard = { ...confirm, maxDeletes: { ratio: 0.5 } };
    await system.fill(10_000);
    if (confirm === twice) await system.endPass({ without: range(1, 5000), guard });
    await expect(system.endPass({ without: range(1, 5000), guard }, dyingAfter(1))).rejects.toThrow('killed');
    expect(system.customers()).toHaveLength(6000);
    await system.takeOver();
    expect(await system.endStoredPass({ guard })).toMatchObject({ verdict: { delete: 'all' }, deleted: 1000 });
    expect(system.customers()).toEqual(range(5001, 10_000));
    expect(await system.events('customers.deleted')).toEqual(range(1, 5000).map(String));
    expect((await system.checkpoint()).deletions.map(({ live, deleted }) => [live, deleted])).toEqual([[10_000, 5000]]);
  });

  test('while it counts what is held, deletes nothing afterwards', async () => {
    await system.fill(9000);
    await system.endPass({ without: range(1, 4800), guard: twice });
    await expect(system.endPass({ without: range(1, 4800), guard: twice }, dyingAfter(1))).rejects.toThrow('killed');
    await system.takeOver();
    const ended = await system.endStoredPass({ guard: twice });
    expect(ended).toMatchObject({ verdict: { delete: 'held' }, deleted: 0 });
    expect(await system.checkpoint()).toMatchObject({ held: { count: 4800 } });
    expect(system.customers()).toHaveLength(9000);
  });

  test('while it counts, has the rest count once, and once only', async () => {
    await system.fill(9000);
    const ending = { without: range(1, 900), guard: twice };
    const many = { without: range(1, 4500), guard: { ...twice, ...anything } };
    await expect(system.endPass(many, dyingAfter(1))).rejects.toThrow('killed');
    await system.takeOver();
    expect(await system.endStoredPass({ guard: twice })).toMatchObject({ deleted: 0 });
    expect(await system.endPass(ending)).toMatchObject({ deleted: 900 });
    expect(await system.endPass({ without: range(1, 4500), guard: twice })).toMatchObject({ deleted: 0 });
  });
});

test('deletes thousands in batches of four thousand at most, each with its events and its checkpoint', async () => {
  await system.fill(4500);
  const batches: number[] = [];
  let before = 0;
  await system.endPass(
    { without: range(1, 4400), guard: { ...once, ...anything } },
    {
      committed: async () => {
        const { length } = await system.events('customers.deleted');
        batches.push(length - before);
        before = length;
        expect((await system.checkpoint()).deletions[0]?.deleted).toBe(length);
      },
    },
  );
  expect(batches).toEqual([4000, 400]);
});

test('writes no further batch once the lock is not surely ours', async () => {
  await system.fill(6000);
  let asked = 0;
  const isTrusted = () => {
    asked += 1;
    return asked < 2;
  };
  const lease = { ...aLease, isTrusted };
  const ending = system.endPass({ without: range(1, 5500), guard: { ...once, ...anything } }, { lease });
  await expect(ending).rejects.toThrow(LeaseLostError);
  expect(system.customers()).toHaveLength(2000);
});

test('a row that the database keeps is reported, stays live, and is tried again', async () => {
  await using other = await aSystem({ onDelete: 'hard' });
  await other.fill(20);
  other.sql(`CREATE TABLE orders (customer INTEGER REFERENCES customers (id)); INSERT INTO orders VALUES (3);`);
  const ending = { without: [3, 4], guard: once };
  expect(await other.endPass(ending)).toMatchObject({ verdict: { delete: 'all' }, deleted: 1, refused: 1 });
  expect(other.customers()).toContain(3);
  other.sql('DELETE FROM orders');
  expect(await other.endPass({ without: [3], guard: once })).toMatchObject({ deleted: 1, refused: 0 });
  expect(await other.events('customers.deleted')).toEqual(['4', '3']);
});

describe('rows that the system holds locked', () => {
  /** The target, while the system holds the rows of these ids for so many tries. */
  const holding = (target: Target, held: readonly number[], tries: number): Target => ({
    ...target,
    async remove(removal, signal) {
      tries -= 1;
      if (tries < 0) return target.remove(removal, signal);
      const ids = removal.ids.filter((id) => !held.includes(id));
      const busy = removal.ids.filter((id) => held.includes(id)).map(String);
      const checkpoint = (deleted: number) => removal.checkpoint(deleted, busy.length === 0);
      return { ...(await target.remove({ ...removal, ids, missing: [], found: [], checkpoint }, signal)), busy };
    },
  });

  test('are deleted as soon as they are free, and every deletion counts once', async () => {
    await system.fill(20);
    const target = holding(system.target, [3], 2);
    const ended = await system.endPass({ without: [3, 17], guard: once }, { target });
    expect(ended).toMatchObject({ deleted: 2, refused: 0 });
    expect(await system.events('customers.deleted')).toEqual(['17', '3']);
    const { deletions } = await system.checkpoint();
    expect(deletions.reduce((sum, { deleted }) => sum + deleted, 0)).toBe(2);
  });

  test('count as missing once, however often they are tried', async () => {
    await system.fill(20);
    await system.endPass({ without: [3], guard: twice });
    const target = holding(system.target, [3], 2);
    expect(await system.endPass({ without: [3, 5], guard: twice }, { target })).toMatchObject({ deleted: 1 });
    expect(await system.target.liveAfter('customers', 4, 1)).toEqual({ ids: [5], missed: [1] });
  });

  test('end the run when they stay locked, and the next run continues from there', async () => {
    await system.fill(20);
    const target = holding(system.target, [3], Number.POSITIVE_INFINITY);
    const ending = system.endPass({ without: [3, 17], guard: once }, { target, timings: withBusyMs(0) });
    await expect(ending).rejects.toThrow(UnreachableError);
    expect(await system.checkpoint()).toMatchObject({ phase: 'deleting', sweptTo: 0 });
    expect(await system.endStoredPass({ guard: once })).toMatchObject({ deleted: 1 });
    expect(await system.events('customers.deleted')).toEqual(['17', '3']);
  });
});

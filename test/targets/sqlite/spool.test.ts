import { describe, expect, test } from 'vitest';
import type { Change } from '../../../src/change.ts';
import { createSpool } from '../../../src/targets/sqlite/spool.ts';

const created: Change = { type: 'created', key: 'b', after: ['b', 2n ** 60n, true, null] };
const updated: Change = { type: 'updated', key: 'a', before: ['a', 1], after: ['a', 2], changed: [1] };
const deleted: Change = { type: 'deleted', key: 'c', before: null };

describe('a spool', () => {
  test('returns the plan of a resource in the order of its keys', () => {
    using spool = createSpool();
    spool.put('customers', [created, deleted, updated]);
    spool.put('orders', [deleted]);
    expect([...spool.changes('customers')]).toEqual([updated, created, deleted]);
    expect(spool.counts('customers')).toEqual({ created: 1, updated: 1, deleted: 1 });
    expect(spool.counts('orders')).toEqual({ created: 0, updated: 0, deleted: 1 });
  });

  test('keeps the later of two changes of a key, and drops what is taken back', () => {
    using spool = createSpool();
    spool.put('customers', [created]);
    spool.put('customers', [{ type: 'deleted', key: 'b', before: null }, updated]);
    spool.drop('customers', ['a', 'never planned']);
    expect([...spool.changes('customers')]).toEqual([{ type: 'deleted', key: 'b', before: null }]);
  });

  test('remembers which record has which native key, for each resource by itself', () => {
    using spool = createSpool();
    spool.remember('customers', [
      ['7', 'a'],
      ['8', 'b'],
    ]);
    spool.remember('orders', [['7', 'z']]);
    expect(spool.remembered('customers', { natives: ['7'], keys: ['b', 'none'] })).toEqual([
      ['7', 'a'],
      ['8', 'b'],
    ]);
    expect(spool.remembered('customers', { natives: ['none'], keys: [] })).toEqual([]);
  });

  test('can be read twice at once', () => {
    using spool = createSpool();
    spool.put('customers', [created, updated]);
    const first = spool.changes('customers')[Symbol.iterator]();
    expect(first.next().value).toEqual(updated);
    expect([...spool.changes('customers')]).toHaveLength(2);
    expect(first.next().value).toEqual(created);
  });
});

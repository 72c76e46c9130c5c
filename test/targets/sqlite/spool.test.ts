import { readdirSync, readlinkSync, statSync } from 'node:fs';
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

test('says for which of some keys a change is planned', () => {
  using spool = createSpool();
  spool.put('customers', [{ type: 'created', key: '1', after: ['1'] }]);
  expect([...spool.planned('customers', ['1', '2'])]).toEqual(['1']);
  expect([...spool.planned('orders', ['1'])]).toEqual([]);
});

test.runIf(process.platform === 'linux')(
  'a plan that does not fit into memory is in a file for its own user only, without a name',
  () => {
    using spool = createSpool();
    const after = ['x'.repeat(100_000)];
    for (let at = 0; at < 400; at += 1) spool.put('customers', [{ type: 'created', key: String(at), after }]);
    const open = readdirSync('/proc/self/fd').flatMap((fd) => {
      const path = `/proc/self/fd/${fd}`;
      return /etilqs.*deleted/.test(readLink(path)) ? statSync(path).mode & 0o777 : [];
    });
    expect(new Set(open)).toEqual(new Set([0o600]));
  },
);

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

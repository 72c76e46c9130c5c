import { expect, test } from 'vitest';
import { noChanges } from '../../src/change.ts';
import { totalsAfter } from '../../src/run/run-totals.ts';
import type { RunRow } from '../../src/run-row.ts';

function aRow(changes: Partial<RunRow> = {}): RunRow {
  const at = new Date(0);
  const who = { run: 'a', holder: 'host:1', adapter: 'acme', startedAt: at, endedAt: at, outcome: 'done', exitCode: 0 };
  return { ...who, hits: 1, pages: 1, counts: noChanges, rejected: 0, error: null, ...changes };
}

test('the first run counts itself', () => {
  const totals = totalsAfter({ runs: {}, hits: {} }, aRow({ statuses: { 200: 2 } }), 0);
  expect(totals).toEqual({ runs: { done: 1 }, hits: { 200: 2 } });
});

test('a run counts on from the one before, with those that were killed between them', () => {
  const before = { runs: { done: 40, failed: 2, killed: 1 }, hits: { 200: 40, none: 2 } };
  expect(totalsAfter(before, aRow({ outcome: 'failed', statuses: { 503: 1, none: 1 } }), 2)).toEqual({
    runs: { done: 40, failed: 3, killed: 3 },
    hits: { 200: 40, none: 3, 503: 1 },
  });
});

import { expect, test } from 'vitest';
import { noChanges } from '../../src/change.ts';
import { totalsAfter } from '../../src/run/run-totals.ts';
import type { RunRow } from '../../src/run-row.ts';

function aRow(run: string, changes: Partial<RunRow> = {}): RunRow {
  const at = new Date(0);
  const who = { run, holder: 'host:1', adapter: 'acme', startedAt: at, endedAt: at, outcome: 'done', exitCode: 0 };
  return { ...who, hits: 1, pages: 1, counts: noChanges, rejected: 0, error: null, ...changes };
}

const unended = { endedAt: null, outcome: null, exitCode: null };

test('the first run counts itself', () => {
  expect(totalsAfter(aRow('a', { statuses: { 200: 2 } }), [])).toEqual({ runs: { done: 1 }, hits: { 200: 2 } });
});

test('a run counts on from the last one that counted, and counts those that were killed since', () => {
  const totals = { runs: { done: 40, failed: 2, killed: 1 }, hits: { 200: 40, none: 2 } };
  const earlier = [aRow('e', unended), aRow('d', unended), aRow('c', unended), aRow('b', { totals }), aRow('a')];
  expect(totalsAfter(aRow('e', { outcome: 'failed', statuses: { 503: 1, none: 1 } }), earlier)).toEqual({
    runs: { done: 40, failed: 3, killed: 3 },
    hits: { 200: 40, none: 3, 503: 1 },
  });
});

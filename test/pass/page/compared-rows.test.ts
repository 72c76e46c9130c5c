import { expect, test } from 'vitest';
import { filledIn, sumColumns } from '../../../src/pass/emptied.ts';
import { ComparedRows } from '../../../src/pass/page/compared-rows.ts';

const columns = [
  { name: 'id', kind: 'text' },
  { name: 'email', kind: 'text' },
] as const;
const pendingIn = (page: ComparedRows) => [...(page.pending.get('email') ?? [])];
const withoutEmail = { row: ['1', 'e'], emptied: [1], id: 4 };

test('what a page compares is counted by column, and a copy leaves the original as it is', () => {
  const first = new ComparedRows(columns).with([withoutEmail]);
  const second = first.with([
    { row: ['2', null], emptied: [], id: 5 },
    { row: ['3', 'e'], emptied: [1], id: null },
  ]);
  expect(first.counts).toEqual({ id: { kept: 1, adopted: 0 } });
  expect(second.counts).toEqual({ id: { kept: 3, adopted: 0 }, email: { kept: 0, adopted: 1 } });
  expect([pendingIn(first), pendingIn(second)]).toEqual([[4], [4]]);
  expect(sumColumns(first.counts, second.counts)).toMatchObject({ id: { kept: 4 }, email: { adopted: 1 } });
  expect(filledIn(columns, second.counts, second.pending)).toEqual({
    id: { filled: 3, emptied: 0 },
    email: { filled: 2, emptied: 2 },
  });
});

test('the last record of a key decides whether its value is pending', () => {
  const page = new ComparedRows(columns).with([withoutEmail]);
  const next = new ComparedRows(columns, page);
  expect([next.changesHeld, pendingIn(next)]).toEqual([false, [4]]);
  expect(pendingIn(next.with([withoutEmail]))).toEqual([4]);
  const kept = next.with([{ ...withoutEmail, emptied: [] }]);
  expect([kept.changesHeld, kept.pending.size]).toEqual([true, 0]);
  next.keepAll([4, 5]);
  expect([next.changesHeld, pendingIn(next), pendingIn(page)]).toEqual([true, [], [4]]);
});

test('the last record of a key decides whether its row is updated at the end of the pass', () => {
  const deferred = { row: ['1', 'e'], emptied: [], id: 4, isDeferred: true };
  const page = new ComparedRows(columns).with([deferred]);
  expect([page.changesHeld, [...page.deferred]]).toEqual([true, [4]]);
  const next = new ComparedRows(columns, page);
  expect([next.changesHeld, [...next.deferred]]).toEqual([false, [4]]);
  expect([...next.with([{ ...deferred, isDeferred: false }]).deferred]).toEqual([]);
  next.keepAll([5]);
  expect(next.changesHeld).toBe(false);
  next.keepAll([4]);
  expect([next.changesHeld, [...next.deferred], [...page.deferred]]).toEqual([true, [], [4]]);
});

import { describe, expect, test } from 'vitest';
import type { Found } from '../../src/batch.ts';
import { digestFields } from '../../src/field-digests.ts';
import { planSteps } from '../../src/pass/plan.ts';
import type { Prepared } from '../../src/record.ts';

const record: Prepared = { key: '1', values: ['1', 'ada@example.com'], hash: 'new' };
const entry = { id: 7, hash: 'old', deleted: false };
const forgotten = { ...entry, hash: '' };
const sameRow = ['1', 'ada@example.com'];
const otherRow = ['1', 'old@example.com'];

const planned = (found: Partial<Found>) =>
  planSteps([record], [{ entry: null, row: null, isRowDeleted: false, ...found }])[0]?.change;

const created = { type: 'created', key: '1', after: record.values };
const updated = { type: 'updated', key: '1', before: otherRow, after: record.values, changed: [1] };

describe('a record is planned as', () => {
  test.each([
    ['created if nothing is known of it', {}, created],
    ['created again where its row is gone', { entry }, created],
    [
      'created again, as a repair, where its row is gone and its hash is equal',
      { entry: { ...entry, hash: 'new' } },
      { ...created, cause: 'repair' },
    ],
    [
      'created again, as a repair, where its row is gone and its hash is forgotten',
      { entry: forgotten },
      { ...created, cause: 'repair' },
    ],
    [
      'updated, as a repair, where its hash is forgotten',
      { entry: forgotten, row: otherRow },
      { ...updated, cause: 'repair' },
    ],
    ['a refresh where its hash is forgotten and no field differs', { entry: forgotten, row: sameRow }, 'refresh'],
    ['created again after a delete', { entry: { ...entry, deleted: true }, row: sameRow }, created],
    [
      'created again after a delete, though its hash is equal',
      { entry: { id: 7, hash: 'new', deleted: true }, row: sameRow },
      created,
    ],
    [
      'created again where its row bears the mark of a soft delete',
      { entry, row: sameRow, isRowDeleted: true },
      created,
    ],
    ['unchanged where its hash is equal', { entry: { ...entry, hash: 'new' }, row: otherRow }, 'none'],
    ['a refresh where no field differs from the row', { entry, row: sameRow }, 'refresh'],
    ['updated in the fields that differ from the row', { entry, row: otherRow }, updated],
    ['adopted where a row is equal and bears no entry', { row: sameRow }, 'refresh'],
    ['adopted and updated where a row differs and bears no entry', { row: otherRow }, updated],
  ] as const)('%s', (_title, found, change) => {
    expect(planned(found)).toEqual(change);
  });
});

test('each record gets its own step, in order', () => {
  const other: Prepared = { key: '2', values: ['2', null], hash: 'x' };
  const steps = planSteps(
    [record, other],
    [
      { entry, row: sameRow, isRowDeleted: false },
      { entry: null, row: null, isRowDeleted: false },
    ],
  );
  expect(
    steps.map((step) => [step.record.key, typeof step.change === 'string' ? step.change : step.change.type]),
  ).toEqual([
    ['1', 'refresh'],
    ['2', 'created'],
  ]);
});

test('an integer and its text are different values', () => {
  const change = planSteps([{ key: '1', values: [1], hash: 'new' }], [{ entry, row: ['1'], isRowDeleted: false }])[0]
    ?.change;
  expect(change).toMatchObject({ type: 'updated', changed: [0] });
});

describe('values that a record would empty', () => {
  const hash = (values: readonly unknown[]) => JSON.stringify(values);
  const row = ['1', 'ada@example.com', 'active'];
  const plan = (values: Prepared['values'], known: Partial<Found['entry']> = {}) => {
    const found = { entry: { ...entry, ...known }, row, isRowDeleted: false };
    return planSteps([{ key: '1', values, hash: 'new' }], [found], { hash })[0];
  };

  test('stay in the row, and everything else is written', () => {
    const kept = ['1', 'ada@example.com', 'gold'];
    expect(plan(['1', null, 'gold'])).toEqual({
      record: { key: '1', values: kept, hash: hash(kept) },
      change: { type: 'updated', key: '1', before: row, after: kept, changed: [2] },
      emptied: [1],
    });
  });

  test('are planned again in each pass, without a change', () => {
    expect(plan(['1', null, 'active'])).toMatchObject({ change: 'refresh', emptied: [1] });
    expect(plan(['1', null, 'active'], { hash: hash(row) })).toMatchObject({ change: 'none', emptied: [1] });
  });

  test('are emptied at once where nobody asks to keep them', () => {
    const found = { entry, row, isRowDeleted: false };
    const [step] = planSteps([{ key: '1', values: ['1', null, 'active'], hash: 'new' }], [found]);
    expect(step).toMatchObject({ change: { type: 'updated', changed: [1] }, emptied: [] });
  });
});

describe('a repair', () => {
  const columns = ['id', 'email', 'state'].map((name) => ({ name, kind: 'text' as const }));
  const digest = digestFields(columns);
  const hash = (values: readonly unknown[]) => JSON.stringify(values);
  const row = ['1', 'filled@example.com', 'active'];
  const given: Prepared = { key: '1', values: ['1', null, 'active'], hash: 'new' };
  const plan = (known: Prepared['values'] | null, entryHash = '') => {
    const found = { entry: { ...entry, hash: entryHash, fields: known && digest(known) }, row, isRowDeleted: false };
    return planSteps([given], [found], { hash, digest })[0];
  };

  test('empties a value that somebody has filled in, where the row had none when it was written', () => {
    expect(plan(['1', null, 'gold'])).toEqual({
      record: given,
      change: { type: 'updated', key: '1', before: row, after: given.values, changed: [1], cause: 'repair' },
      emptied: [],
    });
  });

  test.each([
    ['the row had a value', ['1', 'ada@example.com', 'active'], ''],
    ['it is not known what the row had', null, ''],
    ['the row is not to be repaired', ['1', null, 'gold'], 'old'],
  ])('keeps a value for the guard where %s', (_title, known, entryHash) => {
    expect(plan(known, entryHash)).toMatchObject({ change: 'refresh', emptied: [1] });
  });
});

test('a record that has come before in the pass does not count', () => {
  const found = { entry, row: otherRow, isRowDeleted: false };
  expect(planSteps([record], [found], { isRepeated: (id) => id === 7 })).toMatchObject([{ change: 'none' }]);
  const gone = { ...found, entry: { ...entry, deleted: true } };
  expect(planSteps([record], [gone], { isRepeated: () => true })).toMatchObject([{ change: created }]);
});

describe('a record that would empty a value, where the database has rewritten another one', () => {
  const given: Prepared = { key: '1', values: ['Ada', null], hash: 'new' };
  const row = ['ADA', 'ada@example.com'];
  const hash = (values: readonly unknown[]) => JSON.stringify(values);
  const plan = (entryHash: string, verifies = false) => {
    const found = { entry: { ...entry, hash: entryHash }, row, isRowDeleted: false };
    return planSteps([given], [found], { hash, verifies })[0];
  };
  const written = hash(['Ada', 'ada@example.com']);

  test('stays as it is while the third party does not change it', () => {
    expect(plan(written)).toMatchObject({ change: 'none', emptied: [1], record: { hash: written } });
  });

  test('is written if it has changed, and in a pass that compares every row', () => {
    const updated = { change: { type: 'updated', changed: [0] }, emptied: [1] };
    expect([plan('old'), plan(written, true)]).toMatchObject([updated, updated]);
  });
});

import { describe, expect, test } from 'vitest';
import type { KnownRow } from '../../../src/drift.ts';
import { digestFields } from '../../../src/field-digests.ts';
import { isOfShape, rowComparison } from '../../../src/pass/page/compare-row.ts';
import type { Column, Values } from '../../../src/record.ts';
import { hashOf } from '../../../src/records/hash.ts';
import { aCheckpoint } from '../a-pass.ts';

const columns: readonly Column[] = [
  { name: 'id', kind: 'text' },
  { name: 'email', kind: 'text' },
];
const table = {
  ...{ resource: 'customers', table: 'customers', key: ['id'], columns, mapped: columns },
  onDelete: 'soft' as const,
};
const hash = hashOf(columns);
const digest = digestFields(columns);
const brought: Values = ['1', 'Ada@Example.com'];
const kept: Values = ['1', 'ada@example.com'];
const written: KnownRow = {
  ...{ id: 7, key: '1', hash: hash(brought), fields: digest(kept), row: kept },
  ...{ isMarked: false, mayBeRewritten: true },
};
const compared = (known: Partial<KnownRow>, isSameShape = true) =>
  rowComparison({ table, hash }, isSameShape)({ ...written, ...known });
const changed = (fields: readonly string[] | null) => ({ id: 7, key: '1', is: 'changed', fields });

describe('a row is', () => {
  test.each<[string, Partial<KnownRow>, unknown]>([
    ['the same where it reads as the database kept it', {}, 'same'],
    ['changed, in these fields, where it reads otherwise', { row: ['1', null] }, changed(['email'])],
    ['missing', { row: null }, { id: 7, key: '1', is: 'missing', fields: null }],
    ['marked', { isMarked: true }, { id: 7, key: '1', is: 'marked', fields: null }],
    ['unknown where what is known was forgotten', { hash: '', row: null }, 'unknown'],
    ['unknown where its digests are of other columns', { fields: digestFields([])([]) }, 'unknown'],
  ])('%s', (_title, known, result) => {
    expect(compared(known)).toEqual(result);
  });
});

describe('a row that release 0.1.0 wrote is', () => {
  const old = { fields: null, mayBeRewritten: false };

  test('the same where it reads as what the third party brought', () => {
    expect(compared({ ...old, row: brought })).toBe('same');
  });

  test('changed where it does not, and nobody knows in which field', () => {
    expect(compared({ ...old, row: kept })).toEqual(changed(null));
  });

  test('unknown where the database might have kept another row, or the mapping is another one', () => {
    expect(compared({ ...old, row: kept, mayBeRewritten: true })).toBe('unknown');
    expect(compared({ ...old, row: kept }, false)).toBe('unknown');
    expect(compared({ ...old, row: null }, false)).toMatchObject({ is: 'missing' });
  });
});

test('hashes are of the columns of now once a pass of this shape has begun that is not a remap', () => {
  const resource = { shape: 'now' };
  expect(isOfShape(aCheckpoint({ shape: 'now' }), resource)).toBe(true);
  expect(isOfShape(aCheckpoint({ shape: 'now', isRemap: true }), resource)).toBe(false);
  expect(isOfShape(aCheckpoint({ shape: 'before' }), resource)).toBe(false);
  expect(isOfShape(null, resource)).toBe(false);
});

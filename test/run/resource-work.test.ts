import { expect, test } from 'vitest';
import { noChanges } from '../../src/change.ts';
import { ResourceWork } from '../../src/run/resource-work.ts';

const counts = { created: 2, updated: 1, deleted: 0 };
const page = { counts, records: 5, rejected: 1, duplicates: 0 };
const passOf = (resource: string) => ({
  resource: { table: { resource } },
  checkpoint: { pass: 3, phase: 'walking' as const },
});

test('a resource that was worked on has its pages, what was written, and its first error', () => {
  const work = new ResourceWork();
  work.wrote('people', counts);
  work.tookPage('people', page);
  work.tookPage('people', page);
  work.wrote('people', { ...noChanges, deleted: 4 });
  work.failed('cities', 'away');
  work.failed('cities', 'still away');
  const where = { pass: 3, phase: 'walking' };
  expect(work.rows([passOf('people'), passOf('cities'), passOf('idle')])).toEqual([
    {
      resource: 'people',
      ...where,
      pages: 2,
      records: 10,
      rejected: 2,
      counts: { ...counts, deleted: 4 },
      error: null,
    },
    { resource: 'cities', ...where, pages: 0, records: 0, rejected: 0, counts: noChanges, error: 'away' },
  ]);
});

test('a resource without a pass has nothing to say', () => {
  const work = new ResourceWork();
  work.failed('people', 'away');
  expect(work.rows([{ ...passOf('people'), checkpoint: null }])).toEqual([]);
});

import { describe, expect, test } from 'vitest';
import { lastSnapshot } from '../../../src/pass/end/last-snapshot.ts';
import type { SnapshotCheckpoint } from '../../../src/pass/transitions.ts';
import type { ResourceTable } from '../../../src/table.ts';
import { aCheckpoint, progressed } from '../a-pass.ts';

const text = (name: string) => ({ name, kind: 'text' }) as const;
const table: ResourceTable = {
  ...{ resource: 'people', table: 'people', key: ['id'], columns: [] },
  mapped: [text('id'), text('email'), text('phone')],
  onDelete: 'soft',
};

describe('the number of records', () => {
  const expectations = { records: { min: 10, max: 20 } };
  const ended = (records: number, before: Partial<SnapshotCheckpoint> = {}) =>
    lastSnapshot(aCheckpoint({ progress: progressed({ records }), ...before }), { table, expectations }, 5000);

  test('is remembered, with the time since which it is not as expected', () => {
    expect(ended(15)).toMatchObject({ lastCount: 15, countUnmetSince: null });
    expect(ended(9)).toMatchObject({ lastCount: 9, countUnmetSince: 5000 });
    expect(ended(21, { countUnmetSince: 3000 }).countUnmetSince).toBe(3000);
    expect(ended(15, { countUnmetSince: 3000 }).countUnmetSince).toBeNull();
  });

  test('is as expected where nothing is', () => {
    expect(lastSnapshot(aCheckpoint(), { table }, 5000).countUnmetSince).toBeNull();
  });
});

describe('a column is lost', () => {
  const filled = (...ever: string[]) => ({ always: null, ever });
  const ended = (ever: readonly string[], before: Partial<SnapshotCheckpoint> = {}, records = 30) => {
    const progress = progressed({ records, fields: filled(...ever) });
    const known = { lastFields: filled('email', 'phone') };
    return lastSnapshot(aCheckpoint({ ...known, ...before, progress }), { table }, 5000).lostFields;
  };

  test('where the pass has not filled it, and the last one has', () => {
    expect(ended(['email'])).toEqual([{ column: 'phone', at: 5000, records: 30 }]);
    expect(ended(['email', 'phone'])).toEqual([]);
    expect(ended(['email'], { lastFields: filled('email') })).toEqual([]);
  });

  test('until a pass fills it', () => {
    const lost = { lastFields: filled('email'), lostFields: [{ column: 'phone', at: 1000, records: 25 }] };
    expect(ended(['email'], lost)).toEqual([{ column: 'phone', at: 1000, records: 30 }]);
    expect(ended([], lost, 0)).toEqual(lost.lostFields);
    expect(ended(['email', 'phone'], lost)).toEqual([]);
  });

  test('not by another mapping, which may not find it on purpose', () => {
    expect(ended(['email'], { isRemap: true })).toEqual([]);
  });
});

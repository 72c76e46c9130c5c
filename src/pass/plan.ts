import type { Found, Step } from '../batch.ts';
import type { Prepared, Values } from '../record.ts';

/**
 * Decides what each record means for the target. Pure. `found` has what the target knows of each record, in the same order.
 * A record that `isRepeated` does not count: one with its key has come before, and is written.
 */
export function planSteps(
  records: readonly Prepared[],
  found: readonly Found[],
  isRepeated: (id: number) => boolean = () => false,
): Step[] {
  return records.map((record, at) => {
    const known = found[at] ?? nothingFound;
    const { entry } = known;
    if (entry && !entry.deleted && isRepeated(entry.id)) return { record, change: 'none' };
    return stepFor(record, known);
  });
}

const nothingFound: Found = { entry: null, row: null, isRowDeleted: false };

function stepFor(record: Prepared, { entry, row, isRowDeleted }: Found): Step {
  const { key, values } = record;
  if (row === null || entry?.deleted || isRowDeleted)
    return { record, change: { type: 'created', key, after: values } };
  if (entry?.hash === record.hash) return { record, change: 'none' };
  const changed = differences(row, values);
  if (changed.length === 0) return { record, change: 'refresh' };
  return { record, change: { type: 'updated', key, before: row, after: values, changed } };
}

function differences(before: Values, after: Values): number[] {
  const changed: number[] = [];
  for (let at = 0; at < after.length; at += 1) if (before[at] !== after[at]) changed.push(at);
  return changed;
}

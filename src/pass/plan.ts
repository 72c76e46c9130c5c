import type { Found, Step } from '../batch.ts';
import type { ChangeCause } from '../change.ts';
import type { Prepared, Values } from '../record.ts';

/**
 * Decides what each record means for the target. Pure. `found` has what the target knows of each record, in the same order. A
 * record that the third party has not changed, or whose hash was forgotten, is repaired.
 */
export function planSteps(records: readonly Prepared[], found: readonly Found[]): Step[] {
  return records.map((record, at) => stepFor(record, found[at] ?? nothingFound));
}

const nothingFound: Found = { entry: null, row: null, isRowDeleted: false };

function stepFor(record: Prepared, { entry, row, isRowDeleted }: Found): Step {
  const { key, values } = record;
  const isKnown = entry !== null && !entry.deleted && (entry.hash === record.hash || entry.hash === '');
  const why: { readonly cause?: ChangeCause } = isKnown ? { cause: 'repair' } : {};
  if (row === null || entry?.deleted || isRowDeleted)
    return { record, change: { type: 'created', key, after: values, ...why } };
  if (entry?.hash === record.hash) return { record, change: 'none' };
  const changed = differences(row, values);
  if (changed.length === 0) return { record, change: 'refresh' };
  return { record, change: { type: 'updated', key, before: row, after: values, changed, ...why } };
}

function differences(before: Values, after: Values): number[] {
  const changed: number[] = [];
  for (let at = 0; at < after.length; at += 1) if (before[at] !== after[at]) changed.push(at);
  return changed;
}

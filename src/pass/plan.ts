import type { Found, Step } from '../batch.ts';
import type { ChangeCause } from '../change.ts';
import { differingFields } from '../field-digests.ts';
import type { Column, Prepared, Values } from '../record.ts';

/** What a plan depends on beside the records and the rows. */
export interface Planning {
  /** Whether a record of this id does not count: one with its key has come before, and is written. */
  readonly isRepeated?: (id: number) => boolean;
  /** The hash of values, where fields that a record would empty keep their value. Without it, they are emptied at once. */
  readonly hash?: (values: Values) => string;
  /** Digests of the fields of a record. With it, a value that a repair brings back is not an emptied one, also where it is null. */
  readonly digest?: (values: Values) => string;
  /** Whether an update of the record of this id waits for the end of the pass. Without it, none waits. */
  readonly defers?: ((id: number) => boolean) | undefined;
  /** Whether fields are compared with the row also where the hash says that they were written so. */
  readonly verifies?: boolean | undefined;
  /** The mapped columns: a row keeps what it has in those that are written once. */
  readonly columns?: readonly Column[];
}

/** What is to be done with one record, and which values it would empty. */
export type PlannedStep = Step & {
  /** Positions of the columns whose value the row keeps, although the record has none. */
  readonly emptied: readonly number[];
};

/**
 * Decides what each record means for the target. Pure. `found` has what the target knows of each record, in the same order. A
 * record that the third party has not changed, or whose hash was forgotten, is repaired.
 */
export function planSteps(
  records: readonly Prepared[],
  found: readonly Found[],
  { isRepeated = () => false, columns = [], ...planning }: Planning = {},
): PlannedStep[] {
  const owned = columns.flatMap(({ isWriteOnce }, at) => (isWriteOnce ? at : []));
  return records.map((record, at) => {
    const known = found[at] ?? nothingFound;
    const { entry } = known;
    if (entry && !entry.deleted && isRepeated(entry.id)) return { record, change: 'none', emptied: noColumns };
    return stepFor(owned.length === 0 ? record : withOwned(owned, record, known.row), known, planning);
  });
}

/** The record with what the row has in the columns that the system owns. Its hash is without them. */
function withOwned(owned: readonly number[], record: Prepared, row: Values | null): Prepared {
  if (row === null) return record;
  return { ...record, values: record.values.map((value, at) => (owned.includes(at) ? (row[at] ?? null) : value)) };
}

const noColumns: readonly number[] = [];
const noCause: { readonly cause?: ChangeCause } = {};
const repair: { readonly cause?: ChangeCause } = { cause: 'repair' };
const nothingFound: Found = { entry: null, row: null, isRowDeleted: false };

function stepFor(
  given: Prepared,
  { entry, row, isRowDeleted }: Found,
  { hash, digest, defers, verifies = false }: Planning,
): PlannedStep {
  const { key } = given;
  const isKnown = entry !== null && !entry.deleted && (entry.hash === given.hash || entry.hash === '');
  const why = isKnown ? repair : noCause;
  if (row === null || entry?.deleted || isRowDeleted)
    return { record: given, change: { type: 'created', key, after: given.values, ...why }, emptied: noColumns };
  if (entry?.hash === given.hash) return { record: given, change: 'none', emptied: noColumns };
  const restored = isKnown ? restoredIn(given, entry.fields, digest) : none;
  const emptied = hash ? emptiedIn(row, given.values, restored) : noColumns;
  const record = hash && emptied.length > 0 ? keeping(emptied, given, row, hash) : given;
  // The third party has not changed it: a field that differs is one that the database, or somebody else, has rewritten.
  if (entry?.hash === record.hash && !verifies) return { record, change: 'none', emptied };
  const { values } = record;
  const changed = differences(row, values);
  if (changed.length > 0 && entry !== null && defers && !changed.every((at) => restored.has(at)) && defers(entry.id))
    return { record: given, change: 'defer', emptied };
  if (changed.length > 0)
    return { record, change: { type: 'updated', key, before: row, after: values, changed, ...why }, emptied };
  return { record, change: entry?.hash === record.hash ? 'none' : 'refresh', emptied };
}

const none: ReadonlySet<number> = new Set();

/** The columns in which the record has what the row had when it was written last: to write it again is to repair the row. */
function restoredIn(
  { values }: Prepared,
  known: string | null | undefined,
  digest: Planning['digest'],
): ReadonlySet<number> {
  if (!known || !digest) return none;
  const changed = differingFields(known, digest(values));
  return changed === null ? none : new Set([...values.keys()].filter((at) => !changed.includes(at)));
}

/** The columns that the row has a value of, and the record has none, without those that are restored. */
function emptiedIn(row: Values, values: Values, restored: ReadonlySet<number>): readonly number[] {
  let emptied: number[] | undefined;
  for (let at = 0; at < values.length; at += 1) {
    if (values[at] !== null || (row[at] ?? null) === null || restored.has(at)) continue;
    emptied ??= [];
    emptied.push(at);
  }
  return emptied ?? noColumns;
}

/** The record with these values of the row. */
function keeping(
  columns: readonly number[],
  { key, values }: Prepared,
  row: Values,
  hash: (values: Values) => string,
): Prepared {
  const kept = values.map((value, at) => (columns.includes(at) ? (row[at] ?? null) : value));
  return { key, values: kept, hash: hash(kept) };
}

function differences(before: Values, after: Values): number[] {
  const changed: number[] = [];
  for (let at = 0; at < after.length; at += 1) if (before[at] !== after[at]) changed.push(at);
  return changed;
}

import type { Found } from '../batch.ts';
import type { ColumnCounts, HeldEmptied } from '../checkpoint.ts';
import type { Column, Values } from '../record.ts';
import { type Limit, textOfMany } from './guard.ts';
import type { ByColumn } from './held-set.ts';
import type { PlannedStep } from './plan.ts';
import { SeenSet } from './seen-set.ts';

/** A row that a record was compared with. */
export interface ComparedRow {
  /** Without values if there was no row. */
  readonly row: Values;
  /** Positions of the columns that the record would empty. */
  readonly emptied: readonly number[];
  /** Null: the row is adopted in this pass. */
  readonly id: number | null;
}

/** The rows that steps were planned on, by key. A record that is repeated is compared with none. */
export function comparedRows(
  steps: readonly PlannedStep[],
  found: readonly Found[],
  isRepeated: (id: number) => boolean,
): ReadonlyMap<string, ComparedRow> {
  const rows = steps.flatMap(({ record, change, emptied }, at): [string, ComparedRow][] => {
    const { entry = null, row = null } = found[at] ?? {};
    if (entry && isRepeated(entry.id)) return [];
    const isCompared = typeof change === 'string' || change.type === 'updated';
    return [[record.key, { row: (isCompared && row) || [], emptied, id: entry?.id ?? null }]];
  });
  return new Map(rows);
}

/** What a page has compared: for each column, how many values stay, and which records would empty theirs. */
export class Emptied {
  readonly #columns: readonly Column[];
  /** By position: this is counted for every value of every record. */
  readonly #kept: number[];
  readonly #adopted: number[];
  /** With the records of the earlier pages: the last record of a key decides. */
  readonly #pending = new Map<string, SeenSet>();
  #changesPending = false;

  constructor(columns: readonly Column[], before: ByColumn = new Map()) {
    this.#columns = columns;
    this.#kept = columns.map(() => 0);
    this.#adopted = columns.map(() => 0);
    for (const [name, ids] of before) this.#pending.set(name, ids.with([]));
  }

  /** A copy that has noted these rows as well. A transaction that is repeated starts from the original again. */
  with(rows: Iterable<ComparedRow>): Emptied {
    const copy = new Emptied(this.#columns, this.#pending);
    for (const at of this.#columns.keys()) {
      copy.#kept[at] = this.#kept[at] ?? 0;
      copy.#adopted[at] = this.#adopted[at] ?? 0;
    }
    copy.#changesPending = this.#changesPending;
    for (const row of rows) copy.#note(row);
    return copy;
  }

  /** Notes a record that has the values of its row. */
  noteUnchanged(row: Values): void {
    for (let at = 0; at < row.length; at += 1) if (row[at] !== null) this.#kept[at] = (this.#kept[at] ?? 0) + 1;
  }

  /** Records that empty no value, whatever an earlier record of their keys would do. */
  keepAll(ids: readonly number[]): void {
    for (const name of [...this.#pending.keys()]) for (const id of ids) this.#keep(name, id);
  }

  /** Of the columns that have values. */
  get counts(): ColumnCounts {
    const counts = this.#columns.map(({ name }, at) => {
      return [name, { kept: this.#kept[at] ?? 0, adopted: this.#adopted[at] ?? 0 }] as const;
    });
    return Object.fromEntries(counts.filter(([, { kept, adopted }]) => kept + adopted > 0));
  }

  /** Records by column, with those of earlier pages. */
  get pending(): ByColumn {
    return this.#pending;
  }

  /** Whether the page has changed which records are pending. */
  get changesPending(): boolean {
    return this.#changesPending;
  }

  #note({ row, emptied, id }: ComparedRow): void {
    this.noteUnchanged(row);
    if (id !== null) this.keepAll([id]);
    for (const at of emptied) {
      this.#kept[at] = (this.#kept[at] ?? 0) - 1;
      const name = this.#columns[at]?.name;
      if (id === null) this.#adopted[at] = (this.#adopted[at] ?? 0) + 1;
      else if (name !== undefined) this.#empty(name, id);
    }
  }

  #empty(name: string, id: number): void {
    const known = this.#pending.get(name) ?? new SeenSet();
    known.add(id);
    this.#pending.set(name, known);
    this.#changesPending = true;
  }

  #keep(name: string, id: number): void {
    const known = this.#pending.get(name);
    if (!known?.has(id)) return;
    known.removeAll([id]);
    if (known.count === 0) this.#pending.delete(name);
    this.#changesPending = true;
  }
}

export function sumColumns(a: ColumnCounts, b: ColumnCounts): ColumnCounts {
  const sum = { ...a };
  for (const [name, { kept, adopted }] of Object.entries(b)) {
    const before = a[name] ?? { kept: 0, adopted: 0 };
    sum[name] = { kept: before.kept + kept, adopted: before.adopted + adopted };
  }
  return sum;
}

/** By column: values that were filled, and how many of them would become empty. */
export type Filled = Readonly<Record<string, { readonly filled: number; readonly emptied: number }>>;

/**
 * What a pass has compared, with the records that would lose a value. These are counted by their ids, so that a record that
 * comes again, or a page that is read again after a crash, counts once.
 */
export function filledIn(columns: readonly Column[], counts: ColumnCounts, pending: ByColumn): Filled {
  const filled = columns.map(({ name }) => {
    const { kept = 0, adopted = 0 } = counts[name] ?? {};
    const emptied = adopted + (pending.get(name)?.count ?? 0);
    return [name, { filled: kept + emptied, emptied }] as const;
  });
  return Object.fromEntries(filled);
}

/** Values of one column that would become empty, and how many of them the guard allows. */
export interface ColumnVerdict {
  readonly column: string;
  readonly filled: number;
  readonly emptied: number;
  readonly allowed: number;
  readonly isHeld: boolean;
}

const fewRows = 3;

/**
 * Judges the values that a complete pass would empty, column by column: no more than the guard allows of those that were
 * filled. Values that a person has permitted do not count.
 */
export function judgeEmptied(
  counts: Filled,
  permitted: (column: string) => number,
  limit: Limit,
): readonly ColumnVerdict[] {
  return Object.entries(counts).flatMap(([column, { filled, emptied }]) => {
    if (emptied === 0) return [];
    const allowed = 'count' in limit ? limit.count : Math.max(fewRows, Math.floor(filled * limit.ratio));
    return { column, filled, emptied, allowed, isHeld: emptied - permitted(column) > allowed };
  });
}

/** What is held back of the values; null if nothing is. `countOf` says how many of a column. */
export function heldEmptied(
  verdicts: readonly ColumnVerdict[],
  countOf: (verdict: ColumnVerdict) => number,
  { pass, at }: { readonly pass: number; readonly at: number },
): HeldEmptied | null {
  const held = verdicts.filter(({ isHeld }) => isHeld);
  if (held.length === 0) return null;
  const sentences = held.map(
    ({ column, filled, emptied, allowed }) =>
      `${emptied} of ${textOfMany(filled, 'value')} of ${column} would become empty; the guard allows ${allowed}`,
  );
  return {
    pass,
    count: held.reduce((sum, verdict) => sum + countOf(verdict), 0),
    columns: held.map(({ column, filled, emptied }) => ({ column, filled, emptied })),
    because: sentences.join('; '),
    at,
  };
}

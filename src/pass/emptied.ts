import type { Found } from '../batch.ts';
import type { ColumnCounts, HeldEmptied } from '../checkpoint.ts';
import type { Column, Values } from '../record.ts';
import { type Limit, textOfMany } from './guard.ts';
import type { ByColumn } from './held-set.ts';
import type { PlannedStep } from './plan.ts';
import { SeenSet } from './seen-set.ts';

/** A row that a record was compared with. */
export interface ComparedRow {
  readonly row: Values;
  /** Positions of the columns that the record would empty. */
  readonly emptied: readonly number[];
  /** Null: the row is adopted in this pass. */
  readonly id: number | null;
}

/** The rows that steps were planned on, by key. A record that is created, or repeated, is compared with none. */
export function comparedRows(
  steps: readonly PlannedStep[],
  found: readonly Found[],
  isRepeated: (id: number) => boolean,
): ReadonlyMap<string, ComparedRow> {
  const rows = steps.flatMap(({ record, change, emptied }, at): [string, ComparedRow][] => {
    const { entry = null, row = null } = found[at] ?? {};
    const isCompared = row !== null && (typeof change === 'string' || change.type === 'updated');
    if (!isCompared || (entry && isRepeated(entry.id))) return [];
    return [[record.key, { row, emptied, id: entry?.id ?? null }]];
  });
  return new Map(rows);
}

/** What a page has compared: for each column, how many values were filled, and which records would empty them. */
export class Emptied {
  readonly #columns: readonly Column[];
  /** By position: this is counted for every value of every record. */
  readonly #filled: number[];
  readonly #emptied: number[];
  readonly #pending = new Map<string, SeenSet>();

  constructor(columns: readonly Column[]) {
    this.#columns = columns;
    this.#filled = columns.map(() => 0);
    this.#emptied = columns.map(() => 0);
  }

  /** A copy that has noted these rows as well. A transaction that is repeated starts from the original again. */
  with(rows: Iterable<ComparedRow>): Emptied {
    const copy = new Emptied(this.#columns);
    for (const at of this.#columns.keys()) {
      copy.#filled[at] = this.#filled[at] ?? 0;
      copy.#emptied[at] = this.#emptied[at] ?? 0;
    }
    for (const [name, ids] of this.#pending) copy.#pending.set(name, ids.with([]));
    for (const row of rows) copy.note(row);
    return copy;
  }

  note({ row, emptied, id }: ComparedRow): void {
    for (let at = 0; at < row.length; at += 1) if (row[at] !== null) this.#filled[at] = (this.#filled[at] ?? 0) + 1;
    for (const at of emptied) {
      this.#emptied[at] = (this.#emptied[at] ?? 0) + 1;
      const name = this.#columns[at]?.name;
      if (id !== null && name !== undefined) this.#pendingOf(name).add(id);
    }
  }

  /** Of the columns that have values. */
  get counts(): ColumnCounts {
    const counts = this.#columns.map(({ name }, at) => {
      return [name, { filled: this.#filled[at] ?? 0, emptied: this.#emptied[at] ?? 0 }] as const;
    });
    return Object.fromEntries(counts.filter(([, { filled }]) => filled > 0));
  }

  /** Records by column, with those of earlier pages. */
  pendingWith(before: ByColumn): ByColumn {
    const all = new Map(before);
    for (const [name, ids] of this.#pending) all.set(name, (before.get(name) ?? new SeenSet()).with([...ids]));
    return all;
  }

  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  #pendingOf(name: string): SeenSet {
    const known = this.#pending.get(name) ?? new SeenSet();
    this.#pending.set(name, known);
    return known;
  }
}

export function sumColumns(a: ColumnCounts, b: ColumnCounts): ColumnCounts {
  const sum = { ...a };
  for (const [name, { filled, emptied }] of Object.entries(b)) {
    const { filled: before = 0, emptied: gone = 0 } = a[name] ?? {};
    sum[name] = { filled: before + filled, emptied: gone + emptied };
  }
  return sum;
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
  counts: ColumnCounts,
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

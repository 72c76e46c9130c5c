import type { Found } from '../../batch.ts';
import type { ColumnCounts } from '../../checkpoint.ts';
import type { Column, Values } from '../../record.ts';
import type { ByColumn, HeldSet } from '../held-set.ts';
import type { PlannedStep } from '../plan.ts';
import { SeenSet } from '../seen-set.ts';

/** A row that a record was compared with. */
export interface ComparedRow {
  /** Without values if there was no row. */
  readonly row: Values;
  /** Positions of the columns that the record would empty. */
  readonly emptied: readonly number[];
  /** Null: the row is adopted in this pass. */
  readonly id: number | null;
  /** The row keeps its values, and the update waits for the end of the pass. */
  readonly isDeferred?: boolean;
}

/** The rows that steps were planned on, by key. A record that is new, or repeated, is compared with none. */
export function comparedRows(
  steps: readonly PlannedStep[],
  found: readonly Found[],
  isRepeated: (id: number) => boolean,
): ReadonlyMap<string, ComparedRow> {
  const rows = new Map<string, ComparedRow>();
  for (let at = 0; at < steps.length; at += 1) {
    const { record, change, emptied } = steps[at] as PlannedStep;
    const { entry = null, row = null } = found[at] ?? noneFound;
    if (entry ? isRepeated(entry.id) : row === null) continue;
    const isCompared = typeof change === 'string' || change.type === 'updated';
    const isDeferred = change === 'defer';
    rows.set(record.key, { row: (isCompared && row) || noValues, emptied, id: entry?.id ?? null, isDeferred });
  }
  return rows;
}

const noValues: Values = [];
const noneFound: Partial<Found> = {};

type Waiting = Pick<HeldSet, 'pending' | 'deferred'>;

/**
 * What a page has compared: for each column, how many values stay, and which records would empty theirs; and which rows would be
 * updated at the end of the pass.
 */
export class ComparedRows {
  readonly #columns: readonly Column[];
  /** By position: this is counted for every value of every record. */
  readonly #kept: number[];
  readonly #adopted: number[];
  /** With the records of the earlier pages: the last record of a key decides. */
  readonly #pending = new Map<string, SeenSet>();
  readonly #deferred: SeenSet;
  #changesHeld = false;

  constructor(columns: readonly Column[], before: Waiting = { pending: new Map(), deferred: new SeenSet() }) {
    this.#columns = columns;
    this.#kept = columns.map(() => 0);
    this.#adopted = columns.map(() => 0);
    for (const [name, ids] of before.pending) this.#pending.set(name, ids.with([]));
    this.#deferred = before.deferred.with([]);
  }

  /** A copy that has noted these rows as well. A transaction that is repeated starts from the original again. */
  with(rows: Iterable<ComparedRow>): ComparedRows {
    const copy = new ComparedRows(this.#columns, this);
    for (const at of this.#columns.keys()) {
      copy.#kept[at] = this.#kept[at] ?? 0;
      copy.#adopted[at] = this.#adopted[at] ?? 0;
    }
    copy.#changesHeld = this.#changesHeld;
    for (const row of rows) copy.#note(row);
    return copy;
  }

  /** Notes a record that has the values of its row. */
  noteUnchanged(row: Values): void {
    for (let at = 0; at < row.length; at += 1) if (row[at] !== null) this.#kept[at] = (this.#kept[at] ?? 0) + 1;
  }

  /** Notes records that have the values of their rows: how many of them have one, by column. */
  noteKept(counts: readonly number[]): void {
    for (let at = 0; at < counts.length; at += 1) this.#kept[at] = (this.#kept[at] ?? 0) + (counts[at] ?? 0);
  }

  /** Records that change nothing, whatever an earlier record of their keys would do. */
  keepAll(ids: readonly number[]): void {
    if (this.#pending.size > 0)
      for (const name of [...this.#pending.keys()]) for (const id of ids) this.#keep(name, id);
    if (this.#deferred.count === 0 || !ids.some((id) => this.#deferred.has(id))) return;
    this.#deferred.removeAll(ids);
    this.#changesHeld = true;
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

  /** Records whose update waits, with those of earlier pages. */
  get deferred(): SeenSet {
    return this.#deferred;
  }

  /** Whether the page has changed which records are pending or deferred. */
  get changesHeld(): boolean {
    return this.#changesHeld;
  }

  #note({ row, emptied, id, isDeferred = false }: ComparedRow): void {
    this.noteUnchanged(row);
    if (id !== null) this.keepAll([id]);
    if (id !== null && isDeferred) this.#defer(id);
    for (const at of emptied) {
      this.#kept[at] = (this.#kept[at] ?? 0) - 1;
      const name = this.#columns[at]?.name;
      if (id === null) this.#adopted[at] = (this.#adopted[at] ?? 0) + 1;
      else if (name !== undefined) this.#empty(name, id);
    }
  }

  #defer(id: number): void {
    this.#deferred.add(id);
    this.#changesHeld = true;
  }

  #empty(name: string, id: number): void {
    const known = this.#pending.get(name) ?? new SeenSet();
    known.add(id);
    this.#pending.set(name, known);
    this.#changesHeld = true;
  }

  #keep(name: string, id: number): void {
    const known = this.#pending.get(name);
    if (!known?.has(id)) return;
    known.removeAll([id]);
    if (known.count === 0) this.#pending.delete(name);
    this.#changesHeld = true;
  }
}

import type { Drift, DriftCounts, DriftedRow } from '../drift.ts';
import type { Compared } from '../pass/page/compare-row.ts';

/** How many rows that differ are kept by name: a pass looks all of them up again, to see whether they still differ. */
export const rowsKept = 100;

const none: DriftCounts = { compared: 0, missing: 0, changed: 0, marked: 0, unknown: 0 };

/** What a comparison of many rows has found so far. */
export class Findings {
  #counts = none;
  readonly #rows: DriftedRow[] = [];

  add(compared: Compared): void {
    this.#count('compared');
    if (compared === 'same') return;
    this.#count(compared === 'unknown' ? 'unknown' : compared.is);
    if (compared !== 'unknown' && this.#rows.length < rowsKept) this.#rows.push(compared);
  }

  get counts(): DriftCounts {
    return this.#counts;
  }

  /** Null if no row differs. */
  drift(at: number, isBeingRepaired: boolean): Drift | null {
    return this.#rows.length === 0 ? null : { ...this.#counts, at, rows: this.#rows, isBeingRepaired };
  }

  #count(what: keyof DriftCounts): void {
    this.#counts = { ...this.#counts, [what]: this.#counts[what] + 1 };
  }
}

/** The numbers alone. */
export function countsOf({ compared, missing, changed, marked, unknown }: DriftCounts): DriftCounts {
  return { compared, missing, changed, marked, unknown };
}

/** How many rows differ. */
export function differingIn({ missing, changed, marked }: DriftCounts): number {
  return missing + changed + marked;
}

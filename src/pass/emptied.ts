import type { ColumnCounts, HeldEmptied } from '../checkpoint.ts';
import type { Column } from '../record.ts';
import type { EmptiedWindow } from './emptied-window.ts';
import { fewRows, type Limit, textOfMany, windowText } from './guard.ts';
import type { ByColumn } from './held-set.ts';

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
  /** How many became empty in the guard's window before this pass. */
  readonly before: number;
  /** Together with those before. */
  readonly allowed: number;
  readonly isHeld: boolean;
}

/**
 * Judges the values that a complete pass would empty, column by column: no more than the guard allows of those that were
 * filled, in this pass and in the guard's window. Values that a person has permitted do not count.
 */
export function judgeEmptied(
  counts: Filled,
  permitted: (column: string) => number,
  limit: Limit,
  window: EmptiedWindow = noWindow,
): readonly ColumnVerdict[] {
  const most = (filled: number) =>
    'count' in limit ? limit.count : Math.max(fewRows, Math.floor(filled * limit.ratio));
  return Object.entries(counts).flatMap(([column, { filled, emptied }]) => {
    if (emptied === 0) return [];
    const { compared, emptied: before } = window.recentOf(column);
    const inWindow = window.mode === 'snapshot' ? filled + before : Math.min(filled + compared, window.live);
    const ofPass = most(filled);
    const ofWindow = most(Math.max(filled, inWindow));
    const fresh = emptied - permitted(column);
    const isTooMuch = fresh > ofPass;
    const isHeld = isTooMuch || (fresh > 0 && fresh + before > ofWindow);
    return { column, filled, emptied, before: isTooMuch ? 0 : before, allowed: isTooMuch ? ofPass : ofWindow, isHeld };
  });
}

const noWindow: EmptiedWindow = {
  mode: 'snapshot',
  live: Number.POSITIVE_INFINITY,
  recentOf: () => ({ compared: 0, emptied: 0 }),
};

/** What is held back of the values; null if nothing is. `countOf` says how many of a column. */
export function heldEmptied(
  verdicts: readonly ColumnVerdict[],
  countOf: (verdict: ColumnVerdict) => number,
  { pass, at, windowMs }: { readonly pass: number; readonly at: number; readonly windowMs: number },
): HeldEmptied | null {
  const held = verdicts.filter(({ isHeld }) => isHeld);
  if (held.length === 0) return null;
  const sentences = held.map(({ column, filled, emptied, before, allowed }) => {
    const more = before > 0 ? ` (${before} more became empty in the last ${windowText({ windowMs })})` : '';
    return `${emptied} of ${textOfMany(filled, 'value')} of ${column} would become empty${more}; the guard allows ${allowed}`;
  });
  return {
    pass,
    count: held.reduce((sum, verdict) => sum + countOf(verdict), 0),
    columns: held.map(({ column, filled, emptied }) => ({ column, filled, emptied })),
    because: sentences.join('; '),
    at,
  };
}

import type { Mode } from '../adapter.ts';
import type { Checkpoint, EmptiedCount } from '../checkpoint.ts';

/** What the passes of the guard's window have compared of a column, and emptied. */
export interface Recent {
  readonly compared: number;
  readonly emptied: number;
}

/** What a pass is measured by beside what it has compared itself. */
export interface EmptiedWindow {
  readonly mode: Mode;
  /** A pass of changes may have compared one row many times: no column has more values than this. */
  readonly live: number;
  recentOf(column: string): Recent;
}

/** What was compared and emptied in the guard's window before this pass. */
export function emptiedWindow(
  { mode, startedAt, liveAtStart = Number.POSITIVE_INFINITY, emptiedCounts = [] }: Checkpoint,
  windowMs: number,
): EmptiedWindow {
  const recent = emptiedCounts.filter(({ at }) => at > startedAt - windowMs);
  return {
    mode,
    live: liveAtStart,
    recentOf(column) {
      const counts = recent.flatMap(({ columns }) => columns[column] ?? []);
      const sum = (read: (count: Recent) => number) => counts.reduce((total, count) => total + read(count), 0);
      return { compared: sum(({ compared }) => compared), emptied: sum(({ emptied }) => emptied) };
    },
  };
}

/** In how many parts of the window counts are kept. */
const parts = 12;

/** Adds what a pass has compared and emptied to the counts of the guard's window. */
export function noteEmptied(
  counts: readonly EmptiedCount[],
  { at, columns }: EmptiedCount,
  windowMs: number,
): readonly EmptiedCount[] {
  const kept = counts.filter((count) => count.at > at - windowMs);
  if (Object.keys(columns).length === 0) return kept;
  const last = kept.at(-1);
  if (!last || last.at < at - windowMs / parts) return [...kept, { at, columns }];
  return [...kept.slice(0, -1), { at: last.at, columns: sumOf(last.columns, columns) }];
}

function sumOf(a: EmptiedCount['columns'], b: EmptiedCount['columns']): EmptiedCount['columns'] {
  const sum = { ...a };
  for (const [column, { compared, emptied }] of Object.entries(b)) {
    const before = a[column] ?? { compared: 0, emptied: 0 };
    sum[column] = { compared: before.compared + compared, emptied: before.emptied + emptied };
  }
  return sum;
}

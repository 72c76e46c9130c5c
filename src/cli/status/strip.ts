import type { RunFacts } from '../../verdict/facts.ts';
import { intervalOf } from '../../verdict/pace.ts';

/** What a cell of the strip shows: the worst of the runs that started in its time. */
export type CellKind = 'none' | 'idle' | 'done' | 'partial' | 'held' | 'failed';

export interface Cell {
  readonly is: CellKind;
  /** How long its slowest run took. */
  readonly tookMs: number;
}

/** The last runs as a strip of cells, the oldest first. */
export interface Strip {
  readonly cells: readonly Cell[];
  readonly spanMs: number;
  /** How many runs of the strip ended how; `killed` and `running` have no end. */
  readonly counts: ReadonlyMap<string, number>;
  readonly slowestMs: number;
}

const shortestCellMs = 120_000;
const worseThan: readonly CellKind[] = ['none', 'idle', 'done', 'partial', 'held', 'failed'];

const kinds: Readonly<Record<string, CellKind>> = {
  done: 'done',
  'not-due': 'idle',
  throttled: 'idle',
  paused: 'idle',
  partial: 'partial',
  stopped: 'partial',
  running: 'partial',
  held: 'held',
  incomplete: 'held',
  failed: 'failed',
  killed: 'failed',
};

/** Puts runs into so many cells. A cell is as long as two minutes, or as the time between two runs if that is more. */
export function stripOf(runs: readonly RunFacts[], killed: readonly RunFacts[], now: Date, columns: number): Strip {
  const cellMs = Math.max(shortestCellMs, intervalOf(runs));
  const oldest = runs.at(-1)?.startedAt.getTime() ?? now.getTime();
  const known = Math.max(1, Math.ceil((now.getTime() - oldest) / cellMs));
  const count = Math.min(columns, known);
  const startsAt = now.getTime() - count * cellMs;
  const shown = runs.filter(({ startedAt }) => startedAt.getTime() >= startsAt);
  const cells = Array.from({ length: count }, (): Cell => ({ is: 'none', tookMs: 0 }));
  const counts = new Map<string, number>();
  for (const run of shown) {
    const outcome = run.endedAt === null ? (killed.includes(run) ? 'killed' : 'running') : (run.outcome ?? 'failed');
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
    const at = Math.min(count - 1, Math.max(0, Math.floor((run.startedAt.getTime() - startsAt) / cellMs)));
    const cell = cells[at];
    if (cell) cells[at] = worse(cell, { is: kinds[outcome] ?? 'done', tookMs: tookMs(run) });
  }
  return { cells, spanMs: count * cellMs, counts, slowestMs: Math.max(0, ...cells.map((cell) => cell.tookMs)) };
}

function tookMs({ startedAt, endedAt }: RunFacts): number {
  return endedAt === null ? 0 : Math.max(0, endedAt.getTime() - startedAt.getTime());
}

function worse(a: Cell, b: Cell): Cell {
  const is = worseThan.indexOf(a.is) < worseThan.indexOf(b.is) ? b.is : a.is;
  return { is, tookMs: Math.max(a.tookMs, b.tookMs) };
}

export const glyphs: Readonly<Record<CellKind, string>> = {
  none: '·',
  idle: '○',
  done: '●',
  partial: '◐',
  held: '▲',
  failed: '✕',
};

const bars = '▁▂▃▄▅▆▇█';

/** A bar for each cell, as high as its slowest run took; a space where none ran. */
export function sparkline({ cells, slowestMs }: Strip): string {
  return cells.map(({ is, tookMs: took }) => (is === 'none' ? ' ' : barOf(took, slowestMs))).join('');
}

function barOf(took: number, slowest: number): string {
  return bars[slowest === 0 ? 0 : Math.min(bars.length - 1, Math.floor((took / slowest) * (bars.length - 1)))] ?? '';
}

import type { RunRow, RunTotals } from '../run-row.ts';
import type { TargetReader } from '../target.ts';
import { outcomes } from './summary.ts';

/** How a run without an end counts. */
const killed = 'killed';

const none: RunTotals = { runs: {}, hits: {} };

/** All runs and hits up to the end of this run, which is stored as one without an end. */
export async function totalsWith(row: RunRow, target: Pick<TargetReader, 'atOnce'>): Promise<RunTotals> {
  const [last, since] = await target.atOnce(async (ask) => {
    const [run] = await ask.runs({ limit: 1, outcomes });
    return [run, await ask.runStats(run?.startedAt ?? new Date(0))] as const;
  });
  const unended = since.find(({ outcome }) => outcome === null)?.count ?? 0;
  return totalsAfter(last?.totals ?? none, row, Math.max(0, unended - 1));
}

/** The totals of the run before, this run, and those that were killed between them. Pure. */
export function totalsAfter({ runs, hits }: RunTotals, row: RunRow, killedSince: number): RunTotals {
  const { outcome, statuses = {} } = row;
  const ended = outcome === null ? {} : { [outcome]: 1 };
  return { runs: sums(runs, ended, killedSince > 0 ? { [killed]: killedSince } : {}), hits: sums(hits, statuses) };
}

function sums(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((some) => Object.entries(some))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

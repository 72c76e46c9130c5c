import type { RunRow, RunTotals } from '../run-row.ts';

/** How a run without an end counts. */
const killed = 'killed';

const none: RunTotals = { runs: {}, hits: {} };

/** All runs and hits up to the end of this run, from the rows of those before it, newest first. Pure. */
export function totalsAfter(row: RunRow, earlier: readonly RunRow[]): RunTotals {
  const before = earlier.filter(({ run }) => run !== row.run);
  const at = before.findIndex(({ totals }) => totals);
  const uncounted = at === -1 ? before : before.slice(0, at);
  const killedSince = uncounted.filter(({ endedAt }) => endedAt === null).length;
  const { runs, hits } = before[at]?.totals ?? none;
  const { outcome, statuses = {} } = row;
  return {
    runs: sums(runs, { ...(killedSince > 0 && { [killed]: killedSince }) }, outcome === null ? {} : { [outcome]: 1 }),
    hits: sums(hits, statuses),
  };
}

function sums(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((some) => Object.entries(some))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

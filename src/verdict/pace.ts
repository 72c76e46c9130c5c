import type { Checkpoint } from '../checkpoint.ts';
import { paceMs } from '../throttle.ts';
import type { DatabaseFacts, Facts, Plan, ResourceFacts, RunFacts } from './facts.ts';

/** Cron starts a run every minute: what starts more often was started by hand. */
const shortestIntervalMs = 60_000;
/** Two runs may have been started by hand. */
const ofTwoRunsMs = 300_000;
/** One run alone does not show how often cron starts one: it may be every hour. */
const unknownIntervalMs = 3_600_000;
const patience = 3;

/** How often a run usually starts: the median of the time between two starts. */
export function intervalOf(runs: readonly RunFacts[]): number {
  const starts = runs.map(({ startedAt }) => startedAt.getTime());
  const gaps = starts.slice(1).map((start, at) => (starts[at] ?? start) - start);
  const median = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? unknownIntervalMs;
  return Math.max(gaps.length === 1 ? ofTwoRunsMs : shortestIntervalMs, median);
}

/** Whether so much time is more than what is usual, three times over. */
export function isLong(ms: number, usualMs: number): boolean {
  return ms > patience * usualMs;
}

/** Whether a resource has no complete pass within three times what is usual. One without any complete pass is not late. */
export function isLate(resource: ResourceFacts, database: DatabaseFacts, { plan, now }: Facts): boolean {
  const completedAt = resource.checkpoint?.completedAt ?? null;
  return completedAt !== null && isLong(now.getTime() - completedAt, usualMs(resource, database, plan));
}

/**
 * How long it usually takes from one complete pass to the next: as long as the config asks to wait, as cron's interval, or as
 * long as the pages of all resources need slots, which they share. The time between the last two passes counts as far as it
 * is plausible: an outage is not what is usual.
 */
function usualMs(resource: ResourceFacts, database: DatabaseFacts, plan: Plan): number {
  const { everyMs = 0 } = plan.resources.find((one) => one.resource === resource.resource) ?? {};
  const pages = database.resources.reduce((sum, one) => sum + pagesOf(one), 0);
  const slotsMs = pages * paceMs(plan.windows);
  const leastMs = Math.max(everyMs, intervalOf(database.runs), slotsMs);
  const { previousCompletedAt: before, checkpoint } = resource;
  const lastMs = before === null ? 0 : (checkpoint?.completedAt ?? before) - before;
  return Math.max(leastMs, Math.min(lastMs, patience * leastMs));
}

function pagesOf({ checkpoint, live }: ResourceFacts): number {
  if (checkpoint === null) return 1;
  const { pages } = checkpoint.progress;
  return Math.max(1, checkpoint.phase === 'walking' ? (expectedPages(checkpoint, live) ?? pages) : pages);
}

/** How many pages the whole pass has, by what the third party says, or by the rows that are live; null if that is not known. */
function expectedPages({ mode, progress, completedAt }: Checkpoint, live: number): number | null {
  const { pages, records, total } = progress;
  if (pages === 0 || records === 0 || mode === 'changes') return null;
  const expected = total ?? (completedAt === null ? null : live);
  return expected === null ? null : Math.max(pages, Math.ceil((expected * pages) / records));
}

/** How far a pass has come. */
export interface PassPace {
  readonly pages: number;
  /** Null if it is not known how many pages there are. */
  readonly of: number | null;
  /** About how long the rest takes, at the pace of this pass so far; null if that is not known. */
  readonly leftMs: number | null;
}

/** Null if no pass is walking, or it has not read a page yet. */
export function paceOf({ checkpoint, live }: ResourceFacts, now: Date): PassPace | null {
  if (checkpoint?.phase !== 'walking' || checkpoint.progress.pages === 0) return null;
  const { pages } = checkpoint.progress;
  const of = expectedPages(checkpoint, live);
  const perPageMs = Math.max(0, now.getTime() - checkpoint.startedAt) / pages;
  return { pages, of, leftMs: of === null ? null : Math.round((of - pages) * perPageMs) };
}

/** In how many runs the cursor may stay where it is before the resource counts as behind. */
export const runsUntilBehind = 5;

/** Whether a pass is under way, nothing has failed, and a page was taken within the last five runs. */
export function isMoving(resource: ResourceFacts, database: DatabaseFacts, { plan, now }: Facts): boolean {
  const { checkpoint, failing, succeededAt } = resource;
  if (checkpoint === null || failing !== null) return false;
  if (checkpoint.phase !== 'walking' && checkpoint.phase !== 'deleting') return false;
  const turnMs = paceMs(plan.windows) * Math.max(1, database.resources.length);
  const stepMs = Math.max(intervalOf(database.runs), turnMs);
  return now.getTime() - (succeededAt ?? checkpoint.triedAt) <= runsUntilBehind * stepMs;
}

/** How many runs have worked since this time, as far as they are known: one that met it then had started before. */
export function runsSince(
  since: number,
  { runs }: Pick<DatabaseFacts, 'runs'>,
): { readonly count: number; readonly isAll: boolean } {
  const count = runs.filter(({ startedAt, endedAt }) => Number(endedAt ?? startedAt) >= since).length;
  return { count, isAll: count < runs.length };
}

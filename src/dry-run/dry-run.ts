import { ExitCode, ThrottledError, worstExitCode } from '../errors.ts';
import { unmatchedProblems } from '../match/unmatched.ts';
import type { Resource } from '../pass/resource.ts';
import { type ErrorSummary, errorSummary } from '../run/summary.ts';
import type { TableState } from '../table.ts';
import { type DryRunDeps, DryWalk, type ResourcePlan } from './walk.ts';

export interface DryRunOptions {
  readonly name: string;
  readonly adapter: string;
  readonly resources: readonly Resource[];
  readonly maxPages: number;
  /** Read everything, also where a run would go on from a bookmark. */
  readonly isFull?: boolean;
}

/** What a run would change, as far as slots came in time. The changes themselves are in the spool. */
export interface DryPlan {
  readonly name: string;
  readonly adapter: string;
  /** `partial`: not every page could be read, so that deletes are unknown. */
  readonly outcome: 'planned' | 'partial' | 'failed' | 'stopped';
  readonly exitCode: ExitCode;
  readonly hits: number;
  readonly resources: readonly ResourcePlan[];
  readonly errors: readonly ErrorSummary[];
  readonly nextSlotInMs: number | null;
}

/**
 * Shows what a run would do. It takes no lock and touches no checkpoint: a pass of its own, from the first page, is
 * planned into a spool. It reads everything, but of an adapter that knows only changes those since the stored bookmark.
 * Each page costs a slot, as for everybody.
 */
export async function dryRun(options: DryRunOptions, deps: DryRunDeps): Promise<DryPlan> {
  const resources: ResourcePlan[] = [];
  const errors: ErrorSummary[] = [];
  let hits = 0;
  let nextSlotInMs: number | null = null;
  for (const resource of options.resources) {
    const walk = new DryWalk(resource, await tableState(resource, options.adapter, deps), deps);
    try {
      await walk.walk(options, () => {
        hits += 1;
      });
    } catch (error) {
      if (error instanceof ThrottledError) nextSlotInMs = error.waitMs;
      if (!deps.signal.aborted && !isMereWait(error)) errors.push(errorSummary(error));
    }
    resources.push(await walk.plan());
    if (nextSlotInMs !== null || deps.signal.aborted) break;
  }
  const exitCode = worstExitCode([...errors.map((error) => error.exitCode), ...resources.flatMap(codesOf)]);
  const isComplete = resources.length === options.resources.length && resources.every((plan) => plan.isComplete);
  const outcome = deps.signal.aborted ? 'stopped' : errors.length > 0 ? 'failed' : isComplete ? 'planned' : 'partial';
  return { name: options.name, adapter: options.adapter, outcome, exitCode, hits, resources, errors, nextSlotInMs };
}

async function tableState(resource: Resource, adapter: string, { target }: DryRunDeps): Promise<TableState> {
  const state = await target.inspect(resource.table);
  return { ...state, problems: [...state.problems, ...(await unmatchedProblems(resource, adapter, target))] };
}

function isMereWait(error: unknown): boolean {
  return error instanceof ThrottledError && error.exitCode === ExitCode.ok;
}

/** What a run would end with, as far as the plan can tell. */
function codesOf({ verdict, table, hasTooManyRejects: isOver }: ResourcePlan): ExitCode[] {
  return [
    ...(table.problems.length > 0 ? [ExitCode.config] : []),
    ...(isOver ? [ExitCode.rejects] : []),
    ...(verdict?.delete === 'held' ? [ExitCode.held] : []),
  ];
}

/** Whether the plan would change anything, for `--detailed-exitcode`. */
export function hasChanges({ resources }: DryPlan): boolean {
  return resources.some(({ counts }) => counts.created + counts.updated + counts.deleted > 0);
}

import { ExitCode, ThrottledError, worstExitCode } from '../errors.ts';
import { unmatchedProblems } from '../match/unmatched.ts';
import type { Resource } from '../pass/resource.ts';
import { type ErrorSummary, errorSummary } from '../run/summary.ts';
import type { DryRunContext } from './context.ts';
import { DryPass, type InspectedTable } from './dry-pass.ts';
import type { ResourcePlan } from './resource-plan.ts';

export interface DryRunOptions {
  readonly name: string;
  readonly adapter: string;
  readonly resources: readonly Resource[];
  readonly maxPages: number;
  /** Read everything, even if a run would continue from a bookmark. */
  readonly isFull?: boolean;
}

/** What a run would change, as far as slots came in time. */
export interface DryPlan {
  readonly name: string;
  readonly adapter: string;
  /** `partial`: not every page could be read, so that the deletions are unknown. */
  readonly outcome: 'planned' | 'partial' | 'failed' | 'stopped';
  readonly exitCode: ExitCode;
  readonly hits: number;
  readonly resources: readonly ResourcePlan[];
  readonly errors: readonly ErrorSummary[];
  readonly nextSlotInMs: number | null;
}

/**
 * Shows what a run would do. It takes no lock and touches no checkpoint: it plans a pass of its own, from the first page,
 * into a spool. It reads everything; if the adapter knows only changes, it reads those since the stored bookmark. Each page
 * costs a slot, as in a run.
 */
export async function dryRun(options: DryRunOptions, context: DryRunContext): Promise<DryPlan> {
  const resources: ResourcePlan[] = [];
  const errors: ErrorSummary[] = [];
  let hits = 0;
  let nextSlotInMs: number | null = null;
  for (const resource of options.resources) {
    const pass = new DryPass(resource, await inspectTable(resource, options.adapter, context), context);
    const onHit = () => {
      hits += 1;
    };
    try {
      await pass.walk({ ...options, onHit });
    } catch (error) {
      if (error instanceof ThrottledError) nextSlotInMs = error.waitMs;
      if (!context.signal.aborted && !isMereWait(error)) errors.push(errorSummary(error));
    }
    resources.push(pass.plan());
    if (nextSlotInMs !== null || context.signal.aborted) break;
  }
  const exitCode = worstExitCode([...errors.map((error) => error.exitCode), ...resources.flatMap(codesOf)]);
  const isComplete = resources.length === options.resources.length && resources.every((plan) => plan.isComplete);
  const outcome = context.signal.aborted
    ? 'stopped'
    : errors.length > 0
      ? 'failed'
      : isComplete
        ? 'planned'
        : 'partial';
  return { name: options.name, adapter: options.adapter, outcome, exitCode, hits, resources, errors, nextSlotInMs };
}

async function inspectTable(resource: Resource, adapter: string, { target }: DryRunContext): Promise<InspectedTable> {
  const { isForgotten, ...state } = await target.inspect(resource.table);
  const problems = [...state.problems, ...(await unmatchedProblems(resource, adapter, target))];
  return { plan: { ...state, problems }, isForgotten };
}

function isMereWait(error: unknown): boolean {
  return error instanceof ThrottledError && error.exitCode === ExitCode.ok;
}

/** What a run would end with, as far as the plan shows. */
function codesOf({ verdict, emptied, updates, table, ...faults }: ResourcePlan): ExitCode[] {
  const hasFaults = faults.hasTooManyRejects || faults.hasTooManyDuplicates || faults.isIncomplete;
  return [
    ...(table.problems.length > 0 ? [ExitCode.config] : []),
    ...(hasFaults ? [ExitCode.rejects] : []),
    ...(verdict?.delete === 'held' || emptied !== null || updates !== null ? [ExitCode.held] : []),
  ];
}

/** Whether the plan would change anything, for `--detailed-exitcode`. */
export function hasChanges({ resources }: DryPlan): boolean {
  return resources.some(({ counts }) => counts.created + counts.updated + counts.deleted > 0);
}

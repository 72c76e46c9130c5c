import type { DatabaseFacts, Facts, ResourceFacts } from '../facts.ts';
import { isLate, isMoving } from '../pace.ts';
import type { Problem } from '../problem.ts';
import { ago } from '../words.ts';

/** Resources that are late for a reason that nothing else explains. */
export function passProblems(facts: Facts): Problem[] {
  if (facts.database.is === 'unknown') return [];
  const database = facts.database.value;
  return database.resources
    .filter((resource) => isUnexplained(resource, database, facts))
    .map((resource) => lateProblem(resource, facts));
}

function isUnexplained(resource: ResourceFacts, database: DatabaseFacts, facts: Facts): boolean {
  return isLate(resource, database, facts) && resource.failing === null && !isMoving(resource, database, facts);
}

function lateProblem({ resource, checkpoint }: ResourceFacts, { now }: Facts): Problem {
  const completedAt = checkpoint?.completedAt ?? now.getTime();
  return {
    id: 'pass-late',
    severity: 'act',
    resource,
    since: new Date(completedAt),
    title: `no pass of ${resource} is complete`,
    cause: `The last complete pass of ${resource} was ${ago(completedAt, now)}, which is more than three times as long as usual.`,
    guarantee: 'Rows are as of then. Nothing is deleted without a complete pass.',
    advice: 'See what the next run says, and whether it runs at all.',
    next: 'cronsync run',
  };
}

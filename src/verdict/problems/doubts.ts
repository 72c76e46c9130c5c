import type { Drift } from '../../drift.ts';
import { lastSchemaChange } from '../../field-paths.ts';
import type { Facts, LostField, ResourceFacts, UnmetFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { ago, many, sentence } from '../words.ts';

/** Why what is in the tables may not be what the third party has. */
export function doubtProblems(facts: Facts): Problem[] {
  if (facts.database.is === 'unknown') return [];
  return facts.database.value.resources.flatMap((resource) => [
    ...(resource.drift ? [driftProblem(resource, resource.drift, facts)] : []),
    ...incompleteProblem(resource),
    ...rejectsProblem(resource, facts),
    ...resource.lost.map((field) => lostProblem(resource, field)),
    ...resource.unmet.map((unmet) => unmetProblem(resource, unmet)),
    ...schemaProblem(resource, facts),
  ]);
}

function driftProblem({ resource }: ResourceFacts, drift: Drift, { now }: Facts): Problem {
  const { compared, missing, changed, marked, isBeingRepaired, at } = drift;
  const differing = missing + changed + marked;
  const somebody = 'were changed by somebody else';
  const how =
    differing === missing
      ? 'are missing from the table'
      : missing === 0
        ? somebody
        : `${somebody} or are missing from the table`;
  const title = `${many(differing, 'row')} of ${resource} ${how}`;
  return {
    id: 'drift',
    severity: isBeingRepaired ? 'watch' : 'act',
    resource,
    since: new Date(at),
    title,
    cause: `${differing} of ${many(compared, 'row')} of ${resource} that were looked up ${ago(at, now)} ${how}.`,
    guarantee: 'They stay as they are until the third party changes the same records, or you ask for a repair.',
    advice: isBeingRepaired
      ? 'A repair is under way: the next complete pass writes them again.'
      : 'Compare all rows with "cronsync verify". If the third party is right, repair them.',
    next: isBeingRepaired ? 'cronsync run' : `cronsync verify --resource ${resource} --repair`,
  };
}

function incompleteProblem({ resource, checkpoint }: ResourceFacts): Problem[] {
  const incomplete = checkpoint?.incomplete;
  if (!incomplete) return [];
  const { records, total } = incomplete;
  return [
    {
      id: 'listing-incomplete',
      severity: 'act',
      resource,
      since: null,
      title: `the listing of ${resource} is incomplete`,
      cause: `The last complete pass of ${resource} brought ${many(records, 'record')}, and the third party says that it has ${many(total, 'record')}.`,
      guarantee: 'What came was written. Nothing is deleted until all records come.',
      advice:
        'If the next passes do not bring all, ask the third party, or check "pagination" and "total" of the adapter.',
      next: 'cronsync run --dry-run',
    },
  ];
}

/** Of a pass that is not over, or brings what has changed only, too many are as many as were too many of all rows. */
function rejectsProblem({ resource, checkpoint, rejects, live }: ResourceFacts, { plan, now }: Facts): Problem[] {
  if (!checkpoint || rejects === 0) return [];
  const { mode, phase, progress } = checkpoint;
  const { rejected, records } = progress;
  const limit = plan.resources.find((one) => one.resource === resource)?.maxRejectRatio ?? 1;
  const isPart = mode === 'changes' || phase === 'walking';
  if (records === 0 || rejected <= (isPart ? Math.max(records, live) : records) * limit) return [];
  const title = `${many(rejected, 'record')} of ${resource} were rejected`;
  return [
    {
      id: 'too-many-rejects',
      severity: 'act',
      resource,
      since: new Date(checkpoint.startedAt),
      title,
      cause: `${many(rejected, 'record')} of ${many(records, 'record')} of ${resource} were rejected in the pass that began ${ago(checkpoint.startedAt, now)}.`,
      guarantee: 'All others were written. Such a pass deletes nothing.',
      advice: 'See why, and fix the map or the schema, or report it to the third party.',
      next: `cronsync rejects list --resource ${resource}`,
    },
  ];
}

function lostProblem({ resource }: ResourceFacts, { sentence: says, at, wasFound }: LostField): Problem {
  return {
    id: 'expression-finds-nothing',
    severity: wasFound ? 'act' : 'watch',
    resource,
    since: new Date(at),
    title: `an expression of ${resource} finds nothing`,
    cause: `Of ${resource}, ${says}.`,
    guarantee: 'The other columns are in step. The guard holds back values that would become empty.',
    advice: "See what the records look like now, and change the adapter's map.",
    next: 'cronsync run --dry-run --save answer.json',
  };
}

function unmetProblem({ resource }: ResourceFacts, unmet: UnmetFacts): Problem {
  const titles = {
    'nothing-changes': `nothing of ${resource} changes`,
    'too-few-records': `${resource} has too few records`,
    'too-many-records': `${resource} has too many records`,
  };
  return {
    id: unmet.what,
    severity: 'act',
    resource,
    since: new Date(unmet.since),
    title: titles[unmet.what],
    cause: `${sentence(unmet.sentence)}.`,
    guarantee: 'Rows are as the third party says. Whether it is right, cronsync cannot know.',
    advice: 'Ask the third party, or change "expect" of the resource.',
    next: 'cronsync run --dry-run',
  };
}

/** For so long a change of shape is news. */
const noticedMs = 86_400_000;

/** For information only: nothing here is a reason to doubt the rows. */
function schemaProblem({ resource, schema }: ResourceFacts, { now }: Facts): Problem[] {
  const last = schema && lastSchemaChange(schema.changes);
  if (last === null || now.getTime() - last.at > noticedMs) return [];
  return [
    {
      id: 'schema-changed',
      severity: 'watch',
      resource,
      since: new Date(last.at),
      title: `the records of ${resource} look different`,
      cause: `The records of ${resource} have changed their shape ${ago(last.at, now)}: ${last.what}.`,
      guarantee: 'Rows have what the map asks for.',
      advice: 'See whether the map should read a new field.',
      next: 'cronsync status --json',
    },
  ];
}

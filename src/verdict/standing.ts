import type { DatabaseFacts, Facts } from './facts.ts';
import { isLate, isMoving, type PassPace, paceOf, runsSince, runsUntilBehind } from './pace.ts';
import type { Problem, ProblemId } from './problem.ts';
import { pauseText } from './problems/pauses.ts';
import { killedRuns } from './problems/runs.ts';
import type { Verdict } from './verdict.ts';
import { ago, lasting, many, roughly, sentence } from './words.ts';

type Standing = Omit<Verdict, 'problems'>;

/** The verdict alone: the first that applies, in the order that `judge` documents. */
export function standingOf(facts: Facts, problems: readonly Problem[]): Standing {
  const { redis, database } = facts;
  if (redis.is === 'unknown' || database.is === 'unknown') return unknown(facts, problems);
  const known = database.value;
  return (
    paused(known, facts) ??
    neverRan(known) ??
    behind(known, facts, problems) ??
    held(problems) ??
    doubtful(problems) ??
    deliveringLate(problems, catchingUp(known, facts) === undefined) ??
    catchingUp(known, facts) ??
    inStep(known, facts)
  );
}

function unknown({ redis, database, now }: Facts, [worst]: readonly Problem[]): Standing {
  const since = worst?.since ?? null;
  const rest =
    database.is === 'known'
      ? `${asOf(database.value, now)} Deliveries are unknown.`
      : redis.is === 'known'
        ? 'Rows and runs are unknown.'
        : 'Rows, runs and deliveries are unknown.';
  return { is: 'unknown', sentence: `${silence(worst, since, now)}. ${rest}`, since };
}

function silence(worst: Problem | undefined, since: Date | null, now: Date): string {
  const title = sentence(worst?.title ?? 'a store does not answer');
  const time = lasting(since, now);
  return time === '' ? title : `${title.replace('does not answer', 'has not answered')}${time}`;
}

function paused({ pauses }: DatabaseFacts, { now }: Facts): Standing | undefined {
  const pause = pauses.find(({ listener }) => listener === null);
  return pause && { is: 'paused', sentence: `Paused ${pauseText(pause, now)}.`, since: pause.at };
}

function neverRan({ runs, resources }: DatabaseFacts): Standing | undefined {
  if (runs.length > 0 || resources.some(({ checkpoint }) => checkpoint !== null)) return undefined;
  const says = 'No run yet. Cron should start one within a minute; "cronsync check" shows what it would find.';
  return { is: 'never-ran', sentence: says, since: null };
}

/** Problems that stop every resource as soon as they are there. */
const stoppingAtOnce: readonly ProblemId[] = ['cron-missing', 'disk-full'];

/** Problems that may be why a resource is late, worst first. */
const causes: readonly ProblemId[] = [
  ...(['disk-full', 'credentials-refused', 'third-party-refuses', 'lock-held', 'runs-killed'] as const),
  ...(['runs-fail', 'cron-missing', 'pass-late', 'no-slots', 'backing-off'] as const),
];

function behind(database: DatabaseFacts, facts: Facts, problems: readonly Problem[]): Standing | undefined {
  const { now } = facts;
  const isStopped = problems.some(({ id }) => stoppingAtOnce.includes(id)) || isOnlyKilled(database, facts);
  const late = database.resources.filter((resource) => {
    const isStuck = resource.failing !== null && runsSince(resource.failing.since, database).count >= runsUntilBehind;
    const isUnloaded =
      resource.failing !== null && resource.checkpoint?.completedAt === null && resource.succeededAt === null;
    return isUnloaded || isStuck || (isLate(resource, database, facts) && !isMoving(resource, database, facts));
  });
  if (!isStopped && late.length === 0) return undefined;
  const cause = causes.flatMap((id) => problems.filter((problem) => problem.id === id))[0];
  const since = cause?.since ?? null;
  const tried = cause?.id === 'third-party-refuses' && since ? ` ${triedText(since, database)}` : '';
  const why = cause ? `: ${cause.title}.` : '.';
  return { is: 'behind', sentence: `Behind${lasting(since, now)}${why}${tried} ${asOf(database, now)}`, since };
}

/** The last five runs were all killed: the cursor has not moved, whatever it says. */
function isOnlyKilled(database: DatabaseFacts, facts: Facts): boolean {
  const killed = killedRuns(database, facts);
  const last = database.runs.slice(0, runsUntilBehind);
  return last.length === runsUntilBehind && last.every((run) => killed.includes(run));
}

function triedText(since: Date, database: DatabaseFacts): string {
  const { count, isAll } = runsSince(since.getTime(), database);
  return `${isAll ? '' : 'At least '}${many(count, 'run')} tried.`;
}

/** How old the rows are: as old as those of the resource that was read least recently. */
function asOf({ resources }: DatabaseFacts, now: Date): string {
  const completed = resources.map(({ checkpoint }) => checkpoint?.completedAt ?? null);
  if (completed.includes(null) || completed.length === 0) return 'No pass of every resource is complete yet.';
  const oldest = Math.min(...completed.map((at) => at ?? 0));
  const newest = Math.max(...completed.map((at) => at ?? 0));
  return newest - oldest < 1000 || resources.length === 1
    ? `Your rows are as of ${ago(oldest, now)}.`
    : `Your oldest rows are as of ${ago(oldest, now)}.`;
}

function held(problems: readonly Problem[]): Standing | undefined {
  const found = problems.filter(({ id }) => id === 'deletions-held' || id === 'updates-held' || id === 'values-held');
  const [first, ...others] = found;
  if (!first) return undefined;
  const more = others.length > 0 ? `, and ${many(others.length, 'more set')} of changes` : '';
  return {
    is: 'held',
    sentence: `${sentence(first.title)}${more}. Everything else is in step.`,
    since: oldestOf(found),
  };
}

const doubts: readonly ProblemId[] = [
  ...(['drift', 'listing-incomplete', 'too-many-rejects', 'expression-finds-nothing'] as const),
  ...(['too-few-records', 'too-many-records', 'nothing-changes'] as const),
];

function doubtful(problems: readonly Problem[]): Standing | undefined {
  const found = problems.filter(({ id, severity }) => severity === 'act' && doubts.includes(id));
  const [first] = found;
  return first && { is: 'doubtful', sentence: first.cause, since: first.since };
}

const late: readonly ProblemId[] = [
  ...(['poison-event', 'dead-letters', 'listener-off', 'no-daemon', 'listener-behind'] as const),
  ...(['stream-full', 'outbox-waiting'] as const),
];

function deliveringLate(problems: readonly Problem[], isInStep: boolean): Standing | undefined {
  const [first] = problems.filter(({ id }) => late.includes(id));
  const rows = isInStep ? 'In step' : 'Catching up';
  return first && { is: 'delivering-late', sentence: `${rows}; ${first.title}.`, since: first.since };
}

function catchingUp(database: DatabaseFacts, facts: Facts): Standing | undefined {
  const { now } = facts;
  const open = database.resources.filter(
    (resource) => resource.checkpoint?.completedAt == null || isLate(resource, database, facts),
  );
  const [walking] = open.filter(({ checkpoint }) => checkpoint !== null && checkpoint.phase !== 'done');
  if (open.length === 0) return undefined;
  if (!walking?.checkpoint) return { is: 'catching-up', sentence: 'Catching up: the next run begins.', since: null };
  const which = database.resources.length > 1 ? ` of ${walking.resource}` : '';
  const says = `Catching up: ${placeOf(paceOf(walking, now), which)}.`;
  return { is: 'catching-up', sentence: says, since: new Date(walking.checkpoint.startedAt) };
}

function placeOf(pace: PassPace | null, which: string): string {
  if (pace === null) return `a pass${which} has begun`;
  const of = pace.of === null ? '' : ` of ${pace.of}`;
  const left = pace.leftMs ? `, done in about ${roughly(pace.leftMs)}` : '';
  return `page ${pace.pages}${of}${which}${left}`;
}

function inStep({ resources }: DatabaseFacts, { now }: Facts): Standing {
  const last = Math.max(...resources.map(({ checkpoint }) => checkpoint?.completedAt ?? 0));
  return { is: 'in-step', sentence: `In step. Last complete pass ${ago(last, now)}.`, since: null };
}

function oldestOf(problems: readonly Problem[]): Date | null {
  const times = problems.flatMap(({ since }) => (since ? [since.getTime()] : []));
  return times.length > 0 ? new Date(Math.min(...times)) : null;
}

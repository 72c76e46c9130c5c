import { ExitCode } from '../../errors.ts';
import type { Held } from '../../lock.ts';
import { isStarving } from '../../throttle.ts';
import type { DatabaseFacts, Facts, RedisFacts, RunFacts, SlotFacts } from '../facts.ts';
import { intervalOf, isLate, isLong } from '../pace.ts';
import type { Problem } from '../problem.ts';
import { ago, clauseOf, lasting, listed, many, roughly, sentence } from '../words.ts';

const hourMs = 3_600_000;
/** So many runs in an hour are not killed by chance. */
const manyKilled = 3;

/** So many consecutive runs without a slot may be why the rows are late. */
const fewDenied = 3;

/** What keeps runs from starting, or from getting anywhere. */
export function runProblems(facts: Facts): Problem[] {
  const redis = facts.redis.is === 'known' ? facts.redis.value : null;
  const database = facts.database.is === 'known' ? facts.database.value : null;
  const held = redis?.lock ? lockProblem(redis.lock, facts) : [];
  if (database === null) return held;
  return [
    ...held,
    ...killedProblem(database, facts),
    ...failedProblem(database, facts),
    ...(redis && redis.lock === null ? cronProblem(database, facts) : []),
    ...slotsProblem(database, redis, facts),
  ];
}

function lockProblem({ holder, expiresInMs }: Held, { plan, now }: Facts): Problem[] {
  const since = holder ? new Date(holder.startedAt) : null;
  const heldMs = since ? now.getTime() - since.getTime() : 0;
  if (holder && expiresInMs !== null && heldMs <= plan.longestRunMs) return [];
  const who = holder
    ? `run ${holder.run} on ${holder.host} (pid ${holder.pid})`
    : 'something that is not a run of cronsync';
  const expiry = expiresInMs === null ? ' It does not expire by itself.' : '';
  return [
    {
      id: 'lock-held',
      severity: 'act',
      since,
      title: 'the lock is held for too long',
      cause: `The lock has been held by ${who}${lasting(since, now)}.${expiry}`,
      guarantee: 'No other run starts meanwhile. A run that is fenced out cannot write any more.',
      advice: 'See whether that process still works. If it does not, remove the lock: that fences it out.',
      next: 'cronsync unlock',
    },
  ];
}

/** A run that has just begun may have taken the lock after Redis was asked. */
const justBegunMs = 5000;

/** Rows of runs that have no end, and whose process is gone. */
export function killedRuns({ runs }: DatabaseFacts, { redis, plan, now }: Facts): readonly RunFacts[] {
  const running = redis.is === 'known' ? redis.value.lock?.holder?.run : undefined;
  return runs.filter(({ run, endedAt, startedAt }) => {
    if (endedAt !== null || run === running) return false;
    return now.getTime() - startedAt.getTime() > (redis.is === 'known' ? justBegunMs : plan.longestRunMs);
  });
}

function killedProblem(database: DatabaseFacts, facts: Facts): Problem[] {
  const { now } = facts;
  const killed = new Set(killedRuns(database, facts));
  const recent = [...killed].filter(({ startedAt }) => now.getTime() - startedAt.getTime() < hourMs);
  const last = database.runs.find((run) => killed.has(run) || run.endedAt !== null);
  if (!(last && killed.has(last)) && recent.length < manyKilled) return [];
  const all = recent.length > 0 ? recent : [...killed].slice(0, 1);
  const first = all.at(-1);
  return [
    {
      id: 'runs-killed',
      severity: all.length >= manyKilled ? 'act' : 'watch',
      since: first?.startedAt ?? null,
      title: all.length === 1 ? 'the last run was killed' : `${all.length} runs were killed`,
      cause:
        all.length === 1
          ? `A run that started ${ago(first?.startedAt ?? now, now)} has no end, and its lock is gone: it was killed.`
          : `${all.length} runs of the last hour have no end, and their locks are gone: they were killed.`,
      guarantee: 'Each change is committed together with its event. The next run continues from the last commit.',
      advice: 'Look for what kills it: too little memory, a time limit of the scheduler, a host that restarts.',
      next: 'cronsync run --log-level debug',
    },
  ];
}

/**
 * The last run failed for a reason that is neither the third party's nor a store's that is away now. One whose command line was
 * refused does not count.
 */
function failedProblem({ runs, resources }: DatabaseFacts, { redis, now }: Facts): Problem[] {
  const ended = runs.filter(({ endedAt, exitCode }) => endedAt !== null && exitCode !== ExitCode.usage);
  const healthy = ended.findIndex(({ outcome }) => outcome !== 'failed');
  const failed = healthy === -1 ? ended : ended.slice(0, healthy);
  const [last] = failed;
  const first = failed.at(-1);
  const isExplained = resources.some(({ failing }) => failing !== null) || redis.is === 'unknown';
  if (!last || !first || isExplained || isTheirs(last, redis.is === 'known' ? redis.value : null)) return [];
  const isBug = last.exitCode === ExitCode.bug;
  return [
    {
      id: 'runs-fail',
      severity: isBug || failed.length >= manyKilled ? 'act' : 'watch',
      since: first.startedAt,
      title: failed.length === 1 ? 'the last run failed' : `the last ${failed.length} runs failed`,
      cause: `${many(failed.length, 'run')} failed${lasting(first.startedAt, now)}: ${clauseOf(last.error ?? `exit code ${last.exitCode}`)}.`,
      guarantee: 'Each batch was written whole or not at all. The next run continues from the last commit.',
      advice: isBug
        ? 'Read the whole message in the log of that run, and report it if it is a bug.'
        : 'Read the whole message in the log of that run. The next run tries again.',
      next: 'cronsync check',
    },
  ];
}

/** A back-off that still lasts explains it. */
function isTheirs({ exitCode }: RunFacts, redis: RedisFacts | null): boolean {
  if (exitCode === ExitCode.credentials || exitCode === ExitCode.protocol) return true;
  return redis?.slots.some(({ cause }) => cause !== null) ?? false;
}

function cronProblem({ runs }: DatabaseFacts, { now }: Facts): Problem[] {
  const [last] = runs;
  const intervalMs = intervalOf(runs);
  // While a long run works, those that cron starts find the lock held and leave no trace.
  const from = last?.endedAt ?? last?.startedAt;
  if (!last || !from || !isLong(now.getTime() - from.getTime(), intervalMs)) return [];
  const usual = runs.length > 1 ? ` Before that, one started about every ${roughly(intervalMs)}.` : '';
  return [
    {
      id: 'cron-missing',
      severity: 'act',
      since: last.startedAt,
      title: 'no run has started',
      cause: `No run has started${lasting(last.startedAt, now)}.${usual}`,
      guarantee: 'Rows stay as they are. The next run continues where the last one ended.',
      advice: 'See whether cron, the timer or the CronJob is there and active, and what its log says.',
      next: 'cronsync run',
    },
  ];
}

/** Only runs that got no slot, for longer than the rate explains, or so long that the rows are late; or no turn has come. */
function slotsProblem(database: DatabaseFacts, redis: RedisFacts | null, facts: Facts): Problem[] {
  const { runs, resources } = database;
  const { plan, now } = facts;
  const ended = runs.filter(({ endedAt }) => endedAt !== null);
  const other = ended.findIndex(({ outcome, hits }) => outcome !== 'throttled' || hits > 0);
  const denied = other === -1 ? ended : ended.slice(0, other);
  const first = denied.at(-1);
  const usualMs = Math.max(intervalOf(runs), ...plan.windows.map(({ perMs }) => perMs));
  const hasCause = redis?.slots.some(({ cause }) => cause !== null) ?? false;
  const isLasting = first && isLong(now.getTime() - first.startedAt.getTime(), usualMs);
  const makesLate = denied.length >= fewDenied && resources.some((resource) => isLate(resource, database, facts));
  const isStarved = denied.length > 0 && (redis?.slots.some((slots) => starves(slots, plan)) ?? false);
  if (!first || hasCause || !(isLasting || makesLate || isStarved)) return [];
  return [
    {
      id: 'no-slots',
      severity: 'watch',
      since: first.startedAt,
      title: 'no run gets a slot',
      cause: `${sentence(many(denied.length, 'run'))} got no slot${lasting(first.startedAt, now)}. ${whoHasSlots(redis, plan)}`,
      guarantee: 'The limit of the third party is kept. Rows stay as they are.',
      advice: 'Let the other syncs of this account run less often, or give the runs longer to wait (throttle.wait).',
      next: 'cronsync status',
    },
  ];
}

function starves({ waitedMs, others }: SlotFacts, { windows }: Facts['plan']): boolean {
  return waitedMs !== null && isStarving({ waitedMs, others }, windows);
}

function whoHasSlots(redis: RedisFacts | null, { windows }: Facts['plan']): string {
  const stricter = redis?.slots.flatMap((slots) => (slots.stricter?.by ? [slots.stricter.by] : [])) ?? [];
  if (stricter.length > 0) return `The stricter limit of ${listed(stricter)} counts.`;
  const waiting = redis?.slots.reduce((sum, { others }) => sum + others, 0) ?? 0;
  if (waiting > 0)
    return `${sentence(many(waiting, 'other sync'))} ${waiting === 1 ? 'waits' : 'wait'} for slots of the same key.`;
  if (windows.every(({ hits }) => hits === 1)) return 'Others use the slots of the same key.';
  const limits = windows.map(({ hits, perMs }) => `${many(hits, 'hit')} per ${roughly(perMs)}`);
  return `The ${listed(limits)} are used up, by this sync or by others of the same key.`;
}

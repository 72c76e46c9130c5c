import type { Asked, DatabaseFacts, Facts, RedisFacts, Unknown } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { clauseOf, lasting, roughly, sentence } from '../words.ts';

/** Clocks that differ by more than this make times that nobody can compare. */
const clockLimitMs = 60_000;
/** With less room than this, SQLite can hardly write its journal. */
export const leastFreeBytes = 1_048_576;

/** Stores that cannot be asked, or that are not as they should be. */
export function storeProblems(facts: Facts): Problem[] {
  const { redis, database } = facts;
  if (isAway(redis) && isAway(database)) return [bothAway(redis, database, facts)];
  return [...ofRedis(redis, facts), ...ofDatabase(database, facts)];
}

function isAway(store: Asked<unknown>): store is Unknown {
  return store.is === 'unknown' && store.why === 'away';
}

function bothAway(redis: Unknown, database: Unknown, { now }: Facts): Problem {
  return {
    id: 'stores-away',
    severity: 'act',
    since: earlier(redis.since, database.since),
    title: 'neither Redis nor the database answers',
    cause: `${said(redis, now)} ${said(database, now)}`,
    guarantee: 'While they are away, no hit is made and nothing is written. What was committed stays.',
    advice: 'Look at the network of this host first: both are away. The next run goes on by itself.',
    next: 'cronsync check',
  };
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

function said({ because, since }: Unknown, now: Date): string {
  return `${sentence(clauseOf(because))}${lasting(since, now)}.`;
}

function ofRedis(redis: Facts['redis'], facts: Facts): Problem[] {
  if (redis.is === 'known') return clockProblem('Redis', redis.value);
  const { now } = facts;
  const isRefusal = redis.why !== 'away';
  return [
    {
      id: isRefusal ? 'redis-refuses' : 'redis-away',
      severity: 'act',
      since: redis.since,
      title: isRefusal ? 'Redis does not let cronsync in' : 'Redis does not answer',
      cause: said(redis, now),
      guarantee: 'Without Redis no hit is made. Rows stay as they are, and events wait in the outbox.',
      advice: isRefusal
        ? 'Change what it complains about, in Redis or in the config. The next run goes on by itself.'
        : 'Start Redis, or make it reachable. The next run goes on by itself.',
      next: 'cronsync check',
    },
  ];
}

function ofDatabase(database: Facts['database'], facts: Facts): Problem[] {
  if (database.is === 'known') return [...clockProblem('the database', database.value), ...diskProblem(database.value)];
  const { now } = facts;
  const { id, title, advice } = sayings[database.why];
  return [
    {
      ...{ id, title, advice },
      severity: 'act',
      since: database.since,
      cause: said(database, now),
      guarantee: 'While it cannot be asked, nothing is written. What was committed stays.',
      next: 'cronsync check',
    },
  ];
}

const sayings = {
  away: {
    id: 'database-away',
    title: 'the database does not answer',
    advice: 'Start the database, or make it reachable. The next run goes on by itself.',
  },
  newer: {
    id: 'database-newer',
    title: 'the tables of cronsync are of a newer release',
    advice: 'Install that release here as well: a run of this one does not touch the tables.',
  },
  full: {
    id: 'disk-full',
    title: 'the disk of the database is full',
    advice: 'Make room on that disk. The next run goes on by itself.',
  },
  refused: {
    id: 'database-refuses',
    title: 'the database does not let cronsync in',
    advice: 'Change what it complains about, in the database or in the config. The next run goes on by itself.',
  },
} as const;

function clockProblem(whose: string, { aheadMs }: RedisFacts | DatabaseFacts): Problem[] {
  if (Math.abs(aheadMs) <= clockLimitMs) return [];
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  const title = `the clock of ${whose} is ${roughly(Math.abs(aheadMs))} ${direction} the clock of this host`;
  return [
    {
      id: 'clock-off',
      severity: 'act',
      since: null,
      title,
      cause: `${sentence(title)}.`,
      guarantee:
        'The throttle and the lock count on one clock each, so that both hold. Times that are shown may be wrong by as much.',
      advice: 'Set both clocks by NTP.',
      next: 'cronsync check',
    },
  ];
}

function diskProblem({ freeBytes, runs }: DatabaseFacts): Problem[] {
  const last = runs.find(({ endedAt }) => endedAt !== null);
  const isReported = last?.error ? /ENOSPC|no space left|disk\b.* full|could not extend file/i.test(last.error) : false;
  if (!isReported && (freeBytes === null || freeBytes >= leastFreeBytes)) return [];
  const title = 'the disk of the database is full';
  return [
    {
      id: 'disk-full',
      severity: 'act',
      since: isReported ? (last?.startedAt ?? null) : null,
      title,
      cause: `${sentence(isReported ? clauseOf(last?.error ?? title) : title)}.`,
      guarantee: 'Each transaction is written whole or not at all. The next run continues from the last commit.',
      advice: 'Make room on that disk. The next run goes on by itself.',
      next: 'cronsync check',
    },
  ];
}

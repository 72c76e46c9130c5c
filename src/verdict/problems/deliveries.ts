import { comparePositions } from '../../event.ts';
import type { DatabaseFacts, DeadFacts, Facts, GroupFacts, ListenerPlan, RedisFacts } from '../facts.ts';
import type { Problem } from '../problem.ts';
import { ago, clauseOf, lasting, many, roughly, sentence } from '../words.ts';

/** How often a daemon that reads an event may end without a word before the event is suspected. */
const suspiciousDeliveries = 3;
/** Events that wait in the outbox are moved within seconds, while a run or a daemon works. */
const outboxLimitMs = 120_000;

/** What keeps events from their listeners. */
export function deliveryProblems(facts: Facts): Problem[] {
  const redis = facts.redis.is === 'known' ? facts.redis.value : null;
  const database = facts.database.is === 'known' ? facts.database.value : null;
  return [
    ...(database?.dead ?? []).map((dead) => deadProblem(dead, facts)),
    ...(redis ? facts.plan.listeners.flatMap((plan) => listenerProblem(plan, redis, facts)) : []),
    ...(redis && database ? relayProblem(redis, database, facts) : []),
  ];
}

/** How late the events of a listener are. */
export interface Lateness {
  readonly pending: number;
  /** Null if Redis does not know it. */
  readonly lag: number | null;
  /** When the oldest event was committed that it has not acknowledged. */
  readonly oldest: Date | null;
}

/** The groups of a listener together. Of those that are off the stream, the target knows how late they are. */
export function latenessOf({ groups }: ListenerPlan, redis: RedisFacts, database: DatabaseFacts | null): Lateness {
  const states = redis.stream.groups.filter(({ name }) => groups.includes(name));
  const off = (database?.cursors ?? []).filter(({ group }) => !states.some(({ name }) => name === group));
  const oldest = [...redis.groups, ...off].flatMap((one) => {
    return groups.includes(one.group) && one.oldest ? [one.oldest.getTime()] : [];
  });
  return {
    pending: states.reduce((sum, { pending }) => sum + pending, 0),
    lag: states.some(({ lag }) => lag === null) ? null : states.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
    oldest: oldest.length === 0 ? null : new Date(Math.min(...oldest)),
  };
}

function deadProblem({ listener, count, since, reason, error }: DeadFacts, { now }: Facts): Problem {
  const isPoison = reason === 'crash-loop';
  return {
    id: isPoison ? 'poison-event' : 'dead-letters',
    severity: 'act',
    listener,
    since,
    title: isPoison ? `an event ends the daemons of ${listener}` : `${many(count, 'dead letter')} of ${listener}`,
    cause: `The listener ${listener} has had ${many(count, 'dead letter')}${lasting(since, now)}: ${clauseOf(error)}.`,
    guarantee: 'They are kept until somebody replays or drops them. All other events go on.',
    advice: isPoison
      ? 'Look at the event, fix the listener, and replay it.'
      : 'Fix the receiver, and replay them. Drop what is not needed any more.',
    next: `cronsync dead list --listener ${listener}`,
  };
}

function listenerProblem(plan: ListenerPlan, redis: RedisFacts, facts: Facts): Problem[] {
  const own = redis.groups.filter(({ group }) => plan.groups.includes(group));
  const late = latenessOf(plan, redis, facts.database.is === 'known' ? facts.database.value : null);
  const off = own.find((group) => group.off !== null)?.off ?? null;
  const suspected = own.find(({ deliveries }) => deliveries >= suspiciousDeliveries);
  if (off) return [offProblem(plan, off, late, facts)];
  if (suspected) return [poisonProblem(plan, suspected)];
  if (isPaused(plan, facts) || late.oldest === null) return [];
  const behindMs = facts.now.getTime() - late.oldest.getTime();
  if (behindMs <= plan.limitMs) return [];
  return [behindProblem(plan, own, late, facts)];
}

function isPaused({ listener }: ListenerPlan, { database }: Facts): boolean {
  return database.is === 'known' && database.value.pauses.some((pause) => pause.listener === listener);
}

function offProblem(
  { listener }: ListenerPlan,
  off: { readonly because: string; readonly at: Date },
  { oldest }: Lateness,
  { now }: Facts,
): Problem {
  const waiting = oldest === null ? '' : ` Its oldest event is from ${ago(oldest, now)}.`;
  return {
    id: 'listener-off',
    severity: 'act',
    listener,
    since: off.at,
    title: `the receiver of ${listener} is gone`,
    cause: `The receiver of ${listener} has been gone for good${lasting(off.at, now)}: ${clauseOf(off.because)}.${waiting}`,
    guarantee: 'Its events wait. The other listeners go on.',
    advice: 'Change its URL in the config and restart the daemon, or drop the listener.',
    next: `cronsync listener drop ${listener}`,
  };
}

function poisonProblem({ listener }: ListenerPlan, { deliveries }: GroupFacts): Problem {
  return {
    id: 'poison-event',
    severity: 'act',
    listener,
    since: null,
    title: `an event ends the daemons of ${listener}`,
    cause: `The delivery of one event of ${listener} was started ${deliveries} times, and each time the daemon ended without a word.`,
    guarantee: 'It runs alone from now on. If it ends one more daemon, it becomes a dead letter, and all others go on.',
    advice: 'Look at the log of the daemon, and at the memory of its host.',
    next: `cronsync dead list --listener ${listener}`,
  };
}

function behindProblem(
  { listener }: ListenerPlan,
  groups: readonly GroupFacts[],
  { oldest, lag, pending }: Lateness,
  { now }: Facts,
): Problem {
  const hasDaemon = groups.every(({ daemons }) => daemons === null || daemons > 0);
  const failing = groups.find((group) => group.failing !== null)?.failing;
  const events = lag === null ? 'its events wait' : waits(lag + pending);
  const behind = oldest === null ? '' : ` is ${roughly(now.getTime() - oldest.getTime())} behind`;
  const why = failing
    ? ` ${many(failing.count, 'attempt')} failed, the last one with: ${clauseOf(failing.error)}.`
    : '';
  return {
    id: hasDaemon ? 'listener-behind' : 'no-daemon',
    severity: hasDaemon && !failing ? 'watch' : 'act',
    listener,
    since: oldest,
    title: hasDaemon ? `\`${listener}\`${behind}` : `no daemon delivers to \`${listener}\``,
    cause: hasDaemon
      ? `\`${listener}\`${behind}: ${events}.${why}`
      : `No daemon runs the listener \`${listener}\`. ${sentence(events)}, the oldest${lasting(oldest, now)}.`,
    guarantee: 'No event is lost: each one is delivered at least once, in the order of its key.',
    advice: hasDaemon
      ? failing
        ? 'See what the receiver answers. Events that it never accepts become dead letters.'
        : 'If it lasts, give the listener more concurrency or shards, or make its receiver faster.'
      : 'Start the daemon, and let a service manager restart it.',
    next: hasDaemon ? `cronsync dead list --listener ${listener}` : 'cronsync listen',
  };
}

function waits(count: number): string {
  return `${many(count, 'event')} wait${count === 1 ? 's' : ''}`;
}

/** How many events wait in the outbox; all if stream and database are of different generations. */
export function waitingEvents({ fence }: DatabaseFacts, { stream }: RedisFacts): number {
  if (fence === null) return 0;
  const onStream = stream.last.generation === fence.generation ? stream.last.seq : 0;
  return Math.max(0, fence.nextSeq - 1 - onStream);
}

function relayProblem(redis: RedisFacts, database: DatabaseFacts, { plan, now }: Facts): Problem[] {
  const waiting = waitingEvents(database, redis);
  if (waiting === 0) return [];
  if (redis.stream.length >= plan.maxStream) return [fullProblem(redis, waiting)];
  const waitText = waits(waiting);
  const last = database.runs.find(({ endedAt }) => endedAt !== null);
  const since = last?.endedAt ?? null;
  if (redis.lock !== null || since === null || now.getTime() - since.getTime() <= outboxLimitMs) return [];
  return [
    {
      id: 'outbox-waiting',
      severity: 'act',
      since,
      title: `${waitText} in the outbox`,
      cause: `${waitText} in the outbox${lasting(since, now)}, and no run and no daemon moves ${waiting === 1 ? 'it' : 'them'} to the stream.`,
      guarantee: 'They are committed with the rows, and none is lost.',
      advice: 'The next run moves them, and a daemon does too. If it fails, its message says why.',
      next: 'cronsync run',
    },
  ];
}

function fullProblem({ stream }: RedisFacts, waiting: number): Problem {
  const slowest = [...stream.groups].sort((a, b) => comparePositions(a.lastDelivered, b.lastDelivered))[0];
  const who = slowest ? ` \`${slowest.name}\` has read the least.` : '';
  return {
    id: 'stream-full',
    severity: 'act',
    since: null,
    title: 'the stream is full',
    cause: `The stream has ${many(stream.length, 'event')}, as many as it may, and ${waits(waiting)} in the outbox.${who}`,
    guarantee: 'No event is lost: the relay waits for the listeners, and the outbox holds the rest.',
    advice: 'Start the daemon, make that listener faster, or drop it if it is not needed any more.',
    next: 'cronsync listen',
  };
}

import type { DatabaseFacts, Facts, ListenerPlan, RedisFacts } from '../../verdict/facts.ts';
import { latenessOf } from '../../verdict/problems/deliveries.ts';
import { roughly } from '../../verdict/words.ts';
import { count, many } from '../output/numbers.ts';
import { fitted } from '../output/width.ts';
import type { Room } from './room.ts';
import { tableLines } from './table.ts';

const mostShown = 6;
const longestName = 20;

/** The listeners of the config, the latest first; what a store that is away would know is a question mark. */
export function listenerLines(
  redis: RedisFacts | null,
  database: DatabaseFacts | null,
  facts: Facts,
  { columns: width, paint, isWhole }: Room,
): string[] {
  const listeners = facts.plan.listeners.map((plan) => rowOf(plan, redis, database, facts));
  if (listeners.length === 0) return [];
  const sorted = listeners.toSorted((a, b) => b.behindMs - a.behindMs);
  const shown = isWhole ? sorted : sorted.slice(0, mostShown);
  const columns = [
    { title: 'listener' },
    { title: 'behind', align: 'right' },
    { title: 'oldest' },
    { title: 'done/min', align: 'right' },
    { title: 'dead', align: 'right' },
    { title: '' },
  ] as const;
  const [titles = '', ...lines] = tableLines(
    columns,
    shown.map(({ cells }) => cells),
    width,
  );
  const left = sorted.length - shown.length;
  return [paint.dim(titles), ...lines, ...(left > 0 ? [paint.dim(`${many(left, 'more listener')} (--all)`)] : [])];
}

interface ListenerRow {
  readonly behindMs: number;
  readonly cells: readonly string[];
}

function rowOf(
  plan: ListenerPlan,
  redis: RedisFacts | null,
  database: DatabaseFacts | null,
  { now }: Facts,
): ListenerRow {
  const late = redis && latenessOf(plan, redis, database);
  const own = redis?.groups.filter(({ group }) => plan.groups.includes(group)) ?? [];
  const dead = database?.dead.filter(({ listener }) => listener === plan.listener) ?? [];
  const behindMs = late?.oldest ? now.getTime() - late.oldest.getTime() : 0;
  const isPaused = database?.pauses.some(({ listener }) => listener === plan.listener) ?? false;
  const donePerMinute = own.find((group) => group.donePerMinute !== null)?.donePerMinute ?? null;
  const hasNoDaemon = own.some(({ daemons }) => daemons === 0);
  const isOff = own.some(({ off }) => off !== null);
  return {
    behindMs,
    cells: [
      fitted(plan.listener, longestName),
      late ? (late.lag === null ? '?' : count(late.pending + late.lag)) : '?',
      late ? (late.oldest ? roughly(behindMs) : '–') : '?',
      redis ? (donePerMinute === null ? '–' : count(donePerMinute)) : '?',
      database ? count(dead.reduce((sum, letters) => sum + letters.count, 0)) : '?',
      isOff ? 'its receiver is gone' : isPaused ? 'paused' : hasNoDaemon ? 'no daemon' : '',
    ],
  };
}

import type { Child } from 'hono/jsx';
import type { Asked, DatabaseFacts, Facts, ListenerPlan, RedisFacts } from '../../verdict/facts.ts';
import { ago, roughly } from '../../verdict/words.ts';
import { count } from './numbers.ts';
import { Status } from './status.tsx';
import { Table } from './table.tsx';

interface Props {
  readonly database: DatabaseFacts;
  readonly redis: Asked<RedisFacts>;
  readonly facts: Facts;
}

/** How far each listener is. */
export function ListenersTable({ database, redis, facts }: Props) {
  const { plan, now } = facts;
  if (plan.listeners.length === 0) return null;
  return (
    <Table
      caption="Listeners"
      columns={[
        'Listener',
        'State',
        { title: 'Behind', isNumber: true },
        'Oldest',
        { title: 'Done/min', isNumber: true },
        { title: 'Dead letters', isNumber: true },
      ]}
      rows={plan.listeners.map((listener) => {
        const dead = database.dead.find((one) => one.listener === listener.listener)?.count ?? 0;
        const known = redis.is === 'known' ? lagOf(listener, redis.value) : null;
        return {
          key: `listener-${listener.listener}`,
          cells: [
            <a href={`/listeners/${listener.listener}`}>{listener.listener}</a>,
            <ListenerState listener={listener} database={database} redis={redis} now={now} />,
            known?.behind == null ? '?' : count(known.behind),
            known?.oldest == null ? '–' : ago(known.oldest, now).replace(' ago', ''),
            known === null ? '?' : known.donePerMinute === null ? '–' : count(known.donePerMinute),
            dead === 0 ? '0' : <a href={`/listeners/${listener.listener}`}>{count(dead)}</a>,
          ],
        };
      })}
    />
  );
}

/** What a listener does, by glyph and word. */
export function ListenerState({
  listener: { listener, groups, limitMs },
  database,
  redis,
  now,
}: Omit<Props, 'facts'> & { readonly listener: ListenerPlan; readonly now: Date }): Child {
  const pause = database.pauses.find((one) => one.listener === listener);
  if (pause) return <Status tone="quiet" glyph="‖" text="paused" />;
  if (redis.is === 'unknown') return <Status tone="bad" glyph="?" text="unknown" />;
  const facts = redis.value.groups.filter(({ group }) => groups.includes(group));
  const off = facts.find((one) => one.off !== null)?.off;
  if (off) return <Status tone="bad" glyph="✕" text="off: its receiver is gone" />;
  const oldest = oldestOf(facts.map((one) => one.oldest));
  if (oldest !== null && facts.some(({ daemons }) => daemons === 0)) {
    return <Status tone="bad" glyph="✕" text="no daemon runs it" />;
  }
  if (oldest !== null && now.getTime() - oldest.getTime() > limitMs) {
    return <Status tone="note" glyph="◐" text={`late by ${roughly(now.getTime() - oldest.getTime())}`} />;
  }
  return <Status tone="good" glyph="●" text={oldest === null ? 'has delivered everything' : 'delivering'} />;
}

/** How many events its groups have not acknowledged, since when the oldest of them waits, and how fast they go. */
export function lagOf(
  { groups }: ListenerPlan,
  redis: RedisFacts,
): { readonly behind: number | null; readonly oldest: Date | null; readonly donePerMinute: number | null } {
  const facts = redis.groups.filter(({ group }) => groups.includes(group));
  const states = redis.stream.groups.filter(({ name }) => groups.includes(name));
  const lags = states.map(({ pending, lag }) => (lag === null ? null : pending + lag));
  const behind = lags.reduce<number | null>((sum, lag) => (sum === null || lag === null ? null : sum + lag), 0);
  return {
    behind: states.length === groups.length ? behind : null,
    oldest: oldestOf(facts.map(({ oldest }) => oldest)),
    donePerMinute: facts.find((one) => one.donePerMinute !== null)?.donePerMinute ?? null,
  };
}

function oldestOf(times: readonly (Date | null)[]): Date | null {
  const known = times.flatMap((time) => (time === null ? [] : [time.getTime()]));
  return known.length === 0 ? null : new Date(Math.min(...known));
}

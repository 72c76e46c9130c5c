import type { Child } from 'hono/jsx';
import type { DatabaseFacts, Facts, ListenerPlan, RedisFacts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import { ago } from '../../verdict/words.ts';
import { FactsList } from '../parts/facts-list.tsx';
import { ListenerState, lagOf } from '../parts/listeners-table.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { atLeast, count } from '../parts/numbers.ts';
import { ProblemNotice } from '../parts/problem.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago } from '../parts/time.tsx';
import { groupLetters, type LetterGroup, lettersOf } from '../read/letter-groups.ts';
import { recordPath, withQuery } from '../read/links.ts';
import type { ListenerFacts } from '../read/sources.ts';
import type { Content, Screen } from '../screen.ts';

/** One listener: how far it is, and what it has given up on, by error. */
export const listenerScreen: Screen = {
  path: '/listeners/:listener',
  section: '/',
  async show({ sources, params, now, canOperate }): Promise<Content> {
    const name = params.listener ?? '';
    const listener = sources.listeners.get(name);
    if (!listener) return unknownListener([...sources.listeners.keys()]);
    const facts = await sources.facts();
    const letters = await lettersOf(sources.letters, name);
    const plan = facts.plan.listeners.find((one) => one.listener === name);
    return {
      title: name,
      isLive: true,
      head: <h1>{name}</h1>,
      body: (
        <>
          {judge(facts)
            .problems.filter((problem) => problem.listener === name)
            .map((problem) => (
              <ProblemNotice problem={problem} isHere />
            ))}
          {plan ? <Standing plan={plan} listener={listener} facts={facts} /> : null}
          {canOperate ? <Buttons name={name} facts={facts} /> : null}
          {plan && facts.redis.is === 'known' ? <Groups plan={plan} redis={facts.redis.value} now={now} /> : null}
          <Letters
            name={name}
            total={letters.length}
            groups={groupLetters(letters)}
            now={now}
            canOperate={canOperate}
          />
        </>
      ),
    };
  },
};

function unknownListener(names: readonly string[]): Content {
  return {
    title: 'Listener',
    status: 404,
    body: (
      <Notice title="There is no such listener">
        <p>The config has {names.join(', ') || 'none'}.</p>
      </Notice>
    ),
  };
}

function Standing({
  plan,
  listener,
  facts: { redis, database, now },
}: {
  readonly plan: ListenerPlan;
  readonly listener: ListenerFacts;
  readonly facts: Facts;
}): Child {
  const lag = redis.is === 'known' ? lagOf(plan, redis.value) : null;
  const pause = database.is === 'known' ? pauseOf(plan.listener, database.value) : undefined;
  return (
    <FactsList
      facts={[
        database.is === 'known'
          ? ['State', <ListenerState listener={plan} database={database.value} redis={redis} now={now} />]
          : null,
        ['Behind', lag?.behind == null ? 'unknown' : `${count(lag.behind)} events`],
        lag?.oldest == null ? null : ['Oldest', ago(lag.oldest, now)],
        ['Is a', listener.type],
        ['Gets', <Foreign text={listener.on.join(', ')} limit={300} />],
        pause === undefined
          ? null
          : [
              'Paused',
              <>
                by <Foreign text={pause.who} limit={80} /> {ago(pause.at, now)}
                {pause.reason === null ? '' : ': '}
                <Foreign text={pause.reason ?? ''} limit={200} />
              </>,
            ],
      ]}
    />
  );
}

function pauseOf(listener: string, { pauses }: DatabaseFacts) {
  return pauses.find((pause) => pause.listener === listener);
}

/** What an operator can do with the listener. */
function Buttons({ name, facts: { database } }: { readonly name: string; readonly facts: Facts }): Child {
  const isPaused = database.is === 'known' && pauseOf(name, database.value) !== undefined;
  return (
    <p class="buttons">
      <a class="button" href={`/listeners/${name}/${isPaused ? 'resume' : 'pause'}`}>
        {isPaused ? 'Resume…' : 'Pause…'}
      </a>
      <a class="button" href={`/listeners/${name}/rewind`}>
        Rewind…
      </a>
    </p>
  );
}

function Groups({
  plan,
  redis,
  now,
}: {
  readonly plan: ListenerPlan;
  readonly redis: RedisFacts;
  readonly now: Date;
}): Child {
  return (
    <Table
      caption={plan.groups.length === 1 ? 'Its group on the stream' : 'Its groups on the stream, one for each shard'}
      columns={[
        'Group',
        { title: 'Pending', isNumber: true },
        { title: 'Not read', isNumber: true },
        'Oldest',
        'Daemons',
        'Failing',
      ]}
      rows={plan.groups.map((group) => {
        const state = redis.stream.groups.find(({ name }) => name === group);
        const known = redis.groups.find((one) => one.group === group);
        return {
          key: `group-${group}`,
          cells: [
            group,
            state ? count(state.pending) : '–',
            state?.lag == null ? '–' : count(state.lag),
            known?.oldest == null ? '–' : ago(known.oldest, now),
            known?.daemons == null ? '–' : count(known.daemons),
            known?.failing == null ? (
              ''
            ) : (
              <Foreign text={`${known.failing.count} times: ${known.failing.error}`} limit={200} />
            ),
          ],
        };
      })}
    />
  );
}

function Letters({
  name,
  total,
  groups,
  now,
  canOperate,
}: {
  readonly name: string;
  readonly total: number;
  readonly groups: readonly LetterGroup[];
  readonly now: Date;
  readonly canOperate: boolean;
}): Child {
  if (groups.length === 0) return <Empty>There are no dead letters.</Empty>;
  const act = (what: string, error: string) => withQuery(`/listeners/${name}/${what}`, { error });
  return (
    <Table
      caption={total === 1 ? '1 dead letter' : `${atLeast(total)} dead letters, by error`}
      columns={[
        'Error',
        { title: 'Letters', isNumber: true },
        { title: 'Keys', isNumber: true },
        'First',
        'Last',
        'Examples',
        ...(canOperate ? ['Act'] : []),
      ]}
      rows={groups.map(({ error, count: letters, keys, first, last, examples }, at) => ({
        key: `letters-${at}`,
        cells: [
          <Foreign text={error} limit={300} />,
          count(letters),
          count(keys),
          <Ago at={first} now={now} />,
          <Ago at={last} now={now} />,
          <Examples letters={examples} />,
          ...(canOperate
            ? [
                <span class="buttons">
                  <a class="button" href={act('replay', error)}>
                    Replay…
                  </a>
                  <a class="button" href={act('drop', error)}>
                    Drop…
                  </a>
                </span>,
              ]
            : []),
        ],
      }))}
    />
  );
}

/** Some letters by their keys, as links to their records. */
export function Examples({ letters }: { readonly letters: LetterGroup['examples'] }): Child {
  return letters.map(({ id, key, type }, at) => (
    <>
      {at > 0 ? ', ' : ''}
      <a id={`example-${id}`} href={recordPath(type.split('.')[0] ?? '', key)}>
        <Foreign text={key} limit={40} />
      </a>
    </>
  ));
}

import type { Child } from 'hono/jsx';
import type { RunRow, RunSpan } from '../../run-row.ts';
import type { Facts } from '../../verdict/facts.ts';
import { RunBars } from '../charts/run-bars.tsx';
import { tookText } from '../charts/took.ts';
import { Empty } from '../parts/notice.tsx';
import { changesText, count } from '../parts/numbers.ts';
import { Paging } from '../parts/paging.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago } from '../parts/time.tsx';
import { numberIn, textIn, withQuery } from '../read/links.ts';
import { outcomes, runState, stateOf } from '../read/run-state.ts';
import type { Screen } from '../screen.ts';

const perPage = 50;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The runs of the last day and of the last week as bars, and each of them. */
export const runsScreen: Screen = {
  path: '/runs',
  section: '/runs',
  async show({ sources, query, now }) {
    const outcome = textIn(query, 'outcome');
    const before = numberIn(query, 'before');
    const chosen = outcome !== null && (outcomes.includes(outcome) || outcome === unended) ? outcome : null;
    const { runs, day, week } = await sources.database(async (reader) => ({
      runs: await reader.runs({
        limit: perPage + 1,
        ...(before !== null && { before: new Date(before) }),
        ...(chosen !== null && { outcomes: [chosen === unended ? null : chosen] }),
      }),
      day: await reader.runHistory(new Date(startOf(now, hourMs) - dayMs + hourMs), hourMs),
      week: await reader.runHistory(new Date(startOf(now, 6 * hourMs) - 7 * dayMs + 6 * hourMs), 6 * hourMs),
    }));
    const lockedRun = lockedRunOf(await sources.facts());
    const shown = runs.slice(0, perPage);
    const oldest = shown.at(-1)?.startedAt.getTime() ?? null;
    return {
      title: 'Runs',
      isLive: before === null,
      head: (
        <>
          <h1>Runs</h1>
          <Outcomes current={chosen} />
        </>
      ),
      body: (
        <>
          <div class="columns">
            <RunBars title="24 hours" spans={day} end={startOf(now, hourMs) + hourMs} perMs={hourMs} bars={24} />
            <RunBars
              title="7 days"
              spans={week}
              end={startOf(now, 6 * hourMs) + 6 * hourMs}
              perMs={6 * hourMs}
              bars={28}
            />
          </div>
          {shown.length === 0 ? (
            <NoRun chosen={chosen} spans={week} />
          ) : (
            <RunsTable runs={shown} lockedRun={lockedRun} now={now} />
          )}
          <Paging
            newest={before === null ? null : withQuery('/runs', { outcome: chosen })}
            older={runs.length > perPage ? withQuery('/runs', { outcome: chosen, before: oldest }) : null}
          />
        </>
      ),
    };
  },
};

/** Stands in an address for runs that have no end. */
const unended = 'no-end';

function startOf(now: Date, spanMs: number): number {
  return Math.floor(now.getTime() / spanMs) * spanMs;
}

/** The run that holds the lock; null if it is free, and undefined if that is not known. */
export function lockedRunOf({ redis }: Facts): string | null | undefined {
  return redis.is === 'known' ? (redis.value.lock?.holder?.run ?? null) : undefined;
}

function Outcomes({ current }: { readonly current: string | null }): Child {
  const all = [null, ...outcomes, unended];
  return (
    <nav class="tabs" aria-label="Outcomes">
      {all.map((outcome) => (
        <a href={withQuery('/runs', { outcome })} aria-current={outcome === current ? 'page' : undefined}>
          {outcome === null ? 'All' : outcome === unended ? 'no end' : stateOf(outcome).text}
        </a>
      ))}
    </nav>
  );
}

function NoRun({ chosen, spans }: { readonly chosen: string | null; readonly spans: readonly RunSpan[] }): Child {
  if (spans.length > 0 || chosen !== null) return <Empty>No run of the last seven days fits.</Empty>;
  return (
    <Empty>
      No run yet. Cron should start one within a minute; <code>cronsync check</code> shows what it would find.
    </Empty>
  );
}

function RunsTable({
  runs,
  lockedRun,
  now,
}: {
  readonly runs: readonly RunRow[];
  readonly lockedRun: string | null | undefined;
  readonly now: Date;
}): Child {
  return (
    <Table
      caption="Newest first"
      columns={[
        'Started',
        'Outcome',
        { title: 'Took', isNumber: true },
        { title: 'Hits', isNumber: true },
        { title: 'Pages', isNumber: true },
        'Changes',
        'Error',
      ]}
      rows={runs.map((run) => ({
        key: `run-${run.run}`,
        cells: [
          <a href={`/runs/${run.run}?at=${run.startedAt.getTime()}`}>
            <Ago at={run.startedAt} now={now} />
          </a>,
          <Status {...runState(run, lockedRun)} />,
          tookText(run.endedAt === null ? null : run.endedAt.getTime() - run.startedAt.getTime()),
          count(run.hits),
          count(run.pages),
          changesText(run.counts),
          run.error === null ? '' : <Foreign text={run.error} limit={160} />,
        ],
      }))}
    />
  );
}

import type { Child } from 'hono/jsx';
import type { RunResource, RunRow } from '../../run-row.ts';
import { tookText } from '../charts/took.ts';
import { Waterfall } from '../charts/waterfall.tsx';
import { FactsList } from '../parts/facts-list.tsx';
import { Notice } from '../parts/notice.tsx';
import { changesText, count } from '../parts/numbers.ts';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { shortTime } from '../parts/time.tsx';
import { numberIn } from '../read/links.ts';
import { runState } from '../read/run-state.ts';
import type { Content, Screen, ScreenRequest } from '../screen.ts';
import { lockedRunOf } from './runs.tsx';

/** One run: how it ended, what it did, and what it spent its time on. */
export const runScreen: Screen = {
  path: '/runs/:run',
  section: '/runs',
  async show(request): Promise<Content> {
    const run = await findRun(request);
    if (!run) return unknownRun;
    const lockedRun = lockedRunOf(await request.sources.facts());
    const { startedAt, endedAt } = run;
    const tookMs = endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
    return {
      title: `Run ${run.run}`,
      isLive: endedAt === null,
      head: (
        <h1>
          Run <Foreign text={run.run} limit={60} />
        </h1>
      ),
      body: (
        <>
          {run.error === null ? null : <Failure run={run} />}
          <FactsList
            facts={[
              ['Outcome', <Status {...runState(run, lockedRun)} />],
              run.exitCode === null ? null : ['Exit code', String(run.exitCode)],
              ['Started', shortTime(startedAt)],
              ['Took', tookText(tookMs)],
              ['On', <Foreign text={run.holder} limit={80} />],
              ['Third party', <Foreign text={run.adapter} limit={80} />],
              ['Hits', hitsText(run)],
              ['Pages', count(run.pages)],
              ['Changes', changesText(run.counts)],
              ['Rejected', count(run.rejected)],
              run.slotWaitMs === undefined ? null : ['Waited for slots', tookText(run.slotWaitMs)],
              run.version === undefined ? null : ['Release', <Foreign text={run.version} limit={40} />],
            ]}
          />
          {run.phases === undefined || run.phases.length === 0 ? null : (
            <Waterfall phases={run.phases} tookMs={tookMs} />
          )}
          {run.resources === undefined || run.resources.length === 0 ? null : <Resources resources={run.resources} />}
        </>
      ),
    };
  },
};

/** Runs are found by their start, which links carry; without it the newest ones are looked through. */
async function findRun({ sources, params, query }: ScreenRequest): Promise<RunRow | undefined> {
  const at = numberIn(query, 'at');
  const around = at === null ? {} : { since: new Date(at), before: new Date(at + 1) };
  const runs = await sources.database((reader) => reader.runs({ limit: mostSearched, ...around }));
  return runs.find(({ run }) => run === params.run);
}

const mostSearched = 300;

const unknownRun: Content = {
  title: 'Run',
  status: 404,
  body: (
    <Notice title="This run is not among those that are kept">
      <p>
        Runs are kept for seven days. <a href="/runs">All runs</a>
      </p>
    </Notice>
  ),
};

function Failure({ run: { error, hint } }: { readonly run: RunRow }): Child {
  return (
    <Notice tone="bad" title="What went wrong">
      <p>
        <Foreign text={error ?? ''} limit={2000} />
      </p>
      {hint ? (
        <p class="side">
          <Foreign text={hint} limit={500} />
        </p>
      ) : null}
    </Notice>
  );
}

/** `3 (2 answered 200, 1 answered 503)`. */
function hitsText({ hits, statuses = {} }: RunRow): string {
  const parts = Object.entries(statuses).map(([status, times]) =>
    status === 'none' ? `${count(times)} without an answer` : `${count(times)} answered ${status}`,
  );
  return parts.length === 0 ? count(hits) : `${count(hits)} (${parts.join(', ')})`;
}

function Resources({ resources }: { readonly resources: readonly RunResource[] }): Child {
  return (
    <Table
      caption="What this run did with each resource"
      columns={[
        'Resource',
        { title: 'Pass', isNumber: true },
        'State',
        { title: 'Pages', isNumber: true },
        { title: 'Records', isNumber: true },
        { title: 'Rejected', isNumber: true },
        'Changes',
        'Error',
      ]}
      rows={resources.map(({ resource, pass, phase, pages, records, rejected, counts, error }) => ({
        key: `resource-${resource}`,
        cells: [
          <a href={`/resources/${resource}`}>{resource}</a>,
          count(pass),
          phase,
          count(pages),
          count(records),
          count(rejected),
          changesText(counts),
          error === null ? '' : <Foreign text={error} limit={200} />,
        ],
      }))}
    />
  );
}

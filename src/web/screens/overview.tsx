import type { Child } from 'hono/jsx';
import type { Held } from '../../lock.ts';
import type { Asked, DatabaseFacts, Facts, RedisFacts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import { ago, roughly } from '../../verdict/words.ts';
import { RunStrip } from '../charts/run-strip.tsx';
import { EventsTable } from '../parts/events-table.tsx';
import { FactsList } from '../parts/facts-list.tsx';
import { ListenersTable } from '../parts/listeners-table.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { ProblemNotice } from '../parts/problem.tsx';
import { ResourcesTable } from '../parts/resources-table.tsx';
import { Status } from '../parts/status.tsx';
import { Foreign } from '../parts/text.tsx';
import { VerdictBanner } from '../parts/verdict-banner.tsx';
import type { ShownEvent } from '../read/event-text.ts';
import { readEvents } from '../read/events.ts';
import type { Sources } from '../read/sources.ts';
import { within } from '../read/within.ts';
import type { Screen } from '../screen.ts';

const lastEvents = 10;

/** How everything stands: the verdict, what stands in the way, and the numbers behind it. */
export const overviewScreen: Screen = {
  path: '/',
  section: '/',
  async show({ sources, now, canOperate }) {
    const { facts, knownAt } = await sources.snapshot();
    const { redis, database } = facts;
    const isSilent = redis.is === 'unknown' && database.is === 'unknown';
    const verdict = judge(facts);
    const events = knownAt === null && database.is === 'known' ? await newestEvents(sources) : [];
    return {
      title: 'Overview',
      isLive: true,
      status: isSilent || knownAt !== null ? 503 : 200,
      id: events[0]?.position.seq ?? 0,
      body: (
        <>
          {knownAt === null ? null : <Outdated knownAt={knownAt} now={now} />}
          <VerdictBanner verdict={verdict} />
          {verdict.problems.map((problem) => (
            <ProblemNotice problem={problem} />
          ))}
          {canOperate ? <Buttons database={database} /> : null}
          <Throttle facts={facts} />
          {database.is === 'known' ? (
            <Known
              database={database.value}
              redis={redis}
              facts={facts}
              guardUsed={sources.guardUsed(facts)}
              events={events}
            />
          ) : (
            <Empty>Runs, resources and events are unknown: the database does not answer.</Empty>
          )}
        </>
      ),
    };
  },
};

async function newestEvents(sources: Sources): Promise<readonly ShownEvent[]> {
  const query = { types: [], key: null, before: null, limit: lastEvents };
  const page = await within(sources.database((reader) => readEvents(reader, query))).catch(() => undefined);
  return page?.events ?? [];
}

function Outdated({ knownAt, now }: { readonly knownAt: Date; readonly now: Date }): Child {
  return (
    <Notice tone="bad" title={`No store answers. This is how it stood ${ago(knownAt, now)}`}>
      <p>Neither Redis nor the database can be asked. Nothing of it is lost, and this page tries again.</p>
    </Notice>
  );
}

/** Where the data comes from and goes to, who runs, and when the next hit may leave. */
function Throttle({ facts: { adapter, target, redis } }: { readonly facts: Facts }): Child {
  return (
    <FactsList
      facts={[
        [
          'From and to',
          <>
            {adapter} → <Foreign text={target} />
          </>,
        ],
        ['Lock', redis.is === 'known' ? <Lock held={redis.value.lock} /> : <Unknown />],
        ...(redis.is === 'known'
          ? redis.value.slots.map(({ key, waitMs }) => ['Next hit', slotText(key, waitMs)] as const)
          : [['Next hit', <Unknown />] as const]),
      ]}
    />
  );
}

/** What an operator can do with the whole sync. */
function Buttons({ database }: { readonly database: Facts['database'] }): Child {
  const isPaused = database.is === 'known' && database.value.pauses.some(({ listener }) => listener === null);
  return (
    <p class="buttons">
      <a class="button" href={isPaused ? '/resume' : '/pause'}>
        {isPaused ? 'Resume…' : 'Pause…'}
      </a>
    </p>
  );
}

function Unknown(): Child {
  return <Status tone="bad" glyph="?" text="unknown" />;
}

function Lock({ held }: { readonly held: Held | null }): Child {
  if (held === null) return 'free';
  if (held.holder === null) return 'held by something that is not a run';
  return (
    <>
      <a href={`/runs/${held.holder.run}`}>a run</a> on <Foreign text={held.holder.host} />
    </>
  );
}

function slotText(key: string, waitMs: number): string {
  return waitMs === 0 ? `free now (${key})` : `in ${roughly(waitMs)} (${key})`;
}

function Known({
  database,
  redis,
  facts,
  guardUsed,
  events,
}: {
  readonly database: DatabaseFacts;
  readonly redis: Asked<RedisFacts>;
  readonly facts: Facts;
  readonly guardUsed: Readonly<Record<string, number>>;
  readonly events: readonly ShownEvent[];
}): Child {
  const { now } = facts;
  const lockedRun = redis.is === 'known' ? (redis.value.lock?.holder?.run ?? null) : undefined;
  return (
    <>
      <section aria-label="Runs">
        {database.runs.length === 0 ? (
          <Empty>
            No run yet. Cron should start one within a minute; <code>cronsync check</code> shows what it would find.
          </Empty>
        ) : (
          <RunStrip runs={database.runs} lockedRun={lockedRun} now={now} />
        )}
      </section>
      <ResourcesTable database={database} facts={facts} guardUsed={guardUsed} />
      <ListenersTable database={database} redis={redis} facts={facts} />
      {events.length === 0 ? null : <EventsTable caption="The last events" events={events} now={now} />}
    </>
  );
}

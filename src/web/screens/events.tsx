import { EventsTable } from '../parts/events-table.tsx';
import { Empty } from '../parts/notice.tsx';
import { count } from '../parts/numbers.ts';
import { Paging } from '../parts/paging.tsx';
import { type EventPage, readEvents } from '../read/events.ts';
import { numberIn, textIn, withQuery } from '../read/links.ts';
import type { Screen, ScreenRequest } from '../screen.ts';

const perPage = 50;

/** The events of the outbox, newest first: a live tail, unless it is paused or an older page is shown. */
export const eventsScreen: Screen = {
  path: '/events',
  section: '/events',
  async show({ sources, query, now }) {
    const filter = filterOf(query);
    const page = await sources.database((reader) =>
      readEvents(reader, {
        types: filter.type === null ? [] : filter.type.split(/[\s,]+/),
        key: filter.key,
        before: filter.before,
        limit: perPage,
      }),
    );
    const isPaused = filter.paused !== null;
    const isTail = filter.before === null && !isPaused;
    return {
      title: 'Events',
      isLive: isTail,
      id: page.newest,
      head: (
        <>
          <h1>Events</h1>
          <Filter filter={filter} isPaused={isPaused} resources={[...sources.resources.keys()]} />
        </>
      ),
      body: (
        <>
          {page.events.length === 0 ? (
            <Empty>
              {page.newest === 0 ? 'No event yet. The first change makes one.' : 'No event fits this filter here.'}
            </Empty>
          ) : (
            <EventsTable caption={captionOf(page, isTail)} events={page.events} now={now} />
          )}
          <Paging
            newest={filter.before === null ? null : withQuery('/events', { ...filter, before: null })}
            older={page.before === null ? null : withQuery('/events', { ...filter, before: page.before })}
            olderText={page.isCutShort ? 'Search further back' : 'Older'}
          />
        </>
      ),
    };
  },
};

type EventFilter = ReturnType<typeof filterOf>;

function filterOf(query: ScreenRequest['query']) {
  return {
    type: textIn(query, 'type'),
    key: textIn(query, 'key'),
    before: numberIn(query, 'before'),
    paused: textIn(query, 'paused'),
  };
}

function captionOf({ events, newest }: EventPage, isTail: boolean): string {
  const [first] = events;
  if (isTail || first === undefined) return `The newest events; ${count(newest)} were written in all`;
  return `Events up to ${count(first.position.seq)} of ${count(newest)}`;
}

function Filter({
  filter,
  isPaused,
  resources,
}: {
  readonly filter: EventFilter;
  readonly isPaused: boolean;
  readonly resources: readonly string[];
}) {
  return (
    <search aria-label="Events">
      <form class="filter" method="get" action="/events">
        <label>
          Type
          <input name="type" value={filter.type ?? ''} list="types" placeholder="customers.*" autocomplete="off" />
        </label>
        <datalist id="types">
          {resources.flatMap((resource) =>
            ['*', 'created', 'updated', 'deleted'].map((change) => <option value={`${resource}.${change}`} />),
          )}
          <option value="sync.*" />
        </datalist>
        <label>
          Key
          <input name="key" value={filter.key ?? ''} autocomplete="off" />
        </label>
        <button type="submit">Filter</button>
        {isPaused ? (
          <a class="button" href={withQuery('/events', { type: filter.type, key: filter.key })}>
            Follow again
          </a>
        ) : (
          <a class="button" href={withQuery('/events', { type: filter.type, key: filter.key, paused: '1' })}>
            Pause
          </a>
        )}
      </form>
    </search>
  );
}

import type { Child } from 'hono/jsx';
import type { KnownRow } from '../../drift.ts';
import type { KnownAs } from '../../identity.ts';
import type { DeadLetterRow } from '../../listener.ts';
import type { ResourceTable } from '../../table.ts';
import type { RejectRow, TargetReader } from '../../target.ts';
import { EventsTable } from '../parts/events-table.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { Paging } from '../parts/paging.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign, visible } from '../parts/text.tsx';
import { Ago } from '../parts/time.tsx';
import { readEvents } from '../read/events.ts';
import { numberIn, textIn, withQuery } from '../read/links.ts';
import type { Content, Screen, ScreenRequest } from '../screen.ts';
import { Fields } from './event.tsx';

const perPage = 50;
const mostLetters = 100;

/** One record's life: its row now, its events, and where it is in quarantine or could not be delivered. */
export const recordScreen: Screen = {
  path: '/record',
  section: '/events',
  async show(request): Promise<Content> {
    const resource = textIn(request.query, 'resource');
    const key = request.query.get('key') ?? '';
    const table = resource === null ? undefined : request.sources.resources.get(resource)?.table;
    if (!table || key === '')
      return {
        title: 'Record',
        body: <Search request={request} resource={resource} />,
        status: resource === null ? 200 : 404,
      };
    return showRecord(table, key, request);
  },
};

async function showRecord(table: ResourceTable, key: string, { sources, query, now }: ScreenRequest): Promise<Content> {
  const { resource } = table;
  const before = numberIn(query, 'before');
  const types = [`${resource}.*`];
  const found = await sources.database(async (reader) => ({
    row: await rowOf(reader, table, key),
    page: await readEvents(reader, { types, key, before, limit: perPage }),
    names: table.match ? await reader.knownAs(resource, key) : [],
    rejects: (await reader.rejects({ resource, limit: mostRejects })).filter((reject) => reject.key === key),
  }));
  const letters = await sources.letters.list({ key, limit: mostLetters });
  const dead = letters.filter(({ type }) => type.startsWith(`${resource}.`));
  const here = (older: number | null) => withQuery('/record', { resource, key, before: older });
  return {
    title: `${resource} ${visible(key)}`,
    isLive: before === null,
    id: found.page.newest,
    head: (
      <h1>
        {resource} <Foreign text={key} limit={200} />
      </h1>
    ),
    body: (
      <>
        <RowNow row={found.row} table={table} />
        <Names names={found.names} />
        <Rejects rejects={found.rejects} now={now} />
        <DeadLetters letters={dead} now={now} />
        {found.page.events.length === 0 ? (
          <Empty>
            {found.page.isCutShort
              ? 'None of the newest events is of this record.'
              : 'The outbox has no event of this record. Events are removed after a while.'}
          </Empty>
        ) : (
          <EventsTable caption="Its events, newest first" events={found.page.events} now={now} />
        )}
        <Paging
          newest={before === null ? null : here(null)}
          older={found.page.before === null ? null : here(found.page.before)}
          olderText={found.page.isCutShort ? 'Search further back' : 'Older'}
        />
      </>
    ),
  };
}

const mostRejects = 10_001;

/** What is known of the record and its row; null if no live record has this key. */
async function rowOf(reader: TargetReader, table: ResourceTable, key: string): Promise<KnownRow | null> {
  const [id] = await reader.idsOf(table.resource, [key]);
  if (id === undefined) return null;
  const [row] = await reader.known(table, { ids: [id] });
  return row ?? null;
}

function RowNow({ row, table }: { readonly row: KnownRow | null; readonly table: ResourceTable }): Child {
  if (row === null) return <Status tone="quiet" glyph="○" text="There is no live record with this key." />;
  if (row.row === null) {
    return (
      <Status tone="bad" glyph="✕" text={`The record is live, and its row is missing from the table ${table.table}.`} />
    );
  }
  const values = Object.fromEntries(table.mapped.map(({ name }, at) => [name, row.row?.[at] ?? null]));
  return (
    <>
      {row.isMarked ? (
        <Status tone="bad" glyph="✕" text="The record is live, and somebody has marked its row as deleted." />
      ) : (
        <Status tone="good" glyph="●" text="live" />
      )}
      <Fields caption={`Its row in ${table.table}, now`} members={values} />
    </>
  );
}

/** What each third party calls the record: it has `match`. */
function Names({ names }: { readonly names: readonly KnownAs[] }): Child {
  if (names.length === 0) return null;
  return (
    <Table
      caption="What third parties call it"
      columns={['Adapter', 'Its id there', 'Became the key']}
      rows={names.map(({ adapter, native, isMaker }, nth) => ({
        key: `name-${nth}`,
        cells: [adapter, <Foreign text={native} limit={200} />, isMaker ? 'yes' : '–'],
      }))}
    />
  );
}

function Rejects({ rejects, now }: { readonly rejects: readonly RejectRow[]; readonly now: Date }): Child {
  if (rejects.length === 0) return null;
  return (
    <Table
      caption="In quarantine"
      columns={['Record', 'Why', 'Last came']}
      rows={rejects.map(({ id, reasons, at }) => ({
        key: `reject-${id}`,
        cells: [<a href={`/rejects/${id}`}>{id}</a>, <Foreign text={reasons.join('; ')} />, <Ago at={at} now={now} />],
      }))}
    />
  );
}

function DeadLetters({ letters, now }: { readonly letters: readonly DeadLetterRow[]; readonly now: Date }): Child {
  if (letters.length === 0) return null;
  return (
    <Table
      caption="Dead letters"
      columns={['Listener', 'Event', 'Last error', 'Dead since']}
      rows={letters.map(({ id, listener, position, lastError, deadAt }) => ({
        key: `dead-${id}`,
        cells: [
          <a href={`/listeners/${listener}`}>{listener}</a>,
          <a href={`/events/${position.generation}-${position.seq}`}>{position.seq}</a>,
          <Foreign text={lastError} limit={300} />,
          <Ago at={deadAt} now={now} />,
        ],
      }))}
    />
  );
}

function Search({
  request: { sources, query },
  resource,
}: {
  readonly request: ScreenRequest;
  readonly resource: string | null;
}) {
  const names = [...sources.resources.keys()];
  return (
    <>
      <h1>Record</h1>
      {resource !== null && !names.includes(resource) ? (
        <Notice title="There is no such resource">
          <p>The config has {names.join(', ')}.</p>
        </Notice>
      ) : null}
      <search aria-label="Records">
        <form class="filter" method="get" action="/record">
          <label>
            Resource
            <select name="resource">
              {names.map((name) => (
                <option value={name} selected={name === resource}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          <label>
            Key
            <input name="key" value={query.get('key') ?? ''} required autocomplete="off" />
          </label>
          <button type="submit">Show</button>
        </form>
      </search>
    </>
  );
}

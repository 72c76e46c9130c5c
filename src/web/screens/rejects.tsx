import type { RejectRow } from '../../target.ts';
import { FactsList } from '../parts/facts-list.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { Paging } from '../parts/paging.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago, shortTime } from '../parts/time.tsx';
import { numberIn, recordPath, textIn, withQuery } from '../read/links.ts';
import { jsonText } from '../read/value-text.ts';
import type { Content, Screen } from '../screen.ts';

const perPage = 50;

/** The records in quarantine, newest first. */
export const rejectsScreen: Screen = {
  path: '/rejects',
  section: '/rejects',
  async show({ sources, query, now }) {
    const resource = textIn(query, 'resource');
    const from = numberIn(query, 'from') ?? 0;
    const found = await sources.database((reader) =>
      reader.rejects({ limit: from + perPage + 1, ...(resource !== null && { resource }) }),
    );
    const shown = found.slice(from, from + perPage);
    return {
      title: 'Rejects',
      isLive: from === 0,
      head: (
        <>
          <h1>Rejects</h1>
          <p>
            A record that does not fit is kept here and its row stays as it is. It leaves the list when a pass brings it
            again and it fits, or when a complete pass does not bring it any more.
          </p>
          <Resources all={[...sources.resources.keys()]} current={resource} />
        </>
      ),
      body: (
        <>
          {shown.length === 0 ? (
            <Empty>No record is in quarantine.</Empty>
          ) : (
            <Table
              caption="Rejected records, newest first"
              columns={['Record', 'Resource', 'Key', 'Why', 'Last came']}
              rows={shown.map((reject) => ({
                key: `reject-${reject.id}`,
                cells: [
                  <a href={`/rejects/${reject.id}`}>{reject.id}</a>,
                  <Foreign text={reject.resource} />,
                  <Key reject={reject} />,
                  <Foreign text={reject.reasons.join('; ')} limit={240} />,
                  <Ago at={reject.at} now={now} />,
                ],
              }))}
            />
          )}
          <Paging
            newest={from === 0 ? null : withQuery('/rejects', { resource })}
            older={found.length > from + perPage ? withQuery('/rejects', { resource, from: from + perPage }) : null}
          />
        </>
      ),
    };
  },
};

/** One rejected record, as it arrived. */
export const rejectScreen: Screen = {
  path: '/rejects/:id',
  section: '/rejects',
  async show({ sources, params, now }): Promise<Content> {
    const rejects = await sources.database((reader) => reader.rejects({ limit: mostKept }));
    const reject = rejects.find(({ id }) => id === params.id);
    if (!reject) return unknownReject;
    return {
      title: `Reject ${reject.id}`,
      body: (
        <>
          <h1>Rejected record {reject.id}</h1>
          <FactsList
            facts={[
              ['Resource', <Foreign text={reject.resource} />],
              ['Key', <Key reject={reject} />],
              [
                'Last came',
                <>
                  <Ago at={reject.at} now={now} />, {shortTime(reject.at)}
                </>,
              ],
            ]}
          />
          <h2>Why</h2>
          <ul>
            {reject.reasons.map((reason) => (
              <li>
                <Foreign text={reason} />
              </li>
            ))}
          </ul>
          <h2>As it arrived</h2>
          <pre>
            <Foreign text={rawText(reject)} />
          </pre>
        </>
      ),
    };
  },
};

/** As many as the target keeps of some resources. */
const mostKept = 100_000;

const unknownReject: Content = {
  title: 'Reject',
  status: 404,
  body: (
    <Notice title="This record is not in quarantine any more">
      <p>
        A later pass has brought it again, or did not bring it. <a href="/rejects">All rejects</a>
      </p>
    </Notice>
  ),
};

function Resources({ all, current }: { readonly all: readonly string[]; readonly current: string | null }) {
  if (all.length < 2) return null;
  return (
    <nav class="tabs" aria-label="Resources">
      <a href="/rejects" aria-current={current === null ? 'page' : undefined}>
        All
      </a>
      {all.map((resource) => (
        <a href={withQuery('/rejects', { resource })} aria-current={current === resource ? 'page' : undefined}>
          {resource}
        </a>
      ))}
    </nav>
  );
}

function Key({ reject: { resource, key } }: { readonly reject: RejectRow }) {
  if (key === null) return <span class="quiet">no readable key</span>;
  return (
    <a href={recordPath(resource, key)}>
      <Foreign text={key} limit={120} />
    </a>
  );
}

function rawText({ raw }: RejectRow): string {
  try {
    return jsonText(JSON.parse(raw));
  } catch {
    return raw;
  }
}

import type { Activity } from '../../activity.ts';
import { Empty } from '../parts/notice.tsx';
import { Paging } from '../parts/paging.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago } from '../parts/time.tsx';
import { numberIn, withQuery } from '../read/links.ts';
import type { Screen } from '../screen.ts';

const perPage = 50;

/** What people did to the sync, newest first. */
export const activityScreen: Screen = {
  path: '/activity',
  section: '/activity',
  async show({ sources, query, now }) {
    const before = numberIn(query, 'before');
    const found = await sources.database((reader) =>
      reader.activity({ limit: perPage + 1, ...(before !== null && { before }) }),
    );
    const shown = found.slice(0, perPage);
    return {
      title: 'Activity',
      isLive: before === null,
      head: <h1>Activity</h1>,
      body: (
        <>
          {shown.length === 0 ? (
            <Empty>Nobody has done anything yet. Runs of cron are not activity: they are under Runs.</Empty>
          ) : (
            <Table
              caption="What people did, newest first"
              columns={['When', 'Who', 'What', 'Why']}
              rows={shown.map((activity) => ({
                key: `activity-${activity.id}`,
                cells: [
                  <Ago at={activity.at} now={now} />,
                  <Foreign text={activity.who} limit={120} />,
                  <Foreign text={whatText(activity)} limit={300} />,
                  <Foreign text={activity.why ?? ''} limit={300} />,
                ],
              }))}
            />
          )}
          <Paging
            newest={before === null ? null : '/activity'}
            older={found.length > perPage ? withQuery('/activity', { before: shown.at(-1)?.id ?? null }) : null}
          />
        </>
      ),
    };
  },
};

/** `approve: resource customers, deletes 340`. */
function whatText({ what, detail }: Activity): string {
  const parts = Object.entries(detail).flatMap(([name, value]) =>
    value === null ? [] : [`${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`],
  );
  return parts.length === 0 ? what : `${what}: ${parts.join(', ')}`;
}

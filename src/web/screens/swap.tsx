import type { Child } from 'hono/jsx';
import { parseJson } from '../../json.ts';
import { ValueDiff } from '../charts/diff.tsx';
import { FactsList } from '../parts/facts-list.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { count } from '../parts/numbers.ts';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago, shortTime } from '../parts/time.tsx';
import { recordPath } from '../read/links.ts';
import type { SwapExample, SwapPreview, SwapResource } from '../read/swap-preview.ts';
import type { Screen } from '../screen.ts';

/** What another third party would change, as somebody has stored it. The page itself never makes a hit. */
export const swapScreen: Screen = {
  path: '/swap',
  section: '/swap',
  async show({ sources, now }) {
    const stored = await sources.database((reader) => reader.preview());
    const preview = stored && (parseJson(stored.preview) as SwapPreview);
    return {
      title: 'Swap',
      body: (
        <>
          <h1>Swap</h1>
          {stored && preview ? (
            <Preview preview={preview} at={stored.at} now={now} />
          ) : (
            <Empty>
              No preview is stored. <code>cronsync swap --to NAME --dry-run --keep</code> reads from another third party
              and stores what a swap would change. This page makes no hit.
            </Empty>
          )}
        </>
      ),
    };
  },
};

function Preview({
  preview,
  at,
  now,
}: {
  readonly preview: SwapPreview;
  readonly at: Date;
  readonly now: Date;
}): Child {
  const { from, to, outcome, hits, errors, resources } = preview;
  return (
    <>
      {errors.map(({ message }) => (
        <Notice tone="bad" title="The plan is not complete">
          <p>
            <Foreign text={message} limit={600} />
          </p>
        </Notice>
      ))}
      <FactsList
        facts={[
          ['From and to', <Foreign text={`${from ?? 'nothing yet'} → ${to}`} limit={200} />],
          [
            'Made',
            <>
              <Ago at={at} now={now} />, {shortTime(at)}
            </>,
          ],
          ['Outcome', outcome],
          ['Hits', count(hits)],
        ]}
      />
      <Totals resources={resources} />
      {resources.map((resource) => (
        <Examples resource={resource} />
      ))}
    </>
  );
}

function Totals({ resources }: { readonly resources: readonly SwapResource[] }): Child {
  const numbers = ['Equal', 'Created', 'Updated', 'Deleted', 'Rejected'].map((title) => ({ title, isNumber: true }));
  return (
    <Table
      caption="What the swap would change"
      columns={['Resource', ...numbers, 'Fields', 'Deletions']}
      rows={resources.map(({ resource, equal, created, updated, deleted, rejected, fields, verdict }) => ({
        key: `swap-${resource}`,
        cells: [
          <Foreign text={resource} limit={80} />,
          ...[equal, created, updated, deleted, rejected].map(count),
          <Foreign
            text={Object.entries(fields)
              .map(([field, times]) => `${field} ${count(times)}`)
              .join(', ')}
            limit={240}
          />,
          <Deletions verdict={verdict} />,
        ],
      }))}
    />
  );
}

function Deletions({ verdict }: Pick<SwapResource, 'verdict'>): Child {
  if (verdict === null) return <Status tone="quiet" glyph="?" text="not known yet" />;
  if (verdict.delete === 'all') return <Status tone="good" glyph="●" text="the guard allows them" />;
  return (
    <>
      <Status tone="note" glyph="▲" text={verdict.delete === 'held' ? 'held' : 'none'} />{' '}
      <Foreign text={verdict.because ?? ''} limit={240} />
    </>
  );
}

function Examples({ resource: { resource, examples } }: { readonly resource: SwapResource }): Child {
  if (examples.length === 0) return null;
  return (
    <table class="fields">
      <caption>Examples of {resource}: before, and after</caption>
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">Before and after</th>
        </tr>
      </thead>
      <tbody>
        {examples.map((example) => (
          <tr>
            <th scope="row">
              <a href={recordPath(resource, example.key)}>
                <Foreign text={example.key} limit={120} />
              </a>
            </th>
            <td>
              <Status {...lookOf(example)} />
              <ValueDiff before={example.before ?? ''} after={example.after ?? ''} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function lookOf({ type }: SwapExample) {
  if (type === 'created') return { tone: 'good', glyph: '+', text: type } as const;
  return type === 'deleted'
    ? ({ tone: 'bad', glyph: '−', text: type } as const)
    : ({ tone: 'note', glyph: '~', text: type } as const);
}

import type { Child } from 'hono/jsx';
import type { DatabaseFacts, Facts, ResourceFacts } from '../../verdict/facts.ts';
import { paceOf } from '../../verdict/pace.ts';
import { roughly } from '../../verdict/words.ts';
import { changesText, count } from './numbers.ts';
import { Status } from './status.tsx';
import { Table } from './table.tsx';
import { Ago } from './time.tsx';

/** Where each resource stands. */
export function ResourcesTable({
  database,
  facts,
  guardUsed,
}: {
  readonly database: DatabaseFacts;
  readonly facts: Facts;
  /** By resource: 1 is all of what the guard allows. */
  readonly guardUsed: Readonly<Record<string, number>>;
}) {
  const { now } = facts;
  return (
    <Table
      caption="Resources"
      columns={[
        'Resource',
        { title: 'Pass', isNumber: true },
        'State',
        { title: 'Rows', isNumber: true },
        { title: '24 h', isNumber: true },
        { title: 'Guard used', isNumber: true },
        { title: 'Rejects', isNumber: true },
        'Last complete',
      ]}
      rows={database.resources.map((resource) => ({
        key: `resource-${resource.resource}`,
        cells: [
          <a href={`/resources/${resource.resource}`}>{resource.resource}</a>,
          resource.checkpoint === null ? '–' : count(resource.checkpoint.pass),
          <PassState resource={resource} now={now} />,
          count(resource.live),
          changesText(resource.changes24h),
          percent(guardUsed[resource.resource]),
          resource.rejects === 0 ? (
            '0'
          ) : (
            <a href={`/rejects?resource=${resource.resource}`}>{count(resource.rejects)}</a>
          ),
          resource.checkpoint?.completedAt == null ? 'never' : <Ago at={resource.checkpoint.completedAt} now={now} />,
        ],
      }))}
    />
  );
}

/** Rounded up: a little is not 0%. */
function percent(ratio: number | undefined): string {
  return ratio === undefined ? '–' : `${count(Math.ceil(ratio * 100))}%`;
}

/** What a resource's pass does, by glyph and word. */
export function PassState({ resource, now }: { readonly resource: ResourceFacts; readonly now: Date }): Child {
  const { checkpoint, failing } = resource;
  if (checkpoint === null) return <Status tone="quiet" glyph="·" text="no pass yet" />;
  if (failing !== null) return <Status tone="bad" glyph="✕" text="failing" />;
  if (checkpoint.held || checkpoint.heldEmptied || checkpoint.heldUpdates) {
    return <Status tone="note" glyph="▲" text="holds changes back" />;
  }
  if (checkpoint.phase === 'deleting') return <Status tone="note" glyph="◐" text="deletes what is gone" />;
  if (checkpoint.phase === 'walking') return <Walking resource={resource} now={now} />;
  return <Status tone="good" glyph="●" text="complete" />;
}

function Walking({ resource, now }: { readonly resource: ResourceFacts; readonly now: Date }): Child {
  const pace = paceOf(resource, now);
  if (pace === null) return <Status tone="note" glyph="◐" text="has not read a page yet" />;
  const { pages, of, leftMs } = pace;
  const left = leftMs === null ? '' : `, done in about ${roughly(leftMs)}`;
  return (
    <>
      <Status
        tone="good"
        glyph="◐"
        text={of === null ? `page ${count(pages)}` : `page ${count(pages)} of ${count(of)}${left}`}
      />
      {of === null ? null : (
        <>
          {' '}
          <progress value={pages} max={of} aria-label={`Pages of ${resource.resource}`} />
        </>
      )}
    </>
  );
}

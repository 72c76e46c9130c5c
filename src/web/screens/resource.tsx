import type { Child } from 'hono/jsx';
import type { Checkpoint } from '../../checkpoint.ts';
import type { Drift } from '../../drift.ts';
import { formatDuration } from '../../duration.ts';
import { isPermitFor, type StoredPermit } from '../../permit.ts';
import type { RejectReason } from '../../target.ts';
import type { Facts, ResourceFacts } from '../../verdict/facts.ts';
import { judge } from '../../verdict/judge.ts';
import type { ProblemId } from '../../verdict/problem.ts';
import { many, roughly } from '../../verdict/words.ts';
import { FactsList } from '../parts/facts-list.tsx';
import { HeldNotice } from '../parts/held.tsx';
import { Empty, Notice } from '../parts/notice.tsx';
import { count } from '../parts/numbers.ts';
import { ProblemNotice } from '../parts/problem.tsx';
import { PassState } from '../parts/resources-table.tsx';
import { SchemaChanges } from '../parts/schema-changes.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { Ago, shortTime } from '../parts/time.tsx';
import type { HeldSample } from '../read/held-sample.ts';
import { recordPath, withQuery } from '../read/links.ts';
import { type GuardInfo, limitText, type ResourceInfo } from '../read/resource-info.ts';
import type { Content, Screen, ScreenRequest } from '../screen.ts';

/** One resource: where its pass stands, what the guard holds back, and what does not fit. */
export const resourceScreen: Screen = {
  path: '/resources/:resource',
  section: '/',
  async show(request): Promise<Content> {
    const { sources, params } = request;
    const name = params.resource ?? '';
    const info = sources.resources.get(name);
    if (!info) return unknownResource([...sources.resources.keys()]);
    const facts = await sources.facts();
    const found = await sources.database(async (reader) => ({
      pass: await reader.pass(name),
      reasons: await reader.rejectReasons(name),
      permits: (await reader.permits()).filter(({ resource }) => resource === name),
    }));
    const held = await sources.held(name);
    const resource =
      facts.database.is === 'known' ? facts.database.value.resources.find((one) => one.resource === name) : undefined;
    return {
      title: name,
      isLive: true,
      head: <h1>{name}</h1>,
      body: (
        <>
          {judge(facts)
            .problems.filter(({ id, resource: of }) => of === name && !(held.length > 0 && heldIds.has(id)))
            .map((problem) => (
              <ProblemNotice problem={problem} isHere />
            ))}
          {resource ? (
            <Standing resource={resource} info={info} facts={facts} />
          ) : (
            <Empty>No run has looked at it yet.</Empty>
          )}
          <Held held={held} permits={found.permits} info={info} request={request} />
          {found.pass ? <GuardWindow checkpoint={found.pass.checkpoint} guard={info.guard} now={request.now} /> : null}
          <Reasons reasons={found.reasons} resource={name} now={request.now} />
          {resource?.drift ? <DriftTable drift={resource.drift} resource={name} now={request.now} /> : null}
          <SchemaChanges paths={found.pass?.paths ?? null} now={request.now} />
        </>
      ),
    };
  },
};

/** What is held has a notice of its own here, with the records. */
const heldIds: ReadonlySet<ProblemId> = new Set(['deletions-held', 'updates-held', 'values-held']);

function unknownResource(names: readonly string[]): Content {
  return {
    title: 'Resource',
    status: 404,
    body: (
      <Notice title="There is no such resource">
        <p>The config has {names.join(', ')}.</p>
      </Notice>
    ),
  };
}

function Standing({
  resource,
  info,
  facts: { now },
}: {
  readonly resource: ResourceFacts;
  readonly info: ResourceInfo;
  readonly facts: Facts;
}): Child {
  const { checkpoint, live, failing, succeededAt } = resource;
  const time = (at: number) => (
    <>
      <Ago at={at} now={now} />, {shortTime(new Date(at))}
    </>
  );
  return (
    <FactsList
      facts={[
        ['State', <PassState resource={resource} now={now} />],
        ['Rows', count(live)],
        ['Table', info.table.table],
        ['Key', info.table.key.join(', ')],
        ['Due', info.everyMs === 0 ? 'in every run' : `${formatDuration(info.everyMs)} after a complete pass`],
        ...(checkpoint === null ? [] : passFacts(checkpoint, time)),
        succeededAt === null ? null : ['A page was taken', time(succeededAt)],
        failing === null ? null : ['Failing since', time(failing.since)],
        failing === null ? null : ['Why', <Foreign text={failing.message} limit={400} />],
      ]}
    />
  );
}

function passFacts(checkpoint: Checkpoint, time: (at: number) => Child) {
  const { pass, mode, phase, progress, startedAt, completedAt, backOff, bookmark, failures } = checkpoint;
  const isWalking = phase === 'walking';
  return [
    [
      'Pass',
      `${count(pass)}, ${mode === 'snapshot' ? 'a snapshot: it reads everything' : 'changes since a bookmark'}`,
    ] as const,
    [isWalking ? 'It began' : 'The last one began', time(startedAt)] as const,
    ['Last complete', completedAt === null ? 'never' : time(completedAt)] as const,
    [
      'Brought',
      `${many(progress.records, 'record')} on ${many(progress.pages, 'page')}${totalText(progress.total)}`,
    ] as const,
    bookmark === null ? null : (['Bookmark', <Foreign text={bookmark} limit={120} />] as const),
    failures === 0 ? null : (['Failures at this page', count(failures)] as const),
    backOff === null
      ? null
      : ([
          'Backs off',
          <>
            until {shortTime(new Date(backOff.until))}: <Foreign text={backOff.cause.message} limit={300} />
          </>,
        ] as const),
  ];
}

function totalText(total: number | null): string {
  return total === null ? '' : `, of ${count(total)} that the third party says there are`;
}

function Held({
  held,
  permits,
  info,
  request,
}: {
  readonly held: readonly HeldSample[];
  readonly permits: readonly StoredPermit[];
  readonly info: ResourceInfo;
  readonly request: ScreenRequest;
}): Child {
  return held.map((one) => (
    <HeldNotice
      held={one}
      table={info.table}
      permit={permits.find((permit) => permit.what === one.what && isPermitFor(permit, one))}
      now={request.now}
      approve={
        request.canOperate
          ? withQuery(`/resources/${one.resource}/approve`, { what: one.what, held: one.digest })
          : null
      }
    />
  ));
}

/** How much was deleted recently, and how much the guard allows. */
function GuardWindow({
  checkpoint,
  guard,
  now,
}: {
  readonly checkpoint: Checkpoint;
  readonly guard: GuardInfo;
  readonly now: Date;
}): Child {
  const recent = checkpoint.deletions.filter(({ at }) => at > now.getTime() - guard.windowMs);
  const deleted = recent.reduce((sum, one) => sum + one.deleted, 0);
  return (
    <FactsList
      facts={[
        ['Deleted', `${count(deleted)} in the last ${roughly(guard.windowMs)}`],
        [
          'The guard allows',
          `${limitText(guard.maxDeletes, 'rows')} to be deleted, ${limitText(guard.maxEmptied, 'values')} of a column to be emptied`,
        ],
      ]}
    />
  );
}

function Reasons({
  reasons,
  resource,
  now,
}: {
  readonly reasons: readonly RejectReason[];
  readonly resource: string;
  readonly now: Date;
}): Child {
  if (reasons.length === 0) return null;
  return (
    <>
      <Table
        caption="Why records are in quarantine"
        columns={['Reason', { title: 'Records', isNumber: true }, 'First', 'Last']}
        rows={reasons.map(({ reason, count: records, firstAt, lastAt }, at) => ({
          key: `reason-${at}`,
          cells: [
            <Foreign text={reason} limit={240} />,
            count(records),
            <Ago at={firstAt} now={now} />,
            <Ago at={lastAt} now={now} />,
          ],
        }))}
      />
      <p>
        <a href={withQuery('/rejects', { resource })}>The records</a>
      </p>
    </>
  );
}

const drifts = { missing: 'missing from the table', changed: 'changed', marked: 'marked as deleted' } as const;

function DriftTable({
  drift,
  resource,
  now,
}: {
  readonly drift: Drift;
  readonly resource: string;
  readonly now: Date;
}): Child {
  return (
    <>
      <Table
        caption={`Rows that somebody else has changed, as found ${roughly(now.getTime() - drift.at)} ago among ${count(drift.compared)}`}
        columns={['Key', 'Is', 'Fields']}
        rows={drift.rows.map(({ id, key, is, fields }) => ({
          key: `drift-${id}`,
          cells: [
            <a href={recordPath(resource, key)}>
              <Foreign text={key} limit={120} />
            </a>,
            drifts[is],
            <Foreign text={fields?.join(', ') ?? ''} limit={200} />,
          ],
        }))}
      />
      <p>
        {drift.isBeingRepaired ? (
          'The next pass writes them again.'
        ) : (
          <>
            <code>cronsync verify --resource {resource} --repair</code> writes them again.
          </>
        )}
      </p>
    </>
  );
}

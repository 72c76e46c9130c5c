import type { Child } from 'hono/jsx';
import { beforeEverything } from '../../event.ts';
import { deadLetterId, matchesType } from '../../listener.ts';
import type { GroupState, StreamState } from '../../stream.ts';
import type { Facts } from '../../verdict/facts.ts';
import { ValueDiff, ValueText } from '../charts/diff.tsx';
import { EventType } from '../parts/events-table.tsx';
import { FactsList } from '../parts/facts-list.tsx';
import { Notice } from '../parts/notice.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Foreign } from '../parts/text.tsx';
import { shortTime } from '../parts/time.tsx';
import { eventPath, positionIn, resourceOf, type ShownEvent } from '../read/event-text.ts';
import { readEvent } from '../read/events.ts';
import { recordPath } from '../read/links.ts';
import type { ListenerFacts, Sources } from '../read/sources.ts';
import { jsonText } from '../read/value-text.ts';
import { within } from '../read/within.ts';
import type { Content, Screen } from '../screen.ts';

/** One event: what it changed in two columns, what each listener has done with it, and the CloudEvent itself. */
export const eventScreen: Screen = {
  path: '/events/:position',
  section: '/events',
  async show({ sources, params }): Promise<Content> {
    const position = positionIn(params.position);
    const event = position && (await sources.database((reader) => readEvent(reader, position)));
    if (!event) return unknownEvent;
    const resource = resourceOf(event);
    return {
      title: `Event ${event.position.seq}`,
      body: (
        <>
          <h1>
            Event {event.position.seq} <EventType event={event} />
          </h1>
          <FactsList
            facts={[
              event.subject === null
                ? null
                : [
                    'Key',
                    resource === undefined ? (
                      <Foreign text={event.subject} />
                    ) : (
                      <a href={recordPath(resource, event.subject)}>
                        <Foreign text={event.subject} />
                      </a>
                    ),
                  ],
              ['Committed', timeText(event)],
              ['Position', `${event.position.generation}-${event.position.seq}`],
            ]}
          />
          <Changes event={event} />
          <Deliveries rows={await deliveriesOf(event, sources)} />
          <Raw event={event} />
          <Neighbours event={event} />
        </>
      ),
    };
  },
};

const unknownEvent: Content = {
  title: 'Event',
  status: 404,
  body: (
    <Notice title="This event is not in the outbox">
      <p>
        Events are removed when they are older than <code>events.retain</code> and every listener has passed them.{' '}
        <a href="/events">All events</a>
      </p>
    </Notice>
  ),
};

/** The fields that changed come first. */
function Changes({ event: { before, after, changed, data } }: { readonly event: ShownEvent }) {
  if (before === null && after === null) return <Fields caption="What it says" members={data} />;
  if (before === null || after === null) {
    return (
      <Fields caption={before === null ? 'The new record' : 'What was in the row'} members={before ?? after ?? {}} />
    );
  }
  const same = Object.keys(after).filter((field) => !changed.includes(field));
  return (
    <>
      <table class="fields">
        <caption>What changed: before, and after</caption>
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">Before and after</th>
          </tr>
        </thead>
        <tbody>
          {changed.map((field) => (
            <tr>
              <th scope="row">
                <Foreign text={field} />
              </th>
              <td>
                <ValueDiff before={before[field]} after={after[field]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {same.length === 0 ? null : (
        <details>
          <summary>
            {same.length === 1 ? '1 field that is the same' : `${same.length} fields that are the same`}
          </summary>
          <Fields caption="Unchanged" members={Object.fromEntries(same.map((field) => [field, after[field]]))} />
        </details>
      )}
    </>
  );
}

/** Fields and their values. */
export function Fields({
  caption,
  members,
}: {
  readonly caption: string;
  readonly members: Readonly<Record<string, unknown>>;
}) {
  return (
    <table class="fields">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(members).map(([field, value]) => (
          <tr>
            <th scope="row">
              <Foreign text={field} />
            </th>
            <td>
              <ValueText value={value} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface DeliveryRow {
  readonly group: string;
  readonly state: Child;
}

async function deliveriesOf(event: ShownEvent, { facts, listeners, letters }: Sources): Promise<DeliveryRow[]> {
  const { redis } = await facts();
  const groups = [...listeners].flatMap(([name, listener]) =>
    wants(listener, event)
      ? listener.groups.map((group) => ({ name, group, isSharded: listener.groups.length > 1 }))
      : [],
  );
  return Promise.all(
    groups.map(async ({ name, group, isSharded }) => {
      const letter = await within(letters.get(deadLetterId(group, event.position))).catch(() => null);
      return {
        group,
        state: letter ? <Dead listener={name} reason={letter.reason} /> : stateIn(redis, group, event, isSharded),
      };
    }),
  );
}

function Dead({ listener, reason }: { readonly listener: string; readonly reason: string }): Child {
  return (
    <a href={`/listeners/${listener}`}>
      <Status tone="bad" glyph="✕" text={`dead letter: ${reason}`} />
    </a>
  );
}

function wants({ on }: ListenerFacts, { type }: ShownEvent): boolean {
  return on.some((pattern) => matchesType(pattern, type));
}

function stateIn(redis: Facts['redis'], group: string, { position }: ShownEvent, isSharded: boolean): Child {
  if (redis.is === 'unknown') return <Status tone="bad" glyph="?" text="unknown: Redis does not answer" />;
  const found = groupIn(redis.value.stream, group);
  if (!found) return <Status tone="quiet" glyph="·" text="this listener has not started" />;
  const { generation } = found.lastDelivered;
  if (generation !== position.generation && generation !== beforeEverything.generation) {
    return <Status tone="quiet" glyph="?" text="unknown: the stream has another generation" />;
  }
  return <Status {...deliveryOf(found, position.seq, isSharded)} />;
}

function groupIn({ groups }: StreamState, group: string): GroupState | undefined {
  return groups.find(({ name }) => name === group);
}

function deliveryOf({ lastDelivered, oldestPending }: GroupState, seq: number, isSharded: boolean) {
  if (seq > lastDelivered.seq) return { tone: 'quiet', glyph: '○', text: 'not read yet' } as const;
  if (oldestPending === null || seq < oldestPending.seq) {
    return {
      tone: 'good',
      glyph: '●',
      text: isSharded ? 'acknowledged, or of another shard' : 'acknowledged',
    } as const;
  }
  return { tone: 'note', glyph: '◐', text: 'read; delivered, or being delivered' } as const;
}

function Deliveries({ rows }: { readonly rows: readonly DeliveryRow[] }) {
  if (rows.length === 0) return <p class="empty">No listener gets events of this type.</p>;
  return (
    <Table
      caption="Listeners"
      columns={['Listener', 'Delivery']}
      rows={rows.map(({ group, state }) => ({ key: `group-${group}`, cells: [group, state] }))}
    />
  );
}

function Raw({ event }: { readonly event: ShownEvent }) {
  return (
    <details>
      <summary>The CloudEvent</summary>
      <pre>
        <Foreign text={rawText(event)} />
      </pre>
      <p>
        <a href={`/api${eventPath(event.position)}`} download={`event-${event.position.seq}.json`}>
          Download
        </a>
      </p>
    </details>
  );
}

function rawText({ text }: ShownEvent): string {
  try {
    return jsonText(JSON.parse(text));
  } catch {
    return text;
  }
}

function Neighbours({ event: { position } }: { readonly event: ShownEvent }) {
  const at = (seq: number) => eventPath({ ...position, seq });
  return (
    <nav class="paging" aria-label="Events beside this one">
      {position.seq > 1 ? (
        <a href={at(position.seq - 1)} rel="prev">
          Event {position.seq - 1}
        </a>
      ) : null}
      <a href={at(position.seq + 1)} rel="next">
        Event {position.seq + 1}
      </a>
    </nav>
  );
}

function timeText({ time }: ShownEvent): Child {
  const at = new Date(time);
  return Number.isNaN(at.getTime()) ? (
    <Foreign text={time} />
  ) : (
    <time datetime={at.toISOString()}>{shortTime(at)}</time>
  );
}

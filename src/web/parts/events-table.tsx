import { eventPath, resourceOf, type ShownEvent } from '../read/event-text.ts';
import { recordPath } from '../read/links.ts';
import { Status, type Tone } from './status.tsx';
import { type Column, Table } from './table.tsx';
import { Foreign } from './text.tsx';
import { At } from './time.tsx';

const columns: readonly (Column | string)[] = [{ title: 'No.', isNumber: true }, 'Time', 'What', 'Key', 'Changed'];

/** Events in a table, newest first. */
export function EventsTable({
  caption,
  events,
  now,
}: {
  readonly caption: string;
  readonly events: readonly ShownEvent[];
  readonly now: Date;
}) {
  return (
    <Table
      caption={caption}
      columns={columns}
      rows={events.map((event) => ({
        key: `event-${event.position.generation}-${event.position.seq}`,
        cells: [
          <a href={eventPath(event.position)}>{event.position.seq}</a>,
          <At at={timeOf(event)} now={now} />,
          <EventType event={event} />,
          <Key event={event} />,
          <Foreign text={event.changed.join(', ')} limit={120} />,
        ],
      }))}
    />
  );
}

/** `+ customers.created`: what happened, by glyph and word. */
export function EventType({ event }: { readonly event: Pick<ShownEvent, 'type' | 'cause'> }) {
  const change = event.type.split('.').at(-1) ?? '';
  const [tone, glyph] = kinds[change] ?? (['note', '!'] as const);
  return (
    <Status tone={tone} glyph={glyph} text={event.cause === null ? event.type : `${event.type} (${event.cause})`} />
  );
}

const kinds: Readonly<Record<string, readonly [Tone, string]>> = {
  created: ['good', '+'],
  updated: ['note', '~'],
  deleted: ['bad', '−'],
  completed: ['good', '●'],
  recovered: ['good', '●'],
};

function Key({ event }: { readonly event: ShownEvent }) {
  const resource = resourceOf(event);
  if (event.subject === null) return '–';
  const key = <Foreign text={event.subject} limit={120} />;
  return resource === undefined ? key : <a href={recordPath(resource, event.subject)}>{key}</a>;
}

function timeOf({ time }: ShownEvent): number {
  const at = Date.parse(time);
  return Number.isNaN(at) ? 0 : at;
}

import { type Position, parsePosition } from '../../event.ts';
import { parseJson } from '../../json.ts';

type Members = Readonly<Record<string, unknown>>;

/** An event of the outbox, as far as it can be read. */
export interface ShownEvent {
  readonly position: Position;
  readonly type: string;
  readonly subject: string | null;
  readonly time: string;
  readonly cause: string | null;
  /** Null where there is none: of a record that is new, or gone, and of an event about the sync itself. */
  readonly before: Members | null;
  readonly after: Members | null;
  readonly changed: readonly string[];
  /** What the event says, where it is not the change of a record. */
  readonly data: Members;
  /** The CloudEvent as it is stored. */
  readonly text: string;
}

/** Reads an event as it is stored. */
export function shownEvent(text: string, position: Position): ShownEvent {
  const event = membersOf(parsed(text)) ?? {};
  const data = membersOf(event.data) ?? {};
  return {
    position,
    type: textOf(event.type) ?? '?',
    subject: textOf(event.subject),
    time: textOf(event.time) ?? '',
    cause: textOf(event.cause),
    before: membersOf(data.before),
    after: membersOf(data.after),
    changed: Array.isArray(data.changed) ? data.changed.map(String) : [],
    data,
    text,
  };
}

/** The address of an event: `/events/1-42`. */
export function eventPath({ generation, seq }: Position): string {
  return `/events/${generation}-${seq}`;
}

export function positionIn(text: string | undefined): Position | undefined {
  return parsePosition(text ?? '');
}

/** The resource of an event's type; undefined of an event about the sync itself. */
export function resourceOf({ type }: Pick<ShownEvent, 'type'>): string | undefined {
  const [resource, change = ''] = type.split('.');
  return ['created', 'updated', 'deleted'].includes(change) ? resource : undefined;
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function membersOf(value: unknown): Members | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

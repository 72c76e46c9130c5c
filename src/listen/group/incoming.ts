import type { Entry, EntryId } from '../../consumer.ts';
import { beforeEverything, type Position, parsePosition } from '../../event.ts';
import type { ChangeEvent } from '../../listener.ts';

/** What an entry of the stream turned out to be. */
export type Incoming =
  | { readonly is: 'event'; readonly event: ChangeEvent; readonly json: string }
  | { readonly is: 'corrupt'; readonly because: string };

/** Reads an entry. One that is no event of ours, or stands at another place than it says, is corrupt: it will never be delivered. */
export function readEntry({ id, event: json }: Pick<Entry, 'id' | 'event'>): Incoming {
  if (json === null) return corrupt('the entry has no field "event" alone');
  let event: unknown;
  try {
    event = JSON.parse(json);
  } catch {
    return corrupt('its field "event" is not JSON');
  }
  if (!isChangeEvent(event)) return corrupt('its field "event" is not an event of cronsync');
  if (!isAt(event, id)) return corrupt(`the event ${event.id} stands at ${id}`);
  return { is: 'event', event, json };
}

/** Where an entry stands; before everything, if its ID is none. */
export function positionOf(id: EntryId): Position {
  return parsePosition(id) ?? beforeEverything;
}

function corrupt(because: string): Incoming {
  return { is: 'corrupt', because };
}

function isChangeEvent(value: unknown): value is ChangeEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { id, type, subject, sequence, time, data } = value as Partial<Record<keyof ChangeEvent, unknown>>;
  const isNamed = typeof id === 'string' && typeof type === 'string' && typeof subject === 'string';
  const isPlaced = typeof sequence === 'string' && typeof time === 'string';
  return isNamed && isPlaced && typeof data === 'object' && data !== null;
}

/** The event says its position twice: in its id, and in its sequence. */
function isAt(event: ChangeEvent, id: EntryId): boolean {
  return event.id.endsWith(id) && Number(event.sequence) === Number(id.slice(id.indexOf('-') + 1));
}

import type { Entry, EntryId } from '../../consumer.ts';
import { beforeEverything, type Position, parsePosition } from '../../event.ts';
import type { ChangeEvent } from '../../listener.ts';

/** What an entry of the stream is. */
export type Incoming =
  | { readonly is: 'event'; readonly event: ChangeEvent; readonly json: string }
  | { readonly is: 'corrupt'; readonly because: string };

/** Reads an entry. It is corrupt, and never delivered, if it is not an event of ours or its position is not the one that it names. */
export function readEntry({ id, event: json }: Pick<Entry, 'id' | 'event'>): Incoming {
  if (json === null) return corrupt('the entry does not have "event" as its only field');
  let event: unknown;
  try {
    event = JSON.parse(json);
  } catch {
    return corrupt('its field "event" is not JSON');
  }
  if (!isChangeEvent(event)) return corrupt('its field "event" is not an event of cronsync');
  if (!isAt(event, id)) return corrupt(`the event ${event.id} is at the position ${id}`);
  return { is: 'event', event, json };
}

/** The position of an entry; before everything if its ID is not a position. */
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

/** An event contains its position twice: in its id, and in its sequence. */
function isAt(event: ChangeEvent, id: EntryId): boolean {
  return event.id.endsWith(id) && Number(event.sequence) === Number(id.slice(id.indexOf('-') + 1));
}

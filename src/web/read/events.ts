import { matchesType } from '../../listener.ts';
import type { TargetReader } from '../../target.ts';
import { type ShownEvent, shownEvent } from './event-text.ts';

export interface EventQuery {
  /** Patterns such as `customers.*`; none means all. */
  readonly types: readonly string[];
  readonly key: string | null;
  /** Only events with a lower sequence number. */
  readonly before: number | null;
  readonly limit: number;
}

/** Events, newest first. */
export interface EventPage {
  readonly events: readonly ShownEvent[];
  /** Where the next page begins; null if this is the last one. */
  readonly before: number | null;
  /** Whether the search ended before the page was full: the outbox has more, and nobody has looked at it yet. */
  readonly isCutShort: boolean;
  /** The newest sequence number of all. */
  readonly newest: number;
}

const perRead = 1000;
/** How many events one request looks at: a filter that finds nothing must not read everything. */
const mostRead = 20_000;

const nothing: EventPage = { events: [], before: null, isCutShort: false, newest: 0 };

/** Reads the outbox backwards. Sequence numbers have no gaps, so a page is found by counting. */
export async function readEvents(reader: TargetReader, query: EventQuery): Promise<EventPage> {
  const fence = await reader.fence();
  if (fence === null) return nothing;
  const { generation } = fence;
  const newest = fence.nextSeq - 1;
  const found: ShownEvent[] = [];
  let end = Math.min(query.before ?? fence.nextSeq, fence.nextSeq);
  const lowest = end - mostRead;
  const isFiltered = query.key !== null || query.types.length > 0;
  while (found.length < query.limit && end > 1 && end > lowest) {
    const start = Math.max(0, end - 1 - (isFiltered ? perRead : query.limit));
    const slice = await reader.outbox({ generation, seq: start }, end - 1 - start);
    const events = slice.events.slice(0, Math.max(0, end - slice.firstSeq));
    if (events.length === 0) return { events: found, before: null, isCutShort: false, newest };
    for (let at = events.length - 1; at >= 0 && found.length < query.limit; at -= 1) {
      end = slice.firstSeq + at;
      const event = shownEvent(events[at] ?? '', { generation, seq: end });
      if (isWanted(event, query)) found.push(event);
    }
  }
  const isFull = found.length >= query.limit;
  return { events: found, before: end > 1 ? end : null, isCutShort: !isFull && end > 1, newest };
}

/** The event at a position; null if the outbox does not have it any more. */
export async function readEvent(
  reader: TargetReader,
  position: { readonly generation: number; readonly seq: number },
): Promise<ShownEvent | null> {
  const slice = await reader.outbox({ ...position, seq: position.seq - 1 }, 1);
  const text = slice.firstSeq === position.seq ? slice.events[0] : undefined;
  return text === undefined ? null : shownEvent(text, position);
}

export function isWanted(
  event: Pick<ShownEvent, 'type' | 'subject'>,
  { types, key }: Pick<EventQuery, 'types' | 'key'>,
): boolean {
  const isOfType =
    types.length === 0 || types.some((pattern) => matchesType(pattern, event.type) || isUnder(pattern, event.type));
  return isOfType && (key === null || event.subject === key);
}

/** `sync.run.*` is a name with more than two parts. */
function isUnder(pattern: string, type: string): boolean {
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

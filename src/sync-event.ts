import { type EventMaker, eventText, type Position } from './event.ts';

/** An event about the sync itself. It has its place among the events of the records: the same outbox, numbers and guarantees. */
export interface SyncEvent {
  /** `sync.run.failed` */
  readonly type: `sync.${string}`;
  readonly source: string;
  /** The resource or the listener that it is about. */
  readonly subject?: string;
  readonly time: Date;
  readonly maker?: EventMaker;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The structured JSON of an event about the sync with this name. */
export function syncEventText({ time, data, ...event }: SyncEvent, at: Position, name: string): string {
  return eventText(at, { ...event, name, time: time.toISOString() }, JSON.stringify(data));
}

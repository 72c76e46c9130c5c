import { eventText, type Position } from './event.ts';

/** An event about the sync itself. It has its place among the events of the records: the same outbox, numbers and guarantees. */
export interface SyncEvent {
  /** `sync.run.failed` */
  readonly type: `sync.${string}`;
  readonly source: string;
  /** The resource or the listener that it is about. */
  readonly subject?: string;
  readonly time: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** The structured JSON of an event about the sync with this name. */
export function syncEventText({ type, source, subject, time, data }: SyncEvent, at: Position, name: string): string {
  const head = { name, source, type, ...(subject !== undefined && { subject }), time: time.toISOString() };
  return eventText(at, head, JSON.stringify(data));
}

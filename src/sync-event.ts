import { type EventMaker, eventText, type Position } from './event.ts';

/** What is announced of the sync itself: each when it begins or ends, and not again while it lasts. */
export const syncEventTypes = [
  'sync.run.failed',
  'sync.run.recovered',
  'sync.credentials.refused',
  'sync.guard.held',
  'sync.pass.completed',
  'sync.drift.found',
  'sync.schema.changed',
] as const;

export type SyncEventType = (typeof syncEventTypes)[number];

/** What listens to them: every type, and what each begins with. */
export const syncPatterns: readonly string[] = [
  ...new Set(['sync.*', ...syncEventTypes.flatMap((type) => [type, type.replace(/[^.]+$/, '*')])]),
];

/** What every such type begins with. No resource has this name. */
export const syncPrefix = 'sync.';

/** An event about the sync itself. It has its place among the events of the records: the same outbox, numbers and guarantees. */
export interface SyncEvent {
  readonly type: SyncEventType;
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

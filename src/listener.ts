import { ExitCode, SyncError } from './errors.ts';
import { formatPosition, type Position } from './event.ts';
import type { Log } from './log.ts';
import { syncPrefix } from './sync-event.ts';

/** An event as listeners receive it: a CloudEvent (CloudEvents 1.0.2) whose data is the change of a record. */
export interface ChangeEvent {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  /** `<resource>.created`, `.updated` or `.deleted`. */
  readonly type: string;
  /** The record's key. */
  readonly subject: string;
  /** RFC 3339: when the change was committed. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** Zero-padded: compares as text. */
  readonly sequence: string;
  /** Absent where the third party has changed the record. */
  readonly cause?: 'remap' | 'repair';
  /** The id of the run that wrote the change; absent from what release 0.1.0 has written. */
  readonly syncrun?: string;
  /** The adapter that the run read. */
  readonly syncadapter?: string;
  /** The span of the commit, where the run was traced (CloudEvents, distributed tracing extension). */
  readonly traceparent?: string;
  readonly data: {
    readonly key: string;
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly changed?: readonly string[];
    /** Of an event about the sync itself, a sentence for people; it has fields of its own in place of the others. */
    readonly message?: string;
  };
}

/** One attempt to bring one event to one listener. */
export interface Delivery {
  readonly event: ChangeEvent;
  /** The event as JSON in structured mode, as it is on the stream. */
  readonly json: string;
  /** 1 for the first. */
  readonly attempt: number;
  /** The same for every attempt of this event at this listener. */
  readonly idempotencyKey: string;
  /** Fires at the listener's timeout, when the daemon stops, and when another daemon has claimed the event. */
  readonly signal: AbortSignal;
  /** The span that what is called by this delivery belongs to (W3C Trace Context); undefined where nothing is traced. */
  readonly traceparent?: string | undefined;
  readonly log: Log;
}

/** A side effect. Closed once, when nothing is being delivered; closing ends what still runs. */
export interface Listener extends AsyncDisposable {
  /**
   * Called for each attempt, for several keys at once. Resolving acknowledges the event. A throw means that it is delivered
   * again, unless it is one of the errors below. When the signal fires, `deliver` stops what it can and rejects with the
   * signal's reason.
   */
  deliver(delivery: Delivery): Promise<void>;
}

/** The receiver will never accept this event: it becomes a dead letter at once, without further attempts. */
export class DeadLetter extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/** Deliver again in `afterMs`. It counts as a failed attempt like any other. */
export class RetryLater extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
  readonly afterMs: number;

  constructor(message: string, afterMs: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** The receiver is gone for good (410): the listener stops reading, and its events wait. */
export class ListenerOff extends SyncError {
  override readonly exitCode = ExitCode.unreachable;
}

/** Handlers by event type (`customers.deleted`, `customers.*`, `*`), as a listener module default-exports them. */
export type Handlers = Readonly<Record<string, (event: ChangeEvent, context: HandlerContext) => unknown>>;

/** What a handler receives beside the event. */
export type HandlerContext = Pick<Delivery, 'attempt' | 'idempotencyKey' | 'signal' | 'traceparent' | 'log'>;

/** Types a listener module: `export default defineListener({ 'customers.deleted': async (event) => { … } })`. */
export function defineListener(handlers: Handlers): Handlers {
  return handlers;
}

/**
 * Whether a pattern (`customers.deleted`, `customers.*`, `*.deleted`, `*`) matches this type. An event about the sync itself is
 * matched by its type, and by what begins like it (`sync.run.*`, `sync.*`); `*` is for records alone.
 */
export function matchesType(pattern: string, type: string): boolean {
  if (type.startsWith(syncPrefix)) return pattern === type || (hearsSync(pattern) && matchesStart(pattern, type));
  if (pattern === '*') return true;
  const [resource, change] = pattern.split('.');
  const [ofResource, ofChange] = type.split('.');
  return (resource === '*' || resource === ofResource) && (change === '*' || change === ofChange);
}

/** Whether a pattern is for events about the sync itself. */
export function hearsSync(pattern: string): boolean {
  return pattern.startsWith(syncPrefix);
}

function matchesStart(pattern: string, type: string): boolean {
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}

/**
 * The consumer groups of a listener, one for each shard. Their names contain the number of shards: with another number
 * every key may have another shard, so all groups start again, at the cursors of the old ones.
 */
export function groupNamesOf(listener: string, shards: number): readonly string[] {
  if (shards === 1) return [listener];
  return Array.from({ length: shards }, (_, shard) => `${listener}.${shard}of${shards}`);
}

/** The listener of a group, whatever the number of shards, also of a rewind: no listener's own name ends like these. */
export function listenerOf(group: string): string {
  return group.replace(rewindEnding, '').replace(shardEnding, '');
}

/** The name of the group that delivers again what a group has acknowledged, up to the event with this number. */
export function rewindNameOf(group: string, until: number): string {
  return `${group}.rewind-${until}`;
}

/** What a rewind delivers again, by the name of its group; null if the group is not a rewind. */
export function rewindOf(name: string): { readonly group: string; readonly until: number } | null {
  const [ending, until] = rewindEnding.exec(name) ?? [];
  return ending === undefined ? null : { group: name.slice(0, -ending.length), until: Number(until) };
}

/** How the name of a rewind's group ends. */
export const rewindEnding: RegExp = /\.rewind-(\d+)$/;

/** How the name of a shard's group ends. */
export const shardEnding: RegExp = /\.\d+of\d+$/;

/** The key by which receivers recognise a repeated delivery: the same for every delivery of one event to one listener. */
export function idempotencyKeyOf(listener: string, eventId: string): string {
  return `${listener}:${eventId}`;
}

/** The id of a dead letter: unique per group and event. */
export function deadLetterId(group: string, position: Position): string {
  return `${group}:${formatPosition(position)}`;
}

/** An event that a listener has given up on. It stays in the target until somebody replays or drops it. */
export interface DeadLetterRow {
  /** See `deadLetterId`. */
  readonly id: string;
  readonly group: string;
  readonly listener: string;
  readonly position: Position;
  readonly type: string;
  readonly key: string;
  readonly event: string;
  /** `attempts`, `permanent`, `corrupt`, `crash-loop`, `parked`, `trimmed`. */
  readonly reason: string;
  readonly lastError: string;
  /** The times of the attempts that are known. */
  readonly attemptsAt: readonly Date[];
  readonly deadAt: Date;
}

/** The dead letters of a sync. They are in the target, because Redis may lose data. */
export interface DeadLetters {
  /** Stores one. The same group and event again changes nothing. True: it was new. */
  store(letter: DeadLetterRow): Promise<boolean>;
  /** In the order of their events, oldest first. */
  list(query: DeadLetterQuery): Promise<readonly DeadLetterRow[]>;
  get(id: string): Promise<DeadLetterRow | null>;
  /** Removes it. True: it was there. */
  drop(id: string): Promise<boolean>;
  countByListener(): Promise<Readonly<Record<string, number>>>;
}

export interface DeadLetterQuery {
  readonly listener?: string | undefined;
  readonly key?: string | undefined;
  /** Dead since before this time. */
  readonly olderThan?: Date | undefined;
  /** Those that come after this one. */
  readonly after?: Pick<DeadLetterRow, 'position' | 'id'> | undefined;
  readonly limit?: number | undefined;
}

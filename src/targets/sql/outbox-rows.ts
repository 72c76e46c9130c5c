import type { Batch, EventOptions, Removal } from '../../batch.ts';
import type { Change } from '../../change.ts';
import { type EventContext, eventWriter, type Position } from '../../event.ts';
import { type SyncEvent, syncEventText } from '../../sync-event.ts';
import type { FenceRow } from '../../target.ts';

/** How many outbox rows one transaction removes: a row has all events of a transaction, and may be megabytes. */
export const rowsPerPurge = 50;

/** One row per transaction: its events, joined by newlines, which no JSON text of ours contains. */
export interface OutboxRow {
  readonly generation: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: string;
  readonly events: string;
}

/** Where the events of one transaction start, and whose they are. */
export interface Numbering {
  /** The sync's name. */
  readonly name: string;
  readonly fence: Pick<FenceRow, 'generation' | 'nextSeq'>;
  readonly at: Date;
}

/** The outbox row of one transaction, its events numbered without a gap; null if there are no events. */
export function outboxRow(
  changes: readonly Change[],
  numbering: Numbering,
  { table, events: options }: Pick<Batch | Removal, 'table' | 'events'>,
): OutboxRow | null {
  if (changes.length === 0 || options.silent) return null;
  return rowOf(changes, numbering, eventWriter(contextOf(numbering, table, options)));
}

/** The outbox row of events about the sync itself; null if there are none. */
export function syncOutboxRow(events: readonly SyncEvent[], numbering: Numbering): OutboxRow | null {
  if (events.length === 0) return null;
  return rowOf(events, numbering, (event, at) => syncEventText(event, at, numbering.name));
}

function rowOf<T>(all: readonly T[], { fence, at }: Numbering, textOf: (one: T, at: Position) => string): OutboxRow {
  const { generation, nextSeq: firstSeq } = fence;
  return {
    generation,
    firstSeq,
    lastSeq: firstSeq + all.length - 1,
    at: at.toISOString(),
    events: all.map((one, n) => textOf(one, { generation, seq: firstSeq + n })).join('\n'),
  };
}

function contextOf(
  { name, at }: Numbering,
  { resource, mapped: columns }: Batch['table'],
  { source, cause, maker }: EventOptions,
): EventContext {
  return { name, source, resource, columns, time: at.toISOString(), ...(cause && { cause }), ...(maker && { maker }) };
}

/** Repeats a purge, each in a transaction of its own, until it finds nothing more. Returns how many rows it has removed. */
export async function purgeAll(purgeSome: () => Promise<number>): Promise<number> {
  let purged = 0;
  for (;;) {
    const some = await purgeSome();
    if (some === 0) return purged;
    purged += some;
  }
}

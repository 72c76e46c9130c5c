import type { Batch, EventOptions, Removal } from '../../../batch.ts';
import type { Change } from '../../../change.ts';
import { type EventContext, eventWriter, type Position } from '../../../event.ts';
import { EventLines, LineWriter } from '../../../event-lines.ts';
import { type SyncEvent, syncEventText } from '../../../sync-event.ts';
import type { FenceRow } from '../../../target.ts';
import { Turns } from '../../../turns.ts';

/** How many outbox rows one transaction removes: a row has all events of a transaction, and may be megabytes. */
export const rowsPerPurge = 50;

/** How many bytes an event is expected to have. */
const usualBytes = 640;

/** One row per transaction, with its events. */
export interface OutboxRow {
  readonly generation: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: string;
  readonly lines: EventLines;
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
  const write = eventWriter(contextOf(numbering, table, options));
  const writer = new LineWriter(changes.length * usualBytes);
  for (const [n, change] of changes.entries()) writer.add(write(change, positionOf(n, numbering)));
  return rowOf(writer.lines(), numbering);
}

/** The same, made while a database is at work. */
export async function outboxRowInTurns(
  changes: readonly Change[],
  numbering: Numbering,
  { table, events: options }: Pick<Batch | Removal, 'table' | 'events'>,
): Promise<OutboxRow | null> {
  if (changes.length === 0 || options.silent) return null;
  const write = eventWriter(contextOf(numbering, table, options));
  const writer = new LineWriter(changes.length * usualBytes);
  const turns = new Turns();
  let n = 0;
  for (const change of changes) {
    writer.add(write(change, positionOf(n, numbering)));
    n += 1;
    if (turns.isOver) await turns.giveWay();
  }
  return rowOf(writer.lines(), numbering);
}

/** The outbox row of events about the sync itself; null if there are none. */
export function syncOutboxRow(events: readonly SyncEvent[], numbering: Numbering): OutboxRow | null {
  if (events.length === 0) return null;
  const texts = events.map((event, n) => syncEventText(event, positionOf(n, numbering), numbering.name));
  return rowOf(EventLines.of(texts), numbering);
}

function positionOf(n: number, { fence }: Numbering): Position {
  return { generation: fence.generation, seq: fence.nextSeq + n };
}

function rowOf(lines: EventLines, { fence, at }: Numbering): OutboxRow {
  const { generation, nextSeq: firstSeq } = fence;
  const lastSeq = firstSeq + lines.count - 1;
  return { generation, firstSeq, lastSeq, at: at.toISOString(), lines };
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

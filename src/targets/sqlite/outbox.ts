import type { SQLOutputValue } from 'node:sqlite';
import type { Batch, Removal } from '../../batch.ts';
import type { Change } from '../../change.ts';
import type { Position } from '../../event.ts';
import { EventLines } from '../../event-lines.ts';
import type { SyncEvent } from '../../sync-event.ts';
import type { OutboxLines } from '../../target.ts';
import { storeNews } from '../sql/operate/news.ts';
import { type OutboxRow, outboxRow, rowsPerPurge, syncOutboxRow } from '../sql/outbox/outbox-rows.ts';
import { isLong, packEventsNow, plainEvents, readPlainEvents, unpackEventsNow } from '../sql/outbox/packed-events.ts';
import { rebased } from '../sql/rebase.ts';
import { bookOf, change } from './book.ts';
import type { Connection } from './connection/connection.ts';
import type { Writing } from './fence/run-fence.ts';

/** A row with its place in the table, and how its events are kept there. */
interface PlacedRow extends OutboxRow {
  readonly rowid: number;
  readonly form: 'packed' | 'text';
}

/** Many events are packed: that takes no longer than writing them as text, which is ten times as long. */
function append(connection: Connection, name: string, row: OutboxRow, form: 'packed' | 'text'): void {
  const events = form === 'packed' && isLong(row.lines) ? packEventsNow(row.lines) : plainEvents(row.lines);
  connection
    .statement('INSERT INTO _sync_outbox (name, generation, first_seq, last_seq, at, events) VALUES (?, ?, ?, ?, ?, ?)')
    .run(name, row.generation, row.firstSeq, row.lastSeq, row.at, events);
}

/** Writes a transaction's events to the outbox as one row, and moves the fence row's next number past them. Returns how many. */
export function giveOutEvents(
  { connection, name, fence, handOver }: Writing,
  batch: Pick<Batch | Removal, 'table' | 'events'>,
  changes: readonly Change[],
  at: Date,
): number {
  const row = outboxRow(changes, { name, fence, at }, batch);
  if (row === null) return 0;
  giveOut(connection, name, row, batch.events.asText ? 'text' : 'packed');
  handOver(row);
  return changes.length;
}

/** Writes events about the sync to the outbox, and what they announced. Returns the number of the next event. */
export function announceEvents(
  { connection, name, fence }: Writing,
  events: readonly SyncEvent[],
  news: string,
): number {
  const row = syncOutboxRow(events, { name, fence, at: new Date() });
  if (row) giveOut(connection, name, row, 'text');
  change(connection, [storeNews(bookOf(name), news)]);
  return row ? row.lastSeq + 1 : fence.nextSeq;
}

function giveOut(connection: Connection, name: string, row: OutboxRow, form: 'packed' | 'text'): void {
  append(connection, name, row, form);
  connection.statement('UPDATE _sync_lease SET next_seq = ? WHERE name = ?').run(row.lastSeq + 1, name);
}

/** Generation 0 stands for the start of the oldest generation that is kept. */
export function readOutbox(connection: Connection, name: string, after: Position, limit: number): OutboxLines {
  const generation = after.generation === 0 ? oldestGeneration(connection, name) : after.generation;
  const rows = connection
    .statement(
      'SELECT first_seq, events FROM _sync_outbox WHERE name = ? AND generation = ? AND last_seq > ? ORDER BY first_seq',
    )
    .iterate(name, generation, after.seq);
  const parts: EventLines[] = [];
  let count = 0;
  let firstSeq = after.seq + 1;
  for (const row of rows) {
    const first = Number(row.first_seq);
    const kept = linesIn(row.events).slice(after.seq + 1 - first);
    if (parts.length === 0) firstSeq = Math.max(first, after.seq + 1);
    parts.push(kept);
    count += kept.count;
    if (count >= limit) break;
  }
  return { generation, firstSeq, lines: EventLines.join(parts) };
}

/** The events of a row. */
function linesIn(stored: SQLOutputValue | undefined): EventLines {
  return stored instanceof Uint8Array ? unpackEventsNow(stored) : readPlainEvents(String(stored));
}

function oldestGeneration(connection: Connection, name: string): number {
  return Number(
    connection.statement('SELECT min(generation) AS oldest FROM _sync_outbox WHERE name = ?').get(name)?.oldest ?? 0,
  );
}

/** What is older than a time and passed. */
const old = 'name = ?1 AND (generation, last_seq) <= (?2, ?3) AND at < ?4';

export function hasOldEvents(
  connection: Connection,
  name: string,
  olderThan: Date,
  { generation, seq }: Position,
): boolean {
  const first = connection.statement(`SELECT 1 FROM _sync_outbox WHERE ${old} LIMIT 1`);
  return first.get(name, generation, seq, olderThan.toISOString()) !== undefined;
}

/** Removes some rows that are older than this and passed. Returns how many; 0 means that none are left. */
export function purgeSome(
  connection: Connection,
  name: string,
  olderThan: Date,
  { generation, seq }: Position,
): number {
  const { changes } = connection
    .statement(
      `DELETE FROM _sync_outbox WHERE rowid IN (
         SELECT rowid FROM _sync_outbox
         WHERE ${old}
         ORDER BY generation, first_seq LIMIT ${rowsPerPurge})`,
    )
    .run(name, generation, seq, olderThan.toISOString());
  return Number(changes);
}

/** Moves every event after a position to a new generation, under the same number. Returns how many there were. */
export function moveOutbox(connection: Connection, name: string, generation: number, after: Position): number {
  const ids = connection
    .statement(
      'SELECT rowid FROM _sync_outbox WHERE name = ? AND (generation, last_seq) > (?, ?) ORDER BY generation, first_seq',
    )
    .all(name, after.generation, after.seq);
  let moved = 0;
  for (const { rowid } of ids) {
    const row = rowAt(connection, Number(rowid));
    const { passed, moved: rest } = rebased(row, name, generation, after);
    connection.statement('DELETE FROM _sync_outbox WHERE rowid = ?').run(row.rowid);
    if (passed) append(connection, name, { ...row, ...passed }, row.form);
    append(connection, name, { ...row, generation, ...rest }, row.form);
    moved += rest.lines.count;
  }
  return moved;
}

function rowAt(connection: Connection, rowid: number): PlacedRow {
  const row = connection
    .statement('SELECT generation, first_seq, last_seq, at, events FROM _sync_outbox WHERE rowid = ?')
    .get(rowid);
  return {
    rowid,
    form: row?.events instanceof Uint8Array ? 'packed' : 'text',
    generation: Number(row?.generation),
    firstSeq: Number(row?.first_seq),
    lastSeq: Number(row?.last_seq),
    at: String(row?.at),
    lines: linesIn(row?.events),
  };
}

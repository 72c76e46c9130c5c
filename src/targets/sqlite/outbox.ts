import type { Batch, Removal } from '../../batch.ts';
import type { Change } from '../../change.ts';
import type { Position } from '../../event.ts';
import type { FenceRow, OutboxSlice } from '../../target.ts';
import { eventsText } from '../sql/outbox-rows.ts';
import { rebased } from '../sql/rebase.ts';
import type { Connection } from './connection.ts';

/** How many outbox rows one transaction removes: a row is a transaction's events, and may be megabytes. */
const rowsPerPurge = 50;

/** One row per transaction: events, joined by newlines, which no JSON text of ours contains. */
interface OutboxRow {
  readonly rowid: number;
  readonly generation: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: string;
  readonly events: string;
}

export function appendOutbox(connection: Connection, name: string, row: Omit<OutboxRow, 'rowid'>): void {
  connection
    .statement('INSERT INTO _sync_outbox (name, generation, first_seq, last_seq, at, events) VALUES (?, ?, ?, ?, ?, ?)')
    .run(name, row.generation, row.firstSeq, row.lastSeq, row.at, row.events);
}

/** Numbers a transaction's events and puts them in the outbox as one row, the fence counting on. Says how many there were. */
export function giveOutEvents(
  connection: Connection,
  { name, fence, at }: { readonly name: string; readonly fence: FenceRow; readonly at: Date },
  { table, events: options }: Pick<Batch | Removal, 'table' | 'events'>,
  changes: readonly Change[],
): number {
  const { generation, nextSeq: firstSeq } = fence;
  const whose = { resource: table.resource, columns: table.mapped, options };
  const events = eventsText(changes, { name, generation, firstSeq, at }, whose);
  if (events === null) return 0;
  const lastSeq = firstSeq + changes.length - 1;
  appendOutbox(connection, name, { generation, firstSeq, lastSeq, at: at.toISOString(), events });
  connection.statement('UPDATE _sync_lease SET next_seq = ? WHERE name = ?').run(lastSeq + 1, name);
  return changes.length;
}

/** A position of generation 0 stands before the oldest generation that is kept. */
export function readOutbox(connection: Connection, name: string, after: Position, limit: number): OutboxSlice {
  const generation = after.generation === 0 ? oldestGeneration(connection, name) : after.generation;
  const rows = connection
    .statement(
      'SELECT first_seq, events FROM _sync_outbox WHERE name = ? AND generation = ? AND last_seq > ? ORDER BY first_seq',
    )
    .iterate(name, generation, after.seq);
  const events: string[] = [];
  let firstSeq = after.seq + 1;
  for (const row of rows) {
    const first = Number(row.first_seq);
    const kept = String(row.events)
      .split('\n')
      .slice(Math.max(0, after.seq + 1 - first));
    if (events.length === 0) firstSeq = Math.max(first, after.seq + 1);
    for (const event of kept) events.push(event);
    if (events.length >= limit) break;
  }
  return { generation, firstSeq, events };
}

function oldestGeneration(connection: Connection, name: string): number {
  return Number(
    connection.statement('SELECT min(generation) AS oldest FROM _sync_outbox WHERE name = ?').get(name)?.oldest ?? 0,
  );
}

/** Removes some rows that are older and passed; 0: none are left. */
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
         WHERE name = ?1 AND (generation, last_seq) <= (?2, ?3) AND at < ?4
         ORDER BY generation, first_seq LIMIT ${rowsPerPurge})`,
    )
    .run(name, generation, seq, olderThan.toISOString());
  return Number(changes);
}

/** Gives every event after a position its place in a new generation, with its own number, and says how many there were. */
export function moveOutbox(connection: Connection, name: string, generation: number, after: Position): number {
  const ids = connection
    .statement(
      'SELECT rowid FROM _sync_outbox WHERE name = ? AND (generation, last_seq) > (?, ?) ORDER BY generation, first_seq',
    )
    .all(name, after.generation, after.seq);
  let moved = 0;
  for (const { rowid } of ids) moved += moveRow(connection, name, rowAt(connection, Number(rowid)), generation, after);
  return moved;
}

function rowAt(connection: Connection, rowid: number): OutboxRow {
  const row = connection
    .statement('SELECT generation, first_seq, last_seq, at, events FROM _sync_outbox WHERE rowid = ?')
    .get(rowid);
  return {
    rowid,
    generation: Number(row?.generation),
    firstSeq: Number(row?.first_seq),
    lastSeq: Number(row?.last_seq),
    at: String(row?.at),
    events: String(row?.events),
  };
}

function moveRow(connection: Connection, name: string, row: OutboxRow, generation: number, after: Position): number {
  const { passed, moved } = rebased(row, name, generation, after);
  connection.statement('DELETE FROM _sync_outbox WHERE rowid = ?').run(row.rowid);
  if (passed) appendOutbox(connection, name, { ...row, ...passed });
  appendOutbox(connection, name, { ...row, generation, firstSeq: moved.firstSeq, events: moved.events });
  return moved.count;
}

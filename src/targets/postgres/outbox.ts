import type { Batch, Removal } from '../../batch.ts';
import type { Change } from '../../change.ts';
import type { Position } from '../../event.ts';
import { EventLines } from '../../event-lines.ts';
import type { SyncEvent } from '../../sync-event.ts';
import type { OutboxLines } from '../../target.ts';
import { storeNews } from '../sql/operate/news.ts';
import { type OutboxRow, outboxRowInTurns, rowsPerPurge, syncOutboxRow } from '../sql/outbox/outbox-rows.ts';
import { isLong, packEvents, plainEvents, readPlainEvents, unpackEvents } from '../sql/outbox/packed-events.ts';
import { rebased } from '../sql/rebase.ts';
import { bookOf, change } from './book.ts';
import type { Parameter, Row, Session } from './connection/session.ts';
import type { Writing } from './fence/run-fence.ts';
import { bytesOf } from './rows/literals.ts';
import { type Place, schemaVersion } from './schema.ts';

/** The version of our tables from which on the outbox has packed events. In older ones all events are text. */
const packedVersion = 4;

/** A row, and what is to be written of its events. */
export interface MadeEvents {
  readonly row: OutboxRow;
  readonly stored: { readonly column: 'events' | 'packed'; readonly events: string | Uint8Array };
}

/** Many events are packed: Postgres would compress a long text itself, at ten times the cost, and send it back as long as it was. */
async function packed(row: OutboxRow): Promise<MadeEvents> {
  return isLong(row.lines) ? { row, stored: { column: 'packed', events: await packEvents(row.lines) } } : asText(row);
}

function asText(row: OutboxRow): MadeEvents {
  return { row, stored: { column: 'events', events: plainEvents(row.lines) } };
}

async function append(
  session: Session,
  { table }: Place,
  name: string,
  { row, stored: { column, events } }: MadeEvents,
): Promise<void> {
  await session.query(
    `INSERT INTO ${table('_sync_outbox')} (name, generation, first_seq, last_seq, at, ${column}) VALUES ($1, $2, $3, $4, $5, $6)`,
    [name, row.generation, row.firstSeq, row.lastSeq, row.at, events],
  );
}

/** Makes the events of changes, which may be done while their rows are written; null if there are none. */
export async function makeEvents(
  changes: readonly Change[],
  { name, fence }: Pick<Writing, 'name' | 'fence'>,
  batch: Pick<Batch | Removal, 'table' | 'events'>,
  at: Date,
): Promise<MadeEvents | null> {
  const row = await outboxRowInTurns(changes, { name, fence, at }, batch);
  return row && (batch.events.asText ? asText(row) : packed(row));
}

/** Writes a transaction's events to the outbox as one row. Returns how many: the fence row's next number moves past them. */
export async function giveOutEvents(
  { session, place, name, handOver }: Writing,
  events: MadeEvents | null,
): Promise<number> {
  if (events === null) return 0;
  await append(session, place, name, events);
  const { row } = events;
  handOver(row);
  return row.lastSeq + 1 - row.firstSeq;
}

/** Writes events about the sync to the outbox, and what they announced. Returns how many events there are. */
export async function announceEvents(
  { session, place, name, fence }: Writing,
  events: readonly SyncEvent[],
  news: string,
): Promise<number> {
  const row = syncOutboxRow(events, { name, fence, at: new Date() });
  if (row) await append(session, place, name, asText(row));
  await change(session, [storeNews(bookOf(place, name), news)]);
  return events.length;
}

/** Generation 0 stands for the start of the oldest generation that is kept. */
export async function readOutbox(
  session: Session,
  { table }: Place,
  name: string,
  after: Position,
  limit: number,
  version: number,
): Promise<OutboxLines> {
  const outbox = table('_sync_outbox');
  const { rows } = await session.query(
    `WITH of AS (SELECT CASE WHEN $2::bigint > 0 THEN $2::bigint
         ELSE coalesce((SELECT min(generation) FROM ${outbox} WHERE name = $1), 0) END AS generation),
       start AS (SELECT greatest(first_seq, $3::bigint + 1) AS seq FROM ${outbox}
         WHERE name = $1 AND generation = (SELECT generation FROM of) AND last_seq > $3 ORDER BY last_seq LIMIT 1)
     SELECT of.generation, o.first_seq, ${eventColumns(version, 'o.')} FROM of LEFT JOIN ${outbox} o ON o.name = $1 AND o.generation = of.generation
       AND o.last_seq > $3 AND o.first_seq < (SELECT seq FROM start) + $4 ORDER BY o.last_seq`,
    [name, after.generation, after.seq, limit],
  );
  const generation = Number(rows[0]?.generation ?? after.generation);
  const kept = rows.filter((row) => row.first_seq !== null);
  const first = Number(kept[0]?.first_seq ?? after.seq + 1);
  const firstSeq = Math.max(first, after.seq + 1);
  const lines = EventLines.join(await Promise.all(kept.map(linesIn)));
  return { generation, firstSeq, lines: lines.slice(firstSeq - first) };
}

function eventColumns(version: number, of = ''): string {
  return version < packedVersion ? `${of}events, NULL AS packed` : `${of}events, ${of}packed`;
}

/** The events of a row. */
async function linesIn({ events, packed }: Row): Promise<EventLines> {
  return packed ? unpackEvents(bytesOf(packed)) : readPlainEvents(String(events));
}

/** What is older than this and passed: its parameters are those of `oldEvents`. */
const old = 'name = $1 AND (generation, last_seq) <= ($2::bigint, $3::bigint) AND at < $4';

function oldEvents(name: string, olderThan: Date, { generation, seq }: Position): Parameter[] {
  return [name, generation, seq, olderThan.toISOString()];
}

export async function hasOldEvents(
  session: Session,
  { table }: Place,
  name: string,
  olderThan: Date,
  passed: Position,
): Promise<boolean> {
  const { rows } = await session.query(
    `SELECT EXISTS (SELECT FROM ${table('_sync_outbox')} WHERE ${old}) AS has`,
    oldEvents(name, olderThan, passed),
  );
  return rows[0]?.has === 't';
}

/** Removes some rows that are older than this and passed. Returns how many; 0 means that none are left. */
export async function purgeSome(
  session: Session,
  { table }: Place,
  name: string,
  olderThan: Date,
  passed: Position,
): Promise<number> {
  const { count } = await session.query(
    `DELETE FROM ${table('_sync_outbox')} WHERE (name, generation, last_seq) IN (
       SELECT name, generation, last_seq FROM ${table('_sync_outbox')}
       WHERE ${old}
       ORDER BY generation, last_seq LIMIT ${rowsPerPurge})`,
    oldEvents(name, olderThan, passed),
  );
  return count;
}

/** Moves every event after a position to a new generation, under the same number. Returns how many there were. */
export async function moveOutbox(
  session: Session,
  place: Place,
  name: string,
  generation: number,
  after: Position,
): Promise<number> {
  const { rows } = await session.query(
    `SELECT generation, last_seq FROM ${place.table('_sync_outbox')}
     WHERE name = $1 AND (generation, last_seq) > ($2::bigint, $3::bigint) ORDER BY generation, last_seq`,
    [name, after.generation, after.seq],
  );
  const version = await schemaVersion(session, place);
  let moved = 0;
  for (const row of rows) {
    const [taken, keep] = await takeRow(session, place, name, row, version);
    const { passed, moved: rest } = rebased(taken, name, generation, after);
    if (passed) await append(session, place, name, await keep({ ...taken, ...passed }));
    await append(session, place, name, await keep({ ...taken, generation, ...rest }));
    moved += rest.lines.count;
  }
  return moved;
}

/** Takes a row out. What is left of its events is kept as they were: as text, or packed. */
async function takeRow(
  session: Session,
  { table }: Place,
  name: string,
  { generation, last_seq: lastSeq }: Row,
  version: number,
): Promise<[row: OutboxRow, keep: typeof packed | typeof asText]> {
  const { rows } = await session.query(
    `DELETE FROM ${table('_sync_outbox')} WHERE name = $1 AND generation = $2 AND last_seq = $3
     RETURNING generation, first_seq, last_seq, at, ${eventColumns(version)}`,
    [name, generation ?? null, lastSeq ?? null],
  );
  const row = rows[0] ?? {};
  const [first, last] = [Number(row.first_seq), Number(row.last_seq)];
  const taken = { generation: Number(row.generation), firstSeq: first, lastSeq: last, at: String(row.at) };
  return [{ ...taken, lines: await linesIn(row) }, row.packed ? packed : asText];
}

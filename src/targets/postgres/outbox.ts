import type { Batch, Removal } from '../../batch.ts';
import type { Change } from '../../change.ts';
import type { Position } from '../../event.ts';
import type { SyncEvent } from '../../sync-event.ts';
import type { OutboxSlice } from '../../target.ts';
import { storeNews } from '../sql/operate/news.ts';
import { type OutboxRow, outboxRow, rowsPerPurge, syncOutboxRow } from '../sql/outbox-rows.ts';
import { rebased } from '../sql/rebase.ts';
import { bookOf, change } from './book.ts';
import type { Session } from './connection/session.ts';
import type { Writing } from './fence/run-fence.ts';
import type { Place } from './schema.ts';

async function append(session: Session, { table }: Place, name: string, row: OutboxRow): Promise<void> {
  await session.query(
    `INSERT INTO ${table('_sync_outbox')} (name, generation, first_seq, last_seq, at, events) VALUES ($1, $2, $3, $4, $5, $6)`,
    [name, row.generation, row.firstSeq, row.lastSeq, row.at, row.events],
  );
}

/** Writes a transaction's events to the outbox as one row. Returns how many: the fence row's next number moves past them. */
export async function giveOutEvents(
  { session, place, name, fence, handOver }: Writing,
  batch: Pick<Batch | Removal, 'table' | 'events'>,
  changes: readonly Change[],
  at: Date,
): Promise<number> {
  const row = outboxRow(changes, { name, fence, at }, batch);
  if (row === null) return 0;
  await append(session, place, name, row);
  handOver(row);
  return changes.length;
}

/** Writes events about the sync to the outbox, and what they announced. Returns how many events there are. */
export async function announceEvents(
  { session, place, name, fence }: Writing,
  events: readonly SyncEvent[],
  news: string,
): Promise<number> {
  const row = syncOutboxRow(events, { name, fence, at: new Date() });
  if (row) await append(session, place, name, row);
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
): Promise<OutboxSlice> {
  const outbox = table('_sync_outbox');
  const { rows } = await session.query(
    `WITH of AS (SELECT CASE WHEN $2::bigint > 0 THEN $2::bigint
         ELSE coalesce((SELECT min(generation) FROM ${outbox} WHERE name = $1), 0) END AS generation),
       start AS (SELECT greatest(first_seq, $3::bigint + 1) AS seq FROM ${outbox}
         WHERE name = $1 AND generation = (SELECT generation FROM of) AND last_seq > $3 ORDER BY last_seq LIMIT 1)
     SELECT of.generation, o.first_seq, o.events FROM of LEFT JOIN ${outbox} o ON o.name = $1 AND o.generation = of.generation
       AND o.last_seq > $3 AND o.first_seq < (SELECT seq FROM start) + $4 ORDER BY o.last_seq`,
    [name, after.generation, after.seq, limit],
  );
  const generation = Number(rows[0]?.generation ?? after.generation);
  const kept = rows.filter((row) => typeof row.events === 'string');
  const first = Number(kept[0]?.first_seq ?? after.seq + 1);
  const firstSeq = Math.max(first, after.seq + 1);
  const events = kept.flatMap((row) => String(row.events).split('\n'));
  return { generation, firstSeq, events: events.slice(firstSeq - first) };
}

/** Removes some rows that are older than this and passed. Returns how many; 0 means that none are left. */
export async function purgeSome(
  session: Session,
  { table }: Place,
  name: string,
  olderThan: Date,
  { generation, seq }: Position,
): Promise<number> {
  const { count } = await session.query(
    `DELETE FROM ${table('_sync_outbox')} WHERE (name, generation, last_seq) IN (
       SELECT name, generation, last_seq FROM ${table('_sync_outbox')}
       WHERE name = $1 AND (generation, last_seq) <= ($2::bigint, $3::bigint) AND at < $4
       ORDER BY generation, last_seq LIMIT ${rowsPerPurge})`,
    [name, generation, seq, olderThan.toISOString()],
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
  let moved = 0;
  for (const row of rows) {
    const taken = await takeRow(session, place, name, Number(row.generation), Number(row.last_seq));
    moved += await moveRow(session, place, name, taken, generation, after);
  }
  return moved;
}

async function takeRow(
  session: Session,
  { table }: Place,
  name: string,
  generation: number,
  lastSeq: number,
): Promise<OutboxRow> {
  const { rows } = await session.query(
    `DELETE FROM ${table('_sync_outbox')} WHERE name = $1 AND generation = $2 AND last_seq = $3 RETURNING first_seq, at, events`,
    [name, generation, lastSeq],
  );
  const [row] = rows;
  return { generation, firstSeq: Number(row?.first_seq), lastSeq, at: String(row?.at), events: String(row?.events) };
}

async function moveRow(
  session: Session,
  place: Place,
  name: string,
  row: OutboxRow,
  generation: number,
  after: Position,
): Promise<number> {
  const { passed, moved } = rebased(row, name, generation, after);
  if (passed) await append(session, place, name, { ...row, ...passed });
  await append(session, place, name, { ...row, generation, firstSeq: moved.firstSeq, events: moved.events });
  return moved.count;
}

import type { Prepared } from '../../../record.ts';
import { type DeferredRecord, deferredRecord, droppedAtOnce } from '../../sql/deferred-record.ts';
import type { Session } from '../connection/session.ts';
import { textArray } from '../rows/literals.ts';
import type { Place } from '../schema.ts';

/** A record that is kept already is replaced. */
export async function storeDeferred(
  session: Session,
  { table }: Place,
  of: number,
  records: readonly DeferredRecord[],
): Promise<void> {
  if (records.length === 0) return;
  await session.query(
    `INSERT INTO ${table('_sync_deferred')} (of_table, id, record)
     SELECT $1::integer, e.id, e.record FROM unnest($2::bigint[], $3::text[]) AS e (id, record)
     ON CONFLICT (of_table, id) DO UPDATE SET record = excluded.record`,
    [of, `{${records.map(([id]) => id).join(',')}}`, textArray(records.map(([, record]) => record))],
  );
}

export async function readDeferred(
  session: Session,
  { table }: Place,
  of: number,
  ids: readonly number[],
): Promise<Prepared[]> {
  const { rows } = await session.query(
    `SELECT record FROM ${table('_sync_deferred')}
     WHERE of_table = $1 AND id = ANY (ARRAY (SELECT unnest($2::bigint[]))) ORDER BY id`,
    [of, `{${ids.join(',')}}`],
  );
  return rows.map(({ record }) => deferredRecord(record));
}

/** Drops some, and returns how many. */
export async function dropSomeDeferred(session: Session, { table }: Place, of: number): Promise<number> {
  const name = table('_sync_deferred');
  const { rows } = await session.query(
    `WITH dropped AS (
       DELETE FROM ${name} WHERE of_table = $1 AND id IN (SELECT id FROM ${name} WHERE of_table = $1 LIMIT $2) RETURNING id)
     SELECT count(*) AS dropped FROM dropped`,
    [of, droppedAtOnce],
  );
  return Number(rows[0]?.dropped);
}

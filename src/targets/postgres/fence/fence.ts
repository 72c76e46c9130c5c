import type { FenceRow } from '../../../target.ts';
import { fenceOf } from '../../sql/our-rows.ts';
import type { Row, Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';

/** The fence row with the mark by which a run recognises its own last transaction. */
export interface MarkedFence extends FenceRow {
  /** Random; set by every transaction of the run that holds the fence. */
  readonly lastTx: string;
}

export const fenceColumns = 'fence, generation, next_seq, holder, last_tx';

/** The fence row of a sync; null if no run has ever taken over. `FOR UPDATE` locks it until the transaction ends. */
export async function readFence(
  session: Session,
  { table }: Place,
  name: string,
  lock: '' | 'FOR UPDATE' = '',
): Promise<MarkedFence | null> {
  const { rows } = await session.query(`SELECT ${fenceColumns} FROM ${table('_sync_lease')} WHERE name = $1 ${lock}`, [
    name,
  ]);
  const [row] = rows;
  return row ? markedFenceOf(row) : null;
}

export function markedFenceOf(row: Row): MarkedFence {
  return { ...fenceOf(row), lastTx: String(row.last_tx) };
}

export function withoutMark({ lastTx: _lastTx, ...fence }: MarkedFence): FenceRow {
  return fence;
}

/** Starts a new generation of event numbers, which is at least `floor`, and returns it. */
export async function startGeneration(
  session: Session,
  { table }: Place,
  name: string,
  floor: number,
): Promise<number> {
  const { rows } = await session.query(
    `UPDATE ${table('_sync_lease')} SET generation =
       greatest(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint, $2::bigint, generation + 1)
     WHERE name = $1 RETURNING generation`,
    [name, floor],
  );
  return Number(rows[0]?.generation ?? floor);
}

/** Adds one to the fence, whoever holds it. */
export async function raiseFence(session: Session, { table }: Place, name: string): Promise<void> {
  await session.query(`UPDATE ${table('_sync_lease')} SET fence = fence + 1 WHERE name = $1`, [name]);
}

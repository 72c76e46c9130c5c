import type { FenceRow } from '../../../target.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';

export interface StoredFence extends FenceRow {
  /** Set by every transaction of the run that holds the fence. */
  readonly lastTx: string;
}

export async function readFence(
  session: Session,
  { table }: Place,
  name: string,
  lock = '',
): Promise<StoredFence | null> {
  const { rows } = await session.query(
    `SELECT fence, generation, next_seq, holder, last_tx FROM ${table('_sync_lease')} WHERE name = $1 ${lock}`,
    [name],
  );
  const [row] = rows;
  if (!row) return null;
  return {
    fence: Number(row.fence),
    generation: Number(row.generation),
    nextSeq: Number(row.next_seq),
    holder: String(row.holder),
    lastTx: String(row.last_tx),
  };
}

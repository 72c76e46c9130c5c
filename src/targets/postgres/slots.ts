import type { SlotKeeper } from '../../throttle.ts';
import { keeperOf } from '../sql/slots/slot-keeper.ts';
import { keptSlots, slotRowOf, slotRows } from '../sql/slots/slot-rows.ts';
import type { KeptSlots } from '../sql/slots/slot-rules.ts';
import type { Session } from './connection/session.ts';
import { textArray } from './rows/literals.ts';
import type { Place, Transact } from './schema.ts';

/**
 * The second throttle: the rows of one key, on the database's clock, changed under the lock of one of them that is always
 * there. All syncs whose tables are in this schema share it.
 */
export function slotKeeper(transact: Transact, place: Place): SlotKeeper {
  return keeperOf((key, decide) =>
    transact(async (session) => {
      const { kept, now } = await readLocked(session, place, key);
      const { keeps, answer } = decide(kept, { now, uptime: null });
      await store(session, place, key, keeps);
      return answer;
    }),
  );
}

async function readLocked(
  session: Session,
  { table }: Place,
  key: string,
): Promise<{ readonly kept: KeptSlots; readonly now: number }> {
  const throttle = table('_sync_throttle');
  await session.query(
    `INSERT INTO ${throttle} (key, kind, grant_id, until, span) VALUES ($1, 'turn', '', 0, 0) ON CONFLICT DO NOTHING`,
    [key],
  );
  await session.query(`SELECT 1 FROM ${throttle} WHERE key = $1 AND kind = 'turn' FOR UPDATE`, [key]);
  const { rows } = await session.query(
    `SELECT kind, grant_id, until, span, note, floor(extract(epoch FROM clock_timestamp()) * 1000) AS now
     FROM ${throttle} WHERE key = $1`,
    [key],
  );
  return { now: Number(rows[0]?.now), kept: keptSlots(rows.filter(({ kind }) => kind !== 'turn').map(slotRowOf)) };
}

async function store(session: Session, { table }: Place, key: string, keeps: KeptSlots): Promise<void> {
  const throttle = table('_sync_throttle');
  const rows = slotRows(keeps);
  await session.query(`DELETE FROM ${throttle} WHERE key = $1 AND kind <> 'turn'`, [key]);
  await session.query(
    `INSERT INTO ${throttle} (key, kind, grant_id, until, span, note)
     SELECT $1, s.* FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[]) s`,
    [
      key,
      textArray(rows.map(({ kind }) => kind)),
      textArray(rows.map(({ id }) => id)),
      `{${rows.map(({ until }) => until).join(',')}}`,
      `{${rows.map(({ span }) => span).join(',')}}`,
      textArray(rows.map(({ note }) => note)),
    ],
  );
}

import type { SlotKeeper } from '../../../throttle.ts';
import { keeperOf } from '../../sql/slots/slot-keeper.ts';
import {
  changesOf,
  keptSlots,
  keyOf,
  type SlotRow,
  slotRowOf,
  slotRows,
  windowsKey,
} from '../../sql/slots/slot-rows.ts';
import type { Session } from '../connection/session.ts';
import { textArray } from '../rows/literals.ts';
import type { Place, Transact } from '../schema.ts';

/**
 * The second throttle: the rows of one key, on the database's clock, changed under the lock of one of them that is always
 * there. All syncs whose tables are in this schema share it.
 */
export function slotKeeper(transact: Transact, place: Place): SlotKeeper {
  return keeperOf((key, decide) =>
    transact(async (session) => {
      const { rows, now } = await readLocked(session, place, key);
      const { keeps, answer } = decide(keptSlots(rows), { now, uptime: null });
      store(session, place, key, changesOf(rows, slotRows(keeps)));
      return answer;
    }),
  );
}

async function readLocked(
  session: Session,
  { table }: Place,
  key: string,
): Promise<{ readonly rows: readonly SlotRow[]; readonly now: number }> {
  const throttle = table('_sync_throttle');
  session.send(
    `INSERT INTO ${throttle} (key, kind, grant_id, until, span) VALUES ($1, 'turn', '', 0, 0) ON CONFLICT DO NOTHING`,
    [key],
  );
  session.send(`SELECT 1 FROM ${throttle} WHERE key = $1 AND kind = 'turn' FOR UPDATE`, [key]);
  const { rows } = await session.query(
    `SELECT kind, grant_id, until, span, note, floor(extract(epoch FROM clock_timestamp()) * 1000) AS now
     FROM ${throttle} WHERE key IN ($1, $2)`,
    [key, windowsKey(key)],
  );
  return { now: Number(rows[0]?.now), rows: rows.filter(({ kind }) => kind !== 'turn').map(slotRowOf) };
}

/** Stores what has changed with the next statement. */
function store(
  session: Session,
  { table }: Place,
  key: string,
  { written, removed }: ReturnType<typeof changesOf>,
): void {
  const throttle = table('_sync_throttle');
  const names = (rows: readonly SlotRow[]) => [
    textArray(rows.map((row) => keyOf(row, key))),
    textArray(rows.map(({ kind }) => kind)),
    textArray(rows.map(({ id }) => id)),
  ];
  if (removed.length > 0) {
    session.send(
      `DELETE FROM ${throttle} WHERE (key, kind, grant_id) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::text[]))`,
      names(removed),
    );
  }
  if (written.length === 0) return;
  session.send(
    `INSERT INTO ${throttle} (key, kind, grant_id, until, span, note)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
     ON CONFLICT (key, kind, grant_id) DO UPDATE SET until = excluded.until, span = excluded.span, note = excluded.note`,
    [
      ...names(written),
      `{${written.map(({ until }) => until).join(',')}}`,
      `{${written.map(({ span }) => span).join(',')}}`,
      textArray(written.map(({ note }) => note)),
    ],
  );
}

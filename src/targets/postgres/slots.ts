import type { SlotKeeper } from '../../throttle.ts';
import {
  cancelSlot,
  deferKey,
  type KeptSlots,
  keptSlots,
  type SlotRow,
  settleSlot,
  slotRows,
  takeSlot,
} from '../sql/slots/slot-rules.ts';
import type { Row, Session } from './connection/session.ts';
import { textArray } from './rows/literals.ts';
import type { Place } from './schema.ts';

/**
 * The guard: rows of one key, changed under the lock of one of them that is always there, on the database's clock. All syncs
 * whose tables are in this schema share them.
 */
export function slotKeeper(write: <T>(work: (session: Session) => Promise<T>) => Promise<T>, place: Place): SlotKeeper {
  const change = (key: string, decide: (kept: KeptSlots, now: number) => KeptSlots): Promise<void> =>
    write(async (session) => {
      const { kept, now } = await readLocked(session, place, key);
      await store(session, place, key, decide(kept, now));
    });
  return {
    take: ({ key, id }, limits, reserveMs) =>
      write(async (session) => {
        const { kept, now } = await readLocked(session, place, key);
        const { answer, keeps } = takeSlot(kept, { id, limits, reserveMs, now });
        await store(session, place, key, keeps);
        return answer;
      }),
    settle: ({ key, id }, freesInMs) => change(key, (kept, now) => settleSlot(kept, id, freesInMs, now)),
    cancel: ({ key, id }) => change(key, (kept) => cancelSlot(kept, id)),
    defer: (key, forMs, cause) => change(key, (kept, now) => deferKey(kept, forMs, cause, now)),
    resume: (key) => change(key, (kept) => ({ ...kept, deferred: null })),
  };
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
  return { now: Number(rows[0]?.now), kept: keptSlots(rows.filter(({ kind }) => kind !== 'turn').map(slotRow)) };
}

function slotRow({ kind, grant_id: id, until, span, note = null }: Row): SlotRow {
  return { kind: kind as SlotRow['kind'], id: String(id), until: Number(until), span: Number(span), note };
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

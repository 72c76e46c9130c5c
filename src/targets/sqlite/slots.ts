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
import type { Connection } from './connection.ts';

/** The guard: rows of one key, by the clock of this machine, changed in one transaction. All syncs of this file share them. */
export function slotKeeper(write: <T>(work: (connection: Connection) => T) => Promise<T>): SlotKeeper {
  const change = (key: string, decide: (kept: KeptSlots, now: number) => KeptSlots): Promise<void> =>
    write((connection) => store(connection, key, decide(read(connection, key), Date.now())));
  return {
    take: ({ key, id }, limits, reserveMs) =>
      write((connection) => {
        const request = { id, limits, reserveMs, now: Date.now() };
        const { answer, keeps } = takeSlot(read(connection, key), request);
        store(connection, key, keeps);
        return answer;
      }),
    settle: ({ key, id }, freesInMs) => change(key, (kept, now) => settleSlot(kept, id, freesInMs, now)),
    cancel: ({ key, id }) => change(key, (kept) => cancelSlot(kept, id)),
    defer: (key, forMs, cause) => change(key, (kept, now) => deferKey(kept, forMs, cause, now)),
    resume: (key) => change(key, (kept) => ({ ...kept, deferred: null })),
  };
}

function read(connection: Connection, key: string): KeptSlots {
  const rows = connection
    .statement('SELECT kind, grant_id, until, span, note FROM _sync_throttle WHERE key = ?')
    .all(key);
  return keptSlots(rows.map(slotRow));
}

function slotRow({ kind, grant_id, until, span, note }: Record<string, unknown>): SlotRow {
  const id = String(grant_id);
  return { kind: kind as SlotRow['kind'], id, until: Number(until), span: Number(span), note: note as string | null };
}

function store(connection: Connection, key: string, keeps: KeptSlots): void {
  connection.statement('DELETE FROM _sync_throttle WHERE key = ?').run(key);
  const insert = connection.statement(
    'INSERT INTO _sync_throttle (key, kind, grant_id, until, span, note) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { kind, id, until, span, note } of slotRows(keeps)) insert.run(key, kind, id, until, span, note);
}

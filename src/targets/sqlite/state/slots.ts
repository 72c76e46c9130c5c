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
import type { Connection } from '../connection/connection.ts';
import { machineClock } from '../uptime.ts';

/** The second throttle: the rows of one key, on this machine's clocks, changed in one transaction. All syncs of a file share it. */
export function slotKeeper(write: <T>(work: (connection: Connection) => T) => Promise<T>): SlotKeeper {
  return keeperOf((key, decide) =>
    write((connection) => {
      const rows = read(connection, key);
      const { keeps, answer } = decide(keptSlots(rows), machineClock());
      store(connection, key, changesOf(rows, slotRows(keeps)));
      return answer;
    }),
  );
}

function read(connection: Connection, key: string): SlotRow[] {
  return connection
    .statement('SELECT kind, grant_id, until, span, note FROM _sync_throttle WHERE key IN (?, ?)')
    .all(key, windowsKey(key))
    .map(slotRowOf);
}

function store(connection: Connection, key: string, { written, removed }: ReturnType<typeof changesOf>): void {
  const remove = connection.statement('DELETE FROM _sync_throttle WHERE key = ? AND kind = ? AND grant_id = ?');
  for (const row of removed) remove.run(keyOf(row, key), row.kind, row.id);
  const write = connection.statement(
    'INSERT OR REPLACE INTO _sync_throttle (key, kind, grant_id, until, span, note) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const row of written) write.run(keyOf(row, key), row.kind, row.id, row.until, row.span, row.note);
}

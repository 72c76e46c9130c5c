import type { SlotKeeper } from '../../throttle.ts';
import { keeperOf } from '../sql/slots/slot-keeper.ts';
import { keptSlots, slotRowOf, slotRows } from '../sql/slots/slot-rows.ts';
import type { KeptSlots } from '../sql/slots/slot-rules.ts';
import type { Connection } from './connection/connection.ts';
import { machineClock } from './uptime.ts';

/** The second throttle: the rows of one key, on this machine's clocks, changed in one transaction. All syncs of a file share it. */
export function slotKeeper(write: <T>(work: (connection: Connection) => T) => Promise<T>): SlotKeeper {
  return keeperOf((key, decide) =>
    write((connection) => {
      const { keeps, answer } = decide(read(connection, key), machineClock());
      store(connection, key, keeps);
      return answer;
    }),
  );
}

function read(connection: Connection, key: string): KeptSlots {
  const rows = connection
    .statement('SELECT kind, grant_id, until, span, note FROM _sync_throttle WHERE key = ?')
    .all(key);
  return keptSlots(rows.map(slotRowOf));
}

function store(connection: Connection, key: string, keeps: KeptSlots): void {
  connection.statement('DELETE FROM _sync_throttle WHERE key = ?').run(key);
  const insert = connection.statement(
    'INSERT INTO _sync_throttle (key, kind, grant_id, until, span, note) VALUES (?, ?, ?, ?, ?, ?)',
  );
  for (const { kind, id, until, span, note } of slotRows(keeps)) insert.run(key, kind, id, until, span, note);
}

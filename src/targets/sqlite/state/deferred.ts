import type { Prepared } from '../../../record.ts';
import { type DeferredRecord, deferredRecord, droppedAtOnce } from '../../sql/deferred-record.ts';
import type { Connection } from '../connection/connection.ts';

/** A record that is kept already is replaced. */
export function storeDeferred(connection: Connection, of: number, records: readonly DeferredRecord[]): void {
  if (records.length === 0) return;
  connection
    .statement(
      `INSERT OR REPLACE INTO _sync_deferred (of_table, id, record)
       SELECT ?1, e.value ->> 0, e.value ->> 1 FROM json_each(?2) e`,
    )
    .run(of, JSON.stringify(records));
}

export function readDeferred(connection: Connection, of: number, ids: readonly number[]): Prepared[] {
  const rows = connection
    .statement(
      'SELECT record FROM _sync_deferred WHERE of_table = ? AND id IN (SELECT value FROM json_each(?)) ORDER BY id',
    )
    .all(of, JSON.stringify(ids));
  return rows.map(({ record }) => deferredRecord(record));
}

/** Drops some, and returns how many. */
export function dropSomeDeferred(connection: Connection, of: number): number {
  const { changes } = connection
    .statement(
      'DELETE FROM _sync_deferred WHERE of_table = ?1 AND id IN (SELECT id FROM _sync_deferred WHERE of_table = ?1 LIMIT ?2)',
    )
    .run(of, droppedAtOnce);
  return Number(changes);
}

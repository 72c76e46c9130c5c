import type { Batch, Found } from '../../../batch.ts';
import type { Connection } from '../connection/connection.ts';
import { entryOf } from './entries.ts';
import { rowsIn } from './rows.ts';

/** Our entry and the system's row of each record. While our tables are missing, `of` is undefined and there are only rows. */
export function findRecords(
  connection: Connection,
  { table, records }: Pick<Batch, 'table' | 'records'>,
  of: number | undefined,
  version?: number,
): Found[] {
  const rows = rowsIn(connection, table);
  return records.map((record) => {
    const row = rows.ofRecord(record);
    const entry = of === undefined ? null : entryOf(connection, of, record.key, version);
    return { entry, row: row?.row ?? null, isRowDeleted: row?.isDeleted ?? false };
  });
}

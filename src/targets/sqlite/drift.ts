import { startOver } from '../../checkpoint.ts';
import { type KnownQuery, type KnownRow, noDrift, type StoredDrift } from '../../drift.ts';
import type { ResourceTable } from '../../table.ts';
import { textOrNull } from '../sql/our-rows.ts';
import type { Connection } from './connection/connection.ts';
import { mayRewrite, rowsIn } from './rows/rows.ts';
import { schemaVersion } from './schema.ts';
import { readPass, savePass } from './state/ledger.ts';

/** What is known of live records of the resource with the number `of`, and how their rows read now. */
export function knownRows(
  connection: Connection,
  table: ResourceTable,
  { of, version }: { readonly of: number; readonly version: number },
  query: KnownQuery,
): KnownRow[] {
  const rows = rowsIn(connection, table);
  const mayBeRewritten = mayRewrite(connection, table);
  return entriesOf(connection, of, version, query).map((entry) => {
    const key = String(entry.key);
    const found = rows.ofKey(key);
    return {
      ...{ id: Number(entry.id), key, hash: String(entry.hash), fields: textOrNull(entry.fields) },
      ...{ row: found?.row ?? null, isMarked: found?.isDeleted ?? false, mayBeRewritten },
    };
  });
}

function entriesOf(connection: Connection, of: number, version: number, query: KnownQuery) {
  const fields = version < 2 ? 'NULL AS fields' : 'fields';
  const select = `SELECT id, key, hash, ${fields} FROM _sync_records WHERE of_table = ? AND deleted_at IS NULL`;
  if ('ids' in query) {
    const sql = `${select} AND id IN (SELECT value FROM json_each(?)) ORDER BY id`;
    return connection.statement(sql).all(of, JSON.stringify(query.ids));
  }
  return connection.statement(`${select} AND id > ? ORDER BY id LIMIT ?`).all(of, query.after, query.limit);
}

export function readDrift(connection: Connection, name: string, resource: string, version: number): StoredDrift {
  if (version < 2) return noDrift;
  const row = connection
    .statement('SELECT checked_to, found FROM _sync_drift WHERE name = ? AND resource = ?')
    .get(name, resource);
  if (!row) return noDrift;
  const found = textOrNull(row.found);
  return { checkedTo: Number(row.checked_to), found: found === null ? null : JSON.parse(found) };
}

export function storeDrift(connection: Connection, name: string, resource: string, drift: StoredDrift): void {
  if (schemaVersion(connection) < 2) return;
  connection
    .statement(
      `INSERT INTO _sync_drift (name, resource, checked_to, found) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checked_to = excluded.checked_to, found = excluded.found`,
    )
    .run(name, resource, drift.checkedTo, drift.found && JSON.stringify(drift.found));
}

/** Which rows the next pass compares with what the third party has: some, or all of the resource. */
export function forgetRows(
  connection: Connection,
  { name, resource, of }: { readonly name: string; readonly resource: string; readonly of: number },
  ids: readonly number[] | 'all',
): void {
  const all = "UPDATE _sync_records SET hash = '' WHERE of_table = ?";
  if (ids === 'all') connection.statement(all).run(of);
  else connection.statement(`${all} AND id IN (SELECT value FROM json_each(?))`).run(of, JSON.stringify(ids));
  const pass = readPass(connection, name, resource, schemaVersion(connection));
  if (pass) savePass(connection, name, resource, { checkpoint: startOver(pass.checkpoint) });
}

import type { Comparison } from '../../../batch.ts';
import type { LiveIds } from '../../../target.ts';
import type { Entries } from '../../sql/entry-book.ts';
import type { Connection } from '../connection/connection.ts';
import { migrations } from '../migrations.ts';

export interface Entry {
  readonly id: number;
  readonly hash: string;
  readonly deleted: boolean;
  readonly fields: string | null;
}

/** One query for all entries: two lists come back, with the id and the hash of each one's live record, or null. */
const compareSql = `
SELECT json_group_array(r.id) AS ids, json_group_array(r.hash) AS hashes
FROM json_each(?2) e LEFT JOIN _sync_records r ON r.of_table = ?1 AND r.key = e.value AND r.deleted_at IS NULL`;

export function compareEntries(
  connection: Connection,
  of: number,
  entries: readonly (readonly [string, string])[],
): Comparison {
  const row = connection.statement(compareSql).get(of, JSON.stringify(entries.map(([key]) => key)));
  const ids: readonly number[] = JSON.parse(String(row?.ids));
  const hashes: readonly (string | null)[] = JSON.parse(String(row?.hashes));
  const [unchanged, different]: [number[], number[]] = [[], []];
  for (let at = 0; at < entries.length; at += 1) {
    if (hashes[at] === entries[at]?.[1]) unchanged.push(ids[at] ?? 0);
    else different.push(at);
  }
  return { unchanged, different };
}

/** The tables of release 0.1.0 have no `fields`. */
export function entryOf(connection: Connection, of: number, key: string, version = migrations.length): Entry | null {
  const fields = version < 2 ? 'NULL AS fields' : 'fields';
  const select = `SELECT id, hash, deleted_at, ${fields} FROM _sync_records WHERE of_table = ? AND key = ?`;
  const row = connection.statement(select).get(of, key);
  if (!row) return null;
  return {
    ...{ id: Number(row.id), hash: String(row.hash), deleted: row.deleted_at !== null },
    fields: typeof row.fields === 'string' ? row.fields : null,
  };
}

/** The key of a live record; null if it is not live. */
export function liveKey(connection: Connection, of: number, id: number): string | null {
  const select = 'SELECT key FROM _sync_records WHERE of_table = ? AND id = ? AND deleted_at IS NULL';
  const row = connection.statement(select).get(of, id);
  return row ? String(row.key) : null;
}

export function keyOfId(connection: Connection, of: number, id: number): string | null {
  const row = connection.statement('SELECT key FROM _sync_records WHERE of_table = ? AND id = ?').get(of, id);
  return row ? String(row.key) : null;
}

export function liveEntries(connection: Connection, of: number, after: number, limit: number): LiveIds {
  const rows = connection
    .statement(
      'SELECT id, missed FROM _sync_records WHERE of_table = ? AND id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?',
    )
    .all(of, after, limit);
  return { ids: rows.map(({ id }) => Number(id)), missed: rows.map(({ missed }) => Number(missed)) };
}

/** Writes what a batch's book says. Throws the database's error where an entry is there already. */
export function writeEntries(connection: Connection, of: number, { first, entering, renewing }: Entries): void {
  insertEntries(connection, of, first, entering);
  const set = 'UPDATE _sync_records SET hash = ?, fields = ?, missed = 0, deleted_at = NULL';
  const renew = connection.statement(`${set} WHERE of_table = ? AND id = ?`);
  for (const [id, hash, fields] of renewing) renew.run(hash, fields, of, id);
}

/** So many entries share a statement: it takes a third less time than one for each. */
const entriesPerInsert = 50;

function insertEntries(connection: Connection, of: number, first: number, entries: Entries['entering']): void {
  for (let from = 0; from < entries.length; from += entriesPerInsert) {
    const part = entries.slice(from, from + entriesPerInsert);
    const values = part.flatMap(([key, hash, fields], n) => [of, first + from + n, key, hash, fields]);
    connection.statement(insertSql(part.length)).run(...values);
  }
}

function insertSql(count: number): string {
  const rows = Array.from({ length: count }, () => '(?, ?, ?, ?, ?)');
  return `INSERT INTO _sync_records (of_table, id, key, hash, fields) VALUES ${rows.join(', ')}`;
}

export function markDeleted(connection: Connection, of: number, id: number, at: Date): void {
  connection
    .statement('UPDATE _sync_records SET deleted_at = ? WHERE of_table = ? AND id = ?')
    .run(at.toISOString(), of, id);
}

/** Counts in how many consecutive complete passes a record was missing. */
export function countMissing(
  connection: Connection,
  of: number,
  { missing, found }: { readonly missing: readonly number[]; readonly found: readonly number[] },
): void {
  const where = 'WHERE of_table = ? AND id IN (SELECT value FROM json_each(?))';
  connection.statement(`UPDATE _sync_records SET missed = missed + 1 ${where}`).run(of, JSON.stringify(missing));
  connection.statement(`UPDATE _sync_records SET missed = 0 ${where}`).run(of, JSON.stringify(found));
}

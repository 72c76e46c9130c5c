import type { Comparison } from '../../../batch.ts';
import { IntegrityError } from '../../../errors.ts';
import type { LiveIds } from '../../../target.ts';
import type { Connection } from '../connection.ts';

/** A resource's line in `_sync_tables`: the number that stands for it, the next record's id, and how many are live. */
export interface Register {
  readonly id: number;
  readonly next: number;
  readonly live: number;
}

export interface Entry {
  readonly id: number;
  readonly hash: string;
  readonly deleted: boolean;
}

export function registerOf(connection: Connection, name: string, resource: string): Register | null {
  const row = connection
    .statement('SELECT id, next_record, live FROM _sync_tables WHERE name = ? AND resource = ?')
    .get(name, resource);
  return row ? { id: Number(row.id), next: Number(row.next_record), live: Number(row.live) } : null;
}

export function ownRegister(connection: Connection, name: string, resource: string): Register {
  const register = registerOf(connection, name, resource);
  if (register) return register;
  throw new IntegrityError(
    `the resource "${resource}" is not registered in the target ${connection.label}; nothing was written`,
  );
}

/** One query for all entries: what differs comes back as positions, so that an unchanged page costs next to nothing. */
const compareSql = `
SELECT json_group_array(r.id) FILTER (WHERE r.id IS NOT NULL) AS same, json_group_array(e.key) FILTER (WHERE r.id IS NULL) AS others
FROM json_each(?2) e
LEFT JOIN _sync_records r ON r.of_table = ?1 AND r.key = e.value ->> 0 AND r.hash = e.value ->> 1 AND r.deleted_at IS NULL`;

export function compareEntries(
  connection: Connection,
  of: number,
  entries: readonly (readonly [string, string])[],
): Comparison {
  const row = connection.statement(compareSql).get(of, JSON.stringify(entries));
  const different: number[] = JSON.parse(String(row?.others));
  return { unchanged: JSON.parse(String(row?.same)), different: different.sort((a, b) => a - b) };
}

export function entryOf(connection: Connection, of: number, key: string): Entry | null {
  const select = 'SELECT id, hash, deleted_at FROM _sync_records WHERE of_table = ? AND key = ?';
  const row = connection.statement(select).get(of, key);
  return row ? { id: Number(row.id), hash: String(row.hash), deleted: row.deleted_at !== null } : null;
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

/** Enters records under consecutive ids, from `first` on. */
export function insertEntries(
  connection: Connection,
  of: number,
  first: number,
  entries: readonly (readonly [string, string])[],
): void {
  if (entries.length === 0) return;
  connection
    .statement(
      `INSERT INTO _sync_records (of_table, id, key, hash)
       SELECT ?1, ?2 + e.key, e.value ->> 0, e.value ->> 1 FROM json_each(?3) e`,
    )
    .run(of, first, JSON.stringify(entries));
}

export function renewEntry(connection: Connection, of: number, id: number, hash: string): void {
  connection
    .statement('UPDATE _sync_records SET hash = ?3, missed = 0, deleted_at = NULL WHERE of_table = ?1 AND id = ?2')
    .run(of, id, hash);
}

export function saveRegister(connection: Connection, { id, next, live }: Register): void {
  connection.statement('UPDATE _sync_tables SET next_record = ?2, live = ?3 WHERE id = ?1').run(id, next, live);
}

export function markDeleted(connection: Connection, of: number, id: number, at: Date): void {
  connection
    .statement('UPDATE _sync_records SET deleted_at = ?3 WHERE of_table = ?1 AND id = ?2')
    .run(of, id, at.toISOString());
}

/** In how many complete passes running a record was missing. */
export function countMissing(
  connection: Connection,
  of: number,
  { missing, found }: { readonly missing: readonly number[]; readonly found: readonly number[] },
): void {
  const where = 'WHERE of_table = ? AND id IN (SELECT value FROM json_each(?))';
  connection.statement(`UPDATE _sync_records SET missed = missed + 1 ${where}`).run(of, JSON.stringify(missing));
  connection.statement(`UPDATE _sync_records SET missed = 0 ${where}`).run(of, JSON.stringify(found));
}

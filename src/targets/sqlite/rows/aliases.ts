import type { Alias, Aliases, KnownAs } from '../../../identity.ts';
import type { Connection } from '../connection/connection.ts';

/**
 * Made for the first resource with `match`: without one there is nothing to store here. The index covers all questions about a
 * key; otherwise the planner would read all aliases for each.
 */
const tables = `
CREATE TABLE IF NOT EXISTS _sync_aliases (
  of_table INTEGER NOT NULL REFERENCES _sync_tables (id), adapter TEXT NOT NULL, native TEXT NOT NULL, key TEXT NOT NULL,
  is_maker INTEGER NOT NULL, PRIMARY KEY (of_table, adapter, native)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS _sync_aliases_key ON _sync_aliases (of_table, key, is_maker);
`;

export function ensureAliases(connection: Connection): void {
  connection.exec(tables);
}

export function hasAliases(connection: Connection): boolean {
  const master = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sync_aliases'";
  return connection.statement(master).get() !== undefined;
}

export function storeAliases(connection: Connection, of: number, { adapter, known }: Aliases): void {
  if (known.length === 0) return;
  connection
    .statement(
      `INSERT OR REPLACE INTO _sync_aliases (of_table, adapter, native, key, is_maker)
       SELECT ?1, ?2, e.value ->> 0, e.value ->> 1, coalesce(e.value ->> 2, 0) FROM json_each(?3) e`,
    )
    .run(of, adapter, JSON.stringify(known));
}

/**
 * Forgets the aliases of keys that were refused and that no record has. Such a key could later become another record's by its
 * own id, and one alias would stand for two records.
 */
export function forgetGroundless(connection: Connection, of: number, refused: readonly string[]): void {
  if (refused.length === 0) return;
  connection
    .statement(
      `DELETE FROM _sync_aliases WHERE of_table = ?1 AND key IN (SELECT value FROM json_each(?2))
       AND NOT EXISTS (SELECT 1 FROM _sync_records r WHERE r.of_table = ?1 AND r.key = _sync_aliases.key)`,
    )
    .run(of, JSON.stringify(refused));
}

export function foreignAlias(
  connection: Connection,
  { of, adapter }: { readonly of: number; readonly adapter: string },
): Alias | null {
  if (!hasAliases(connection)) return null;
  const select = 'SELECT native, key FROM _sync_aliases WHERE of_table = ? AND adapter = ? AND native <> key LIMIT 1';
  const row = connection.statement(select).get(of, adapter);
  return row ? [String(row.native), String(row.key)] : null;
}

export function namesOf(connection: Connection, of: number, key: string): KnownAs[] {
  if (!hasAliases(connection)) return [];
  const rows = connection
    .statement(
      `SELECT adapter, native, is_maker FROM _sync_aliases WHERE of_table = ? AND key = ? ORDER BY adapter, native LIMIT 100`,
    )
    .all(of, key);
  return rows.map(({ adapter, native, is_maker }) => {
    return { adapter: String(adapter), native: String(native), isMaker: is_maker === 1 };
  });
}

import type { Alias, Aliases, Arrived, Clues } from '../../../identity.ts';
import type { ResourceTable } from '../../../table.ts';
import { cluesFrom, keysInQuestion, type Standing } from '../../sql/arrivals.ts';
import type { Connection } from '../connection.ts';
import { lookalikesOf } from './lookalikes.ts';
import { rowsIn } from './rows.ts';

/**
 * Made for the first resource with `match`: without one there is nothing to keep here. The index holds all that is asked of a
 * key, or the planner would rather read every alias for each.
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

function hasAliases(connection: Connection): boolean {
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

/** Of a key that was refused and that no record has: kept, it would be one person's now and, by its own id, another's later. */
export function forgetGroundless(connection: Connection, of: number, refused: readonly string[]): void {
  if (refused.length === 0) return;
  connection
    .statement(
      `DELETE FROM _sync_aliases WHERE of_table = ?1 AND key IN (SELECT value FROM json_each(?2))
       AND NOT EXISTS (SELECT 1 FROM _sync_records r WHERE r.of_table = ?1 AND r.key = _sync_aliases.key)`,
    )
    .run(of, JSON.stringify(refused));
}

export function foreignAlias(connection: Connection, { of, adapter }: Whose): Alias | null {
  if (!hasAliases(connection)) return null;
  const select = 'SELECT native, key FROM _sync_aliases WHERE of_table = ? AND adapter = ? AND native <> key LIMIT 1';
  const row = connection.statement(select).get(of, adapter);
  return row ? [String(row.native), String(row.key)] : null;
}

/** A question for all arrivals, each: whose aliases are known; of the others what bears their keys, and what looks like them. */
export function cluesOf(
  connection: Connection,
  table: ResourceTable,
  { of, adapter }: { readonly of: number | undefined; readonly adapter: string },
  arrived: readonly Arrived[],
): Clues[] {
  const ours = of === undefined || !hasAliases(connection) ? null : { of, adapter };
  const aliases = ours ? aliasesOf(connection, ours, arrived) : new Map<string, string>();
  const strangers = arrived.filter(({ native }) => !aliases.has(native));
  const found = new Map(strangers.map((each, n) => [each, n]));
  const lookalikes = lookalikesOf(connection, table, strangers);
  const rows = rowsIn(connection, table);
  const namesakes = new Set(strangers.flatMap(({ native }) => (rows.ofKey(native) ? native : [])));
  const standings =
    of === undefined ? new Map() : standingsOf(connection, of, ours, keysInQuestion(strangers, lookalikes));
  const inOrder = arrived.map((each) => lookalikes[found.get(each) ?? -1] ?? []);
  return cluesFrom(arrived, { aliases, namesakes, lookalikes: inOrder, standings });
}

interface Whose {
  readonly of: number;
  readonly adapter: string;
}

function aliasesOf(connection: Connection, { of, adapter }: Whose, arrived: readonly Arrived[]): Map<string, string> {
  const rows = connection
    .statement(
      `SELECT a.native, a.key FROM json_each(?3) e
       CROSS JOIN _sync_aliases a ON a.of_table = ?1 AND a.adapter = ?2 AND a.native = e.value`,
    )
    .all(of, adapter, JSON.stringify(arrived.map(({ native }) => native)));
  return new Map(rows.map(({ native, key }) => [String(native), String(key)]));
}

const takenSql = `
  (SELECT a.native FROM _sync_aliases a WHERE a.of_table = ?1 AND a.key = e.value AND a.adapter = ?3 LIMIT 1) AS taken_by,
  (SELECT a.adapter FROM _sync_aliases a WHERE a.of_table = ?1 AND a.key = e.value AND a.is_maker LIMIT 1) AS made_by`;

function standingsOf(
  connection: Connection,
  of: number,
  whose: Whose | null,
  keys: readonly string[],
): Map<string, Standing> {
  const rows = connection
    .statement(
      `SELECT e.value AS key, r.id, r.deleted_at, ${whose ? takenSql : 'NULL AS taken_by, NULL AS made_by'}
       FROM json_each(?2) e LEFT JOIN _sync_records r ON r.of_table = ?1 AND r.key = e.value`,
    )
    .all(of, JSON.stringify(keys), ...(whose ? [whose.adapter] : []));
  return new Map(
    rows.map(({ key, id, deleted_at, taken_by, made_by }) => [
      String(key),
      {
        entry: id === null ? null : deleted_at === null ? 'live' : 'deleted',
        takenBy: taken_by === null ? null : String(taken_by),
        madeBy: made_by === null ? null : String(made_by),
      },
    ]),
  );
}

import type { Arrived, Clues } from '../../../identity.ts';
import type { ResourceTable } from '../../../table.ts';
import { cluesFrom, keysInQuestion, type Standing } from '../../sql/arrivals.ts';
import { textOrNull } from '../../sql/our-rows.ts';
import type { Connection } from '../connection/connection.ts';
import { hasAliases } from './aliases.ts';
import { lookalikesOf } from './lookalikes.ts';
import { rowsIn } from './rows.ts';

/**
 * The clues of all arrivals, each question asked once: which aliases are known; for the others, what has their keys, and what
 * looks like them.
 */
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
        takenBy: textOrNull(taken_by),
        madeBy: textOrNull(made_by),
      },
    ]),
  );
}

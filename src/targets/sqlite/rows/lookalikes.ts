import { type Arrived, mostLookalikes } from '../../../identity.ts';
import { type Column, canonicalJson, keyOf, type Value } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import type { Lookalike } from '../../sql/arrivals.ts';
import { quoted } from '../../sql/identifiers.ts';
import { matchedValues } from '../../sql/match.ts';
import { fromStored, type Stored, toStored, UnstorableError } from '../../sql/stored-values.ts';
import { softColumn } from '../../sql/table/dialect.ts';
import type { Connection } from '../connection/connection.ts';
import { folded } from '../names.ts';
import { readTable } from './system-table.ts';

/**
 * For each arrival the rows with the same match fields. They are compared in our own form, whatever a column's collation
 * takes for equal. There is one statement for all: IN uses an index that begins with these columns, or reads the table once.
 */
export function lookalikesOf(
  connection: Connection,
  table: ResourceTable,
  arrived: readonly Arrived[],
): readonly (readonly Lookalike[])[] {
  const { sets, setOf, placeOf } = matchedValues(table, arrived);
  if (sets.length === 0) return arrived.map(() => []);
  const key = columnsOf(table, table.key);
  const match = columnsOf(table, table.match ?? []);
  const sql = searchSql(connection, table, key, match);
  if (sql === null) return arrived.map(() => []);
  const found = sets.map((): Lookalike[] => []);
  const lists = match.map(({ kind }, at) => listOf(sets, at, kind));
  for (const row of connection.rowStatement(sql).iterate(...lists)) {
    const [marked, ...fields] = row as unknown as readonly Stored[];
    const values = [...key, ...match].map(({ kind }, at) => fromStored(fields[at], kind));
    const alike = found[placeOf(values.slice(key.length)) ?? -1];
    if (alike && alike.length <= mostLookalikes)
      alike.push({ key: keyOf(values.slice(0, key.length)), isMarked: marked === 1n });
  }
  return setOf.map((n) => (n === null ? [] : (found[n] ?? [])));
}

function columnsOf({ mapped }: ResourceTable, names: readonly string[]): Column[] {
  return names.flatMap((name) => mapped.find((column) => column.name === name) ?? []);
}

/** Null while the table lacks a column: nothing can be found in it then. */
function searchSql(
  connection: Connection,
  { table, onDelete }: ResourceTable,
  key: readonly Column[],
  match: readonly Column[],
): string | null {
  const present = new Set(readTable(connection, table)?.columns.map(({ name }) => folded(name)));
  if (![...key, ...match].every(({ name }) => present.has(folded(name)))) return null;
  const mark = onDelete === 'soft' && present.has(softColumn) ? `${quoted(softColumn)} IS NOT NULL` : '0';
  const shown = [...key, ...match].map(({ name }) => quoted(name)).join(', ');
  const same = match.map(({ name }) => `${quoted(name)} IN (SELECT value FROM json_each(?))`).join(' AND ');
  return `SELECT ${mark}, ${shown} FROM ${quoted(table)} WHERE ${same}`;
}

/** The values of one column as JSON. A value that no column can hold is left out, since no row has it. */
function listOf(sets: readonly (readonly Value[])[], at: number, kind: Column['kind']): string {
  const stored = sets.flatMap((values) => {
    try {
      return [toStored(values[at] ?? null, kind)];
    } catch (error) {
      if (error instanceof UnstorableError) return [];
      throw error;
    }
  });
  return canonicalJson(stored);
}

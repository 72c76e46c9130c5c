import { type Arrived, mostLookalikes } from '../../../identity.ts';
import { keyOf, type Value } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import type { Lookalike } from '../../sql/arrivals.ts';
import { matchedValues } from '../../sql/match.ts';
import { fromStored, UnstorableError } from '../../sql/stored-values.ts';
import { refusalOf } from '../connection/errors.ts';
import type { Row, Session } from '../connection/session.ts';
import type { Shape, ShapedColumn } from '../shape/shape.ts';
import { bound, textArray } from './literals.ts';
import { insideSavepoint } from './look-up.ts';

/** For each arrival the rows with the same match fields, live ones first. */
export async function lookalikesOf(
  session: Session,
  shape: Shape | null,
  table: ResourceTable,
  arrived: readonly Arrived[],
): Promise<readonly (readonly Lookalike[])[]> {
  const { sets, setOf } = matchedValues(table, arrived);
  const columns = (table.match ?? []).map((name) => shape?.column(name) ?? null);
  if (!shape || sets.length === 0 || !columns.every((column) => column !== null)) return arrived.map(() => []);
  const texts = sets.flatMap((values, n) => boundSet(values, columns, n) ?? []);
  const found = await search(session, shape, columns, texts);
  return setOf.map((n) => (n === null ? [] : (found.get(n) ?? [])));
}

/** A set of values as texts, and its place. */
interface BoundSet {
  readonly n: number;
  readonly texts: readonly (string | null)[];
}

/** Null: no row has values that no column can hold. */
function boundSet(values: readonly Value[], columns: readonly ShapedColumn[], n: number): BoundSet | null {
  try {
    return { n, texts: columns.map(({ kind }, at) => bound(values[at] ?? null, kind)) };
  } catch (error) {
    if (error instanceof UnstorableError) return null;
    throw error;
  }
}

/** A value that cannot be cast to a column's type is in no row. It is found by halves, so that the others are still looked for. */
async function search(
  session: Session,
  shape: Shape,
  columns: readonly ShapedColumn[],
  sets: readonly BoundSet[],
): Promise<Map<number, Lookalike[]>> {
  if (sets.length === 0) return new Map();
  try {
    return await insideSavepoint(session, () => searchAll(session, shape, columns, sets));
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
  }
  if (sets.length === 1) return new Map();
  const half = sets.length >> 1;
  const first = await search(session, shape, columns, sets.slice(0, half));
  return new Map([...first, ...(await search(session, shape, columns, sets.slice(half)))]);
}

async function searchAll(
  session: Session,
  shape: Shape,
  columns: readonly ShapedColumn[],
  sets: readonly BoundSet[],
): Promise<Map<number, Lookalike[]>> {
  const parameters = columns.map((_column, at) => textArray(sets.map(({ texts }) => texts[at] ?? null)));
  const { rows } = await session.query(searchSql(shape, columns), parameters);
  const found = new Map<number, Lookalike[]>();
  for (const row of rows) {
    const place = sets[Number(row.n) - 1]?.n;
    if (place === undefined) continue;
    const alike = found.get(place) ?? [];
    alike.push({ key: keyIn(row, shape), isMarked: row.is_marked === 't' });
    found.set(place, alike);
  }
  return found;
}

function keyIn(row: Row, { key }: Shape): string {
  return keyOf(key.map(({ kind }, n) => fromStored(row[`k${n}`] ?? null, kind)));
}

/**
 * One join, so that the table is read at most once. The index compares by the type's own equality. Text must also read the
 * same, as the column would write it: two texts that a citext or a collation takes for equal are different.
 */
function searchSql({ name, key, mark }: Shape, columns: readonly ShapedColumn[]): string {
  const given = columns.map((_column, at) => `m${at}`);
  const keys = key.map((column, n) => `t.${column.name}::text AS k${n}`).join(', ');
  const marked = mark ? `t.${mark} IS NOT NULL` : 'false';
  const same = columns.map(({ name: column, type, fullType, kind }, at) => {
    const exactly = ` AND t.${column}::text COLLATE "C" = (s.m${at}::${fullType})::text`;
    return `t.${column} = s.m${at}::${type}${kind === 'text' ? exactly : ''}`;
  });
  return `SELECT * FROM (
      SELECT s.n, ${keys}, ${marked} AS is_marked, row_number() OVER (PARTITION BY s.n ORDER BY ${marked}) AS nth
      FROM unnest(${given.map((_name, at) => `$${at + 1}::text[]`).join(', ')}) WITH ORDINALITY AS s (${given.join(', ')}, n)
      JOIN ${name} t ON ${same.join(' AND ')}) found
    WHERE nth <= ${mostLookalikes + 1} ORDER BY n, nth`;
}

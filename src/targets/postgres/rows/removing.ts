import type { Session } from '../connection/session.ts';
import { type Shape, whereAnyKey } from '../shape/shape.ts';
import { bound, textArray } from './literals.ts';
import { demandAll } from './writing.ts';

/**
 * Does what `onDelete` says with the rows of these keys. Rows that are gone are skipped. So are rows that a trigger keeps from
 * a delete, since it may have done something else with them.
 */
export async function removeRows(
  session: Session,
  shape: Shape,
  fields: readonly (readonly (string | null)[])[],
  at: Date,
): Promise<void> {
  const sets = removalSets(shape, at);
  if (sets !== 'delete' && sets.length === 0) return;
  const keys = shape.key.map((_column, n) => `k${n}`);
  const source = `unnest(${keys.map((_name, n) => `$${n + 1}::text[]`).join(', ')}) AS s (${keys.join(', ')})`;
  const where = whereAnyKey(shape, source);
  const head =
    sets === 'delete'
      ? `DELETE FROM ${shape.name} t USING ${source} WHERE ${where}`
      : `UPDATE ${shape.name} t SET ${sets.map(({ column, type }, n) => `${column} = $${keys.length + n + 1}::text::${type}`).join(', ')} FROM ${source} WHERE ${where}`;
  const unmarked = shape.mark ? ` AND t.${shape.mark} IS NULL` : '';
  const values = sets === 'delete' ? [] : sets.map(({ value }) => value);
  const keyed = keys.map((_name, n) => textArray(fields.map((row) => row[n] ?? null)));
  const { count } = await session.query(`${head}${unmarked}`, [...keyed, ...values]);
  if (sets === 'delete' || count === fields.length) return;
  const { rows: kept } = await session.query(
    `SELECT 1 FROM ${shape.name} t, ${source} WHERE ${where}${unmarked}`,
    keyed,
  );
  demandAll(count, shape.mark ? count + kept.length : kept.length);
}

interface Setting {
  readonly column: string;
  readonly type: string;
  readonly value: string | null;
}

function removalSets({ table, mark, column }: Shape, at: Date): 'delete' | readonly Setting[] {
  const { onDelete } = table;
  if (onDelete === 'hard') return 'delete';
  if (onDelete === 'keep') return [];
  if (onDelete === 'soft') {
    const type = column('deleted_at')?.type ?? 'text';
    return mark ? [{ column: mark, type, value: at.toISOString() }] : [];
  }
  return Object.entries(onDelete.set).flatMap(([name, value]): Setting | [] => {
    const shaped = column(name);
    return shaped ? { column: shaped.name, type: shaped.type, value: bound(value, shaped.kind) } : [];
  });
}

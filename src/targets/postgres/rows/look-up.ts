import type { Found } from '../../../batch.ts';
import type { Value, Values } from '../../../record.ts';
import { noFound } from '../../sql/nothing-yet.ts';
import { fromStored, UnstorableError } from '../../sql/stored-values.ts';
import { refusalOf } from '../connection/errors.ts';
import type { Parameter, Row, Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { bound, textArray } from './literals.ts';
import { type Shape, type ShapedColumn, whereKey } from './shape.ts';
import type { Wanted } from './wanted.ts';

export interface FoundRow extends Found {
  /** The system holds the row locked. */
  readonly isBusy: boolean;
}

/** How rows are locked on the way; '' for not at all. Rows that somebody else has locked are skipped. A delete needs the stronger lock. */
export type RowLock = '' | 'FOR NO KEY UPDATE' | 'FOR UPDATE';

export interface LookUp {
  readonly place: Place;
  readonly shape: Shape | null;
  /** The number of the resource; null where nothing is known of it. */
  readonly of: number | null;
  readonly lock: RowLock;
  /** Whether the digests of the fields are read. The tables of release 0.1.0 have none. */
  readonly readsFields?: boolean;
}

export const noFoundRow: FoundRow = { ...noFound, isBusy: false };

/**
 * Our entry and the system's row of each record. If the type of a column does not accept a key or a value, the others are still
 * found: the records are looked up by halves, and the one that cannot be cast without its values, then not at all.
 */
export async function lookUp(session: Session, how: LookUp, wanted: readonly Wanted[]): Promise<FoundRow[]> {
  if (wanted.length === 0) return [];
  try {
    return await insideSavepoint(session, () => lookUpAll(session, how, wanted));
  } catch (error) {
    if (refusalOf(error) === undefined) throw error;
  }
  const [only] = wanted;
  if (wanted.length > 1) {
    const half = wanted.length >> 1;
    const first = await lookUp(session, how, wanted.slice(0, half));
    return [...first, ...(await lookUp(session, how, wanted.slice(half)))];
  }
  if (only?.values) return lookUp(session, how, [{ ...only, values: null }]);
  return only?.fields ? lookUp(session, how, [{ ...only, fields: null }]) : [noFoundRow];
}

/** Keeps the transaction usable if the database refuses a part of the work. */
export async function insideSavepoint<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.query('SAVEPOINT sync_look_up');
  try {
    const done = await work();
    await session.query('RELEASE SAVEPOINT sync_look_up');
    return done;
  } catch (error) {
    if (refusalOf(error) !== undefined)
      await session.query('ROLLBACK TO SAVEPOINT sync_look_up; RELEASE SAVEPOINT sync_look_up');
    throw error;
  }
}

async function lookUpAll(session: Session, how: LookUp, wanted: readonly Wanted[]): Promise<FoundRow[]> {
  const { shape } = how;
  const foreign = shape ? comparedByDatabase(shape, wanted) : [];
  const parameters: Parameter[] = [how.of, textArray(wanted.map(({ key }) => key))];
  for (const n of shape?.key.keys() ?? []) parameters.push(textArray(wanted.map(({ fields }) => fields?.[n] ?? null)));
  for (const { at, kind } of foreign) {
    parameters.push(textArray(wanted.map(({ values }) => attempt(() => bound(values?.[at] ?? null, kind)))));
  }
  const { rows } = await session.query(lookUpSql(how, foreign), parameters);
  return rows.map((row, n) => foundRow(row, shape, wanted[n]?.values ?? null));
}

type Foreign = ShapedColumn & { readonly at: number };

function comparedByDatabase({ mapped }: Shape, wanted: readonly Wanted[]): Foreign[] {
  if (wanted.some(({ values }) => values === null)) return [];
  return mapped.flatMap((column, at) => (column?.isForeign ? { ...column, at } : []));
}

function attempt(convert: () => string | null): string | null {
  try {
    return convert();
  } catch (error) {
    if (error instanceof UnstorableError) return null;
    throw error;
  }
}

/**
 * An index look-up for each record: the LIMITs and the lock keep the planner from joining with the whole table. `w` is what a
 * column of another type than ours would make of our value. If the column holds just that, nothing differs.
 */
function lookUpSql({ place, shape, of, lock, readsFields = false }: LookUp, foreign: readonly Foreign[]): string {
  const keys = shape?.key.map((_column, n) => `k${n}`) ?? [];
  const given = ['key', ...keys, ...foreign.map(({ at }) => `v${at}`)];
  const sources = given.map((_name, n) => `$${n + 2}::text[]`).join(', ');
  const entries =
    of === null
      ? '(SELECT $1::integer AS id, NULL AS hash, NULL AS is_deleted, NULL AS known)'
      : `(SELECT id, hash, deleted AS is_deleted, ${readsFields ? 'fields' : 'NULL'} AS known FROM ${place.table('_sync_records')}
         WHERE of_table = $1::integer AND key = s.key LIMIT 1)`;
  const from = `FROM unnest(${sources}) WITH ORDINALITY AS s (${given.join(', ')}, n) LEFT JOIN LATERAL ${entries} e ON true`;
  if (!shape) return `SELECT e.* ${from} ORDER BY s.n`;
  const held = `(SELECT true FROM ${shape.name} h WHERE ${whereKey(shape, 'h')} LIMIT 1)`;
  const busy = lock ? `CASE WHEN r.found IS NULL THEN ${held} END` : 'NULL';
  const would = foreign.map(({ at, fullType }) => `, (s.v${at}::${fullType})::text AS w${at}`).join('');
  return `SELECT e.*, r.*, ${busy} AS is_busy${would} ${from}
    LEFT JOIN LATERAL (${rowSql(shape)} ${lock ? `${lock} SKIP LOCKED` : 'LIMIT 1'}) r ON true ORDER BY s.n`;
}

function rowSql(shape: Shape): string {
  const columns = shape.mapped.map((column, at) => `${column ? `t.${column.name}::text` : 'NULL'} AS c${at}`);
  const mark = shape.mark ? `t.${shape.mark} IS NOT NULL` : 'false';
  return `SELECT true AS found, ${mark} AS is_marked, ${columns.join(', ')} FROM ${shape.name} t WHERE ${whereKey(shape, 't')}`;
}

function foundRow(found: Row, shape: Shape | null, values: Values | null): FoundRow {
  const entry =
    found.id === null || found.id === undefined
      ? null
      : {
          ...{ id: Number(found.id), hash: String(found.hash), deleted: found.is_deleted === 't' },
          fields: found.known ?? null,
        };
  if (!shape || found.found !== 't') return { ...noFoundRow, entry, isBusy: found.is_busy === 't' };
  const row = shape.table.mapped.map(({ kind }, at): Value => {
    const held = found[`c${at}`] ?? null;
    const isSame = values !== null && held !== null && held === found[`w${at}`];
    return isSame ? (values[at] ?? null) : fromStored(held, kind);
  });
  return { entry, row, isRowDeleted: found.is_marked === 't', isBusy: false };
}

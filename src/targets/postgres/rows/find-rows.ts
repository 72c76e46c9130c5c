import type { Value, Values } from '../../../record.ts';
import { fromStored, UnstorableError } from '../../sql/stored-values.ts';
import type { Parameter, Row, Session } from '../connection/session.ts';
import { bound, textArray } from './literals.ts';
import { type Shape, type ShapedColumn, whereKey } from './shape.ts';
import type { Wanted } from './wanted.ts';

/** How rows are locked on the way; '' for not at all. Rows that somebody else has locked are skipped. A delete needs the stronger lock. */
export type RowLock = '' | 'FOR NO KEY UPDATE' | 'FOR UPDATE';

/** A row of the system, or that the system holds it locked. */
export type HeldRow = 'busy' | { readonly values: Values; readonly isMarked: boolean };

/** The system's row of each record, in their order. Throws the database's error where a column does not accept a key or a value. */
export async function findRows(
  session: Session,
  shape: Shape,
  lock: RowLock,
  wanted: readonly Wanted[],
): Promise<(HeldRow | undefined)[]> {
  const foreign = comparedByDatabase(shape, wanted);
  const given = foreign.map(({ at, kind }) =>
    textArray(wanted.map(({ values }) => attempt(() => bound(values?.[at] ?? null, kind)))),
  );
  const how = { shape, lock, foreign, given };
  const rows = shape.plainKey
    ? await byPlainKey(session, how, shape.plainKey, wanted)
    : await oneByOne(session, how, wanted);
  return wanted.map(({ values }, n) => heldRow(rows[n], shape, values));
}

type Foreign = ShapedColumn & { readonly at: number };

interface How {
  readonly shape: Shape;
  readonly lock: RowLock;
  /** The columns of which the database says what they would make of our values, and these. */
  readonly foreign: readonly Foreign[];
  readonly given: readonly string[];
}

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

type Answers = readonly (Row | undefined)[];

/** All in one scan of the index. What it does not give may be there and locked: only then it is asked for again. */
async function byPlainKey(
  session: Session,
  { shape, lock, foreign, given }: How,
  { name, type }: ShapedColumn,
  wanted: readonly Wanted[],
): Promise<Answers> {
  const keys = wanted.map(({ fields }) => fields?.[0] ?? null);
  const anyKey = `t.${name} = ANY (ARRAY (SELECT unnest($1::text[])::${type}))`;
  const [values, sources] = [foreign.map(({ at }) => `v${at}`), foreign.map((_column, n) => `, $${n + 2}::text[]`)];
  const joined = `unnest($1::text[]${sources.join('')}) AS s (k0, ${values.join(', ')}) JOIN ${shape.name} t ON ${whereKey(shape, 't')} AND ${anyKey}`;
  const from = foreign.length > 0 ? joined : `${shape.name} t WHERE ${anyKey}`;
  const { rows } = await session.query(
    `SELECT t.${name}::text AS k, ${columnsOf(shape)}${wouldBe(foreign)} FROM ${from}${lock && ` ${lock} OF t SKIP LOCKED`}`,
    [textArray(keys), ...given],
  );
  const found = new Map<string | null, Row>(rows.map((row) => [row.k ?? '', row]));
  if (lock)
    for (const key of await heldKeys(keys.filter((each) => each !== null && !found.has(each)))) found.set(key, busyRow);
  return keys.map((key) => found.get(key));

  async function heldKeys(missing: readonly (string | null)[]): Promise<string[]> {
    if (missing.length === 0) return [];
    const held = await session.query(`SELECT t.${name}::text AS k FROM ${shape.name} t WHERE ${anyKey}`, [
      textArray(missing),
    ]);
    return held.rows.map(({ k }) => String(k));
  }
}

const busyRow: Row = { is_busy: 't' };

/** An index look-up for each record: the LIMITs and the lock keep the planner from joining with the whole table. */
async function oneByOne(
  session: Session,
  { shape, lock, foreign, given }: How,
  wanted: readonly Wanted[],
): Promise<Answers> {
  const keys = shape.key.map((_column, n) => textArray(wanted.map(({ fields }) => fields?.[n] ?? null)));
  const parameters: Parameter[] = [...keys, ...given];
  const names = [...keys.map((_key, n) => `k${n}`), ...foreign.map(({ at }) => `v${at}`)];
  const sources = names.map((_name, n) => `$${n + 1}::text[]`).join(', ');
  const where = whereKey(shape, 't');
  const held = `(SELECT true FROM ${shape.name} t WHERE ${where} LIMIT 1)`;
  const row = `SELECT true AS found, ${columnsOf(shape)} FROM ${shape.name} t WHERE ${where}`;
  const { rows } = await session.query(
    `SELECT r.*, ${lock ? `CASE WHEN r.found IS NULL THEN ${held} END` : 'NULL'} AS is_busy${wouldBe(foreign)}
     FROM unnest(${sources}) WITH ORDINALITY AS s (${names.join(', ')}, n)
     LEFT JOIN LATERAL (${row} ${lock ? `${lock} SKIP LOCKED` : 'LIMIT 1'}) r ON true ORDER BY s.n`,
    parameters,
  );
  return rows.map((each) => (each.found === 't' || each.is_busy === 't' ? each : undefined));
}

function columnsOf({ mapped, mark }: Shape): string {
  const columns = mapped.map((column, at) => `${column ? `t.${column.name}::text` : 'NULL'} AS c${at}`);
  return [`${mark ? `t.${mark} IS NOT NULL` : 'false'} AS is_marked`, ...columns].join(', ');
}

/** `w` is what a column of another type than ours would make of our value. If the column holds just that, nothing differs. */
function wouldBe(foreign: readonly Foreign[]): string {
  return foreign.map(({ at, fullType }) => `, (s.v${at}::${fullType})::text AS w${at}`).join('');
}

function heldRow(found: Row | undefined, { table }: Shape, values: Values | null): HeldRow | undefined {
  if (!found) return undefined;
  if (found.is_busy === 't') return 'busy';
  const row = table.mapped.map(({ kind }, at): Value => {
    const held = found[`c${at}`] ?? null;
    const isSame = values !== null && held !== null && held === found[`w${at}`];
    return isSame ? (values[at] ?? null) : fromStored(held, kind);
  });
  return { values: row, isMarked: found.is_marked === 't' };
}

import type { ListedRow, Session } from '../connection/session.ts';
import { type Shape, type ShapedColumn, whereKey } from '../shape/shape.ts';
import { type HeldRow, type RowReading, rowReading } from './held-row.ts';
import { textArray } from './literals.ts';
import type { Wanted } from './wanted.ts';

/** How rows are locked on the way; '' for not at all. Rows that somebody else has locked are skipped. A delete needs the stronger lock. */
export type RowLock = '' | 'FOR NO KEY UPDATE' | 'FOR UPDATE';

/** The system's row of each record, in their order. Throws the database's error where a column does not accept a key or a value. */
export function findRows(
  session: Session,
  shape: Shape,
  lock: RowLock,
  wanted: readonly Wanted[],
): Promise<(HeldRow | undefined)[]> {
  const how = { shape, lock, reading: rowReading(shape, wanted) };
  const { plainKey } = shape;
  return plainKey ? byPlainKey(session, how, plainKey, wanted) : oneByOne(session, how, wanted);
}

interface How {
  readonly shape: Shape;
  readonly lock: RowLock;
  readonly reading: RowReading;
}

/** All in one scan of the index. What it does not give may be there and locked: only then it is asked for again. */
async function byPlainKey(
  session: Session,
  { shape, lock, reading }: How,
  key: ShapedColumn,
  wanted: readonly Wanted[],
): Promise<(HeldRow | undefined)[]> {
  const { columns, names, given, read } = reading;
  const sources = ['$1', ...given.map((_list, n) => `$${n + 2}`)].map((parameter) => `${parameter}::text[]`);
  const source = `unnest(${sources.join(', ')}) AS s (${['k0', ...names].join(', ')})`;
  const from =
    given.length > 0
      ? `${source} JOIN ${shape.name} t ON ${whereKey(shape, 't')} AND ${anyOf(key)}`
      : `${shape.name} t WHERE ${anyOf(key)}`;
  const keys = wanted.map(({ fields }) => fields?.[0] ?? null);
  const rows = await session.list(
    `SELECT t.${key.name}::text, ${columns} FROM ${from}${lock && ` ${lock} OF t SKIP LOCKED`}`,
    [textArray(keys), ...given],
  );
  const found = new Map<string | null, ListedRow>(rows.map((row) => [row[0] ?? '', row]));
  const missing = lock === '' ? [] : keys.filter((each) => each !== null && !found.has(each));
  const held = await whichAreThere(session, shape, key, missing);
  return wanted.map(({ values }, n): HeldRow | undefined => {
    const row = found.get(keys[n] ?? null);
    return row ? read(row, 1, values) : held.has(keys[n] ?? null) ? 'busy' : undefined;
  });
}

/** The condition that a row has one of the keys in `$1`. It hides from the planner how many these are (planner.ts). */
function anyOf({ name, type }: ShapedColumn): string {
  return `t.${name} = ANY (ARRAY (SELECT unnest($1::text[])::${type}))`;
}

async function whichAreThere(
  session: Session,
  shape: Shape,
  key: ShapedColumn,
  keys: readonly (string | null)[],
): Promise<ReadonlySet<string | null>> {
  if (keys.length === 0) return new Set();
  const there = `SELECT t.${key.name}::text FROM ${shape.name} t WHERE ${anyOf(key)}`;
  return new Set((await session.list(there, [textArray(keys)])).map(([text]) => text ?? ''));
}

/** An index look-up for each record: the LIMITs and the lock keep the planner from joining with the whole table. */
async function oneByOne(
  session: Session,
  { shape, lock, reading }: How,
  wanted: readonly Wanted[],
): Promise<(HeldRow | undefined)[]> {
  const { columns, names, given, read } = reading;
  const keys = shape.key.map((_column, n) => textArray(wanted.map(({ fields }) => fields?.[n] ?? null)));
  const lists = [...keys, ...given];
  const where = whereKey(shape, 't');
  const held = lock ? `(SELECT true FROM ${shape.name} t WHERE ${where} LIMIT 1)` : 'false';
  const rows = await session.list(
    `SELECT r.*, CASE WHEN r.found IS NULL THEN ${held} END
     FROM unnest(${lists.map((_list, n) => `$${n + 1}::text[]`).join(', ')}) WITH ORDINALITY AS s (${[...keys.map((_key, n) => `k${n}`), ...names].join(', ')}, n)
     LEFT JOIN LATERAL (SELECT true AS found, ${columns} FROM ${shape.name} t WHERE ${where} ${lock ? `${lock} SKIP LOCKED` : 'LIMIT 1'}) r ON true
     ORDER BY s.n`,
    lists,
  );
  return rows.map((row, n): HeldRow | undefined => {
    if (row[0] === 't') return read(row, 1, wanted[n]?.values ?? null);
    return row.at(-1) === 't' ? 'busy' : undefined;
  });
}

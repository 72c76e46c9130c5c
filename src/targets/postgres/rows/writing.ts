import type { Step } from '../../../batch.ts';
import { ByteWriter } from '../../../byte-writer.ts';
import type { Prepared } from '../../../record.ts';
import { changedKey, UnstorableError } from '../../sql/stored-values.ts';
import { Bisector, LeftOutError, type Outcome } from '../bisect.ts';
import type { Session } from '../connection/session.ts';
import { type Shape, type ShapedColumn, whereAnyKey, whereKey } from '../shape/shape.ts';
import { copyFrom } from './entering.ts';
import { bound, copyField, newline, tab, textArray } from './literals.ts';
import { keyFields } from './wanted.ts';

/** How long telling rows apart may hold the locks of what is already written. A wait for a lock may add to it. */
export const tellApartMs = 100;

/** Updates of up to this many different sets of columns get a statement each; the rest share one. */
const mostSets = 8;

/** How many bytes a row is expected to have. */
const usualBytes = 400;

/** A key must fit into an entry of our index and of the system's: a third of a page of 8 kB. */
export const mostKeyBytes = 2600;

export interface RowToWrite {
  /** Where its record stands in the batch. */
  readonly at: number;
  readonly record: Prepared;
  readonly change: 'insert' | 'overwrite' | readonly number[];
}

/** The rows that have to be written, and how. */
export function rowsToWrite(steps: readonly Step[], exists: (at: number) => boolean): RowToWrite[] {
  return steps.flatMap(({ record, change }, at): RowToWrite | [] => {
    if (typeof change === 'string' || change.type === 'deleted') return [];
    if (change.type === 'updated') return { at, record, change: change.changed };
    return { at, record, change: exists(at) ? 'overwrite' : 'insert' };
  });
}

/**
 * Writes rows: first updates, which may free what a new row needs, then new rows. A row that is refused because of another row
 * is tried once more when all the others are there.
 */
export async function writeRows(
  session: Session,
  shape: Shape,
  rows: readonly RowToWrite[],
  options: { readonly onRefusal?: ((error: unknown) => void) | undefined } = {},
): Promise<Outcome<RowToWrite>> {
  const bisector = new Bisector<RowToWrite>(session, { tellApartMs, onRefusal: options.onRefusal });
  const { refused } = bisector.outcome;
  const putAll = async (some: readonly RowToWrite[]): Promise<void> => {
    for (const { columns, rows: group, unmark } of updateGroups(shape, some)) {
      await bisector.put(group, (part) => update(session, shape, part, columns, unmark));
    }
    const inserted = some.filter(({ change }) => change === 'insert');
    await bisector.put(inserted, (part) => insert(session, shape, part));
  };
  await putAll(rows);
  const again = [...refused].flatMap(([row, { depends }]) => (depends ? row : []));
  if (again.length > 0 && refused.size < rows.length) {
    for (const row of again) refused.delete(row);
    await putAll(again);
  }
  return bisector.outcome;
}

interface UpdateGroup {
  /** Positions among the mapped columns. */
  readonly columns: readonly number[];
  readonly unmark: boolean;
  readonly rows: readonly RowToWrite[];
}

/** Rows that change the same columns are updated together: a column that does not differ is not touched. */
function updateGroups(shape: Shape, rows: readonly RowToWrite[]): UpdateGroup[] {
  const all = [...shape.mapped.keys()];
  const groups = new Map<string | number, UpdateGroup & { rows: RowToWrite[] }>();
  for (const row of rows) {
    if (row.change === 'insert') continue;
    const unmark = row.change === 'overwrite' && shape.mark !== null;
    const columns = row.change === 'overwrite' ? all : row.change;
    const set = setOf(columns, unmark);
    const group = groups.get(set);
    if (group) group.rows.push(row);
    else groups.set(set, { columns, unmark, rows: [row] });
  }
  const [overwriting, updating] = [
    [...groups.values()].filter(isWhole),
    [...groups.values()].filter((g) => !isWhole(g)),
  ];
  if (updating.length <= mostSets) return [...overwriting, ...updating];
  updating.sort((a, b) => b.rows.length - a.rows.length);
  const rest = updating.splice(mostSets - 1);
  const columns = [...new Set(rest.flatMap((group) => group.columns))].sort((a, b) => a - b);
  return [...overwriting, ...updating, { columns, unmark: false, rows: rest.flatMap((group) => group.rows) }];
}

/** What is the same for the same columns: for up to 30 of them their bits in a number, which takes a tenth of the time. */
function setOf(columns: readonly number[], unmark: boolean): string | number {
  let bits = unmark ? 1 : 0;
  for (const at of columns) {
    if (at >= 30) return `${unmark}${columns}`;
    bits |= 2 << at;
  }
  return bits;
}

function isWhole({ unmark }: UpdateGroup): boolean {
  return unmark;
}

async function insert(session: Session, shape: Shape, rows: readonly RowToWrite[]): Promise<void> {
  const columns = mappedColumns(shape);
  const into = `${shape.name} (${columns.map(({ name }) => name).join(', ')})`;
  const positions = [...columns.keys()];
  if (shape.canCopy && rows.length >= copyFrom) {
    demandAll(await session.copy(`COPY ${into} FROM STDIN`, copyLines(shape, rows)), rows.length);
    return demandKept(session, shape, rows);
  }
  const { count } = await session.query(
    `INSERT INTO ${into} SELECT ${columns.map(({ type }, n) => `s.c${n}::${type}`).join(', ')}
     FROM unnest(${columns.map((_column, n) => `$${n + 1}::text[]`).join(', ')}) AS s (${columns.map((_column, n) => `c${n}`).join(', ')})`,
    boundColumns(shape, rows, positions).map(textArray),
  );
  demandAll(count, rows.length);
  await demandKept(session, shape, rows);
}

/** Throws `LeftOutError` where a key of a new row is another one once the column has it. */
async function demandKept(session: Session, shape: Shape, written: readonly RowToWrite[]): Promise<void> {
  if (!shape.key.some(({ mayChangeText }) => mayChangeText)) return;
  const keys = shape.key.map((_column, n) => `k${n}`);
  const { rows } = await session.query(
    `SELECT count(*) AS kept FROM unnest(${keys.map((_name, n) => `$${n + 1}::text[]`).join(', ')}) AS s (${keys.join(', ')})
     WHERE EXISTS (SELECT FROM ${shape.name} t WHERE ${whereKey(shape, 't')})`,
    boundColumns(shape, written, shape.keyAt).map(textArray),
  );
  if (Number(rows[0]?.kept) !== written.length) throw new LeftOutError(changedKey);
}

async function update(
  session: Session,
  shape: Shape,
  rows: readonly RowToWrite[],
  positions: readonly number[],
  unmark: boolean,
): Promise<void> {
  const columns = mappedColumns(shape);
  const wanted = [...shape.keyAt, ...positions];
  const keys = shape.key.map((_column, n) => `k${n}`);
  const given = [...keys, ...positions.map((at) => `c${at}`)];
  const sets = positions.map((at) => `${columns[at]?.name} = s.c${at}::${columns[at]?.type}`);
  const unmarked = unmark && shape.mark ? [`${shape.mark} = NULL`] : [];
  const source = `unnest(${given.map((_name, n) => `$${n + 1}::text[]`).join(', ')}) AS s (${given.join(', ')})`;
  const { count } = await session.query(
    `UPDATE ${shape.name} t SET ${[...sets, ...unmarked].join(', ')} FROM ${source} WHERE ${whereAnyKey(shape, source)}`,
    boundColumns(shape, rows, wanted).map(textArray),
  );
  demandAll(count, rows.length);
}

function mappedColumns({ mapped }: Shape): ShapedColumn[] {
  return mapped.flatMap((column) => column ?? []);
}

/** The rows as COPY takes them. Throws `UnstorableError`, for which a record is refused. */
function copyLines(shape: Shape, rows: readonly RowToWrite[]): Buffer {
  const kinds = shape.table.mapped.map(({ kind }) => kind);
  const lines = new ByteWriter(rows.length * usualBytes);
  for (const { record } of rows) {
    const { values } = record;
    bindFields(shape, record, () => {
      for (let at = 0; at < kinds.length; at += 1) {
        if (at > 0) lines.byte(tab);
        lines.text(copyField(bound(values[at] ?? null, kinds[at] ?? 'text')));
      }
    });
    lines.byte(newline);
  }
  return lines.bytes;
}

/** The fields at these positions, column by column. Throws `UnstorableError`, for which a record is refused. */
function boundColumns(
  shape: Shape,
  rows: readonly RowToWrite[],
  positions: readonly number[],
): (readonly (string | null)[])[] {
  const columns = positions.map((at) => ({
    at,
    kind: shape.table.mapped[at]?.kind ?? 'text',
    fields: [] as (string | null)[],
  }));
  for (const { record } of rows) {
    bindFields(shape, record, () => {
      for (const { at, kind, fields } of columns) fields.push(bound(record.values[at] ?? null, kind));
    });
  }
  return columns.map(({ fields }) => fields);
}

/** Binds fields of a record whose key fits. A key that no column can hold is named as the reason. */
function bindFields(shape: Shape, { values, key }: Prepared, bind: () => void): void {
  const mayBeLong = key.length > mostKeyBytes / 3;
  if ((mayBeLong && Buffer.byteLength(key) > mostKeyBytes) || !key.isWellFormed()) throw noKey();
  try {
    bind();
  } catch (error) {
    const fields = shape.keyAt.map((at) => values[at] ?? null);
    throw keyFields(shape, fields) === null ? noKey() : error;
  }
}

function noKey(): UnstorableError {
  const why = `its key does not fit into an index: it is not a text of at most ${mostKeyBytes} bytes`;
  return new UnstorableError(why);
}

/** Throws `LeftOutError` where fewer rows were written than there should be. */
export function demandAll(count: number, wanted: number): void {
  if (count !== wanted) throw new LeftOutError('the database refuses it: a trigger of the system left the row out');
}

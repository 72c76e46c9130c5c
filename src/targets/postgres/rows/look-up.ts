import type { Found } from '../../../batch.ts';
import { noFound } from '../../sql/nothing-yet.ts';
import { refusalOf } from '../connection/errors.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import type { Shape } from '../shape/shape.ts';
import { entriesOf } from './entries.ts';
import { findRows, type RowLock } from './find-rows.ts';
import type { HeldRow } from './held-row.ts';
import { asUsual, byIndex } from './planner.ts';
import type { Wanted } from './wanted.ts';

export interface FoundRow extends Found {
  /** The system holds the row locked. */
  readonly isBusy: boolean;
}

export interface LookUp {
  readonly place: Place;
  readonly shape: Shape | null;
  /** The number of the resource; null where nothing is known of it, or where the entries are of no use. */
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
    return await insideSavepoint(session, () => lookUpAll(session, how, wanted), planned);
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

/** What is sent with the savepoint, and what ends that again. */
interface Settings {
  readonly set: string;
  readonly unset: string;
}

/** How a look-up is planned. Triggers of the system run under the usual settings. */
const planned: Settings = { set: `; ${byIndex}`, unset: `; ${asUsual}` };

/** Keeps the transaction usable if the database refuses a part of the work. */
export async function insideSavepoint<T>(
  session: Session,
  work: () => Promise<T>,
  { set, unset }: Settings = { set: '', unset: '' },
): Promise<T> {
  session.send(`SAVEPOINT sync_look_up${set}`);
  try {
    const done = await work();
    session.send(`RELEASE SAVEPOINT sync_look_up${unset}`);
    return done;
  } catch (error) {
    if (refusalOf(error) !== undefined)
      await session.query('ROLLBACK TO SAVEPOINT sync_look_up; RELEASE SAVEPOINT sync_look_up');
    throw error;
  }
}

async function lookUpAll(
  session: Session,
  { place, shape, of, lock, readsFields = false }: LookUp,
  wanted: readonly Wanted[],
): Promise<FoundRow[]> {
  const keys = wanted.map(({ key }) => key);
  const [entries, rows] = await Promise.all([
    of === null ? null : entriesOf(session, place, of, keys, { readsFields }),
    shape ? findRows(session, shape, lock, wanted) : [],
  ]);
  return wanted.map(({ key }, n) => foundRow(entries?.get(key) ?? null, rows[n]));
}

function foundRow(entry: Found['entry'], row: HeldRow | undefined): FoundRow {
  if (!row) return entry ? { entry, row: null, isRowDeleted: false, isBusy: false } : noFoundRow;
  if (row === 'busy') return { entry, row: null, isRowDeleted: false, isBusy: true };
  return { entry, row: row.values, isRowDeleted: row.isMarked, isBusy: false };
}

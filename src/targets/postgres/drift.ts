import { startOver } from '../../checkpoint.ts';
import { type KnownQuery, type KnownRow, noDrift, type StoredDrift } from '../../drift.ts';
import type { Session } from './connection/session.ts';
import { migrations } from './migrations.ts';
import { lookUp } from './rows/look-up.ts';
import { wantedKey } from './rows/wanted.ts';
import { type Place, schemaVersion } from './schema.ts';
import type { Shape } from './shape/shape.ts';
import { readPass, savePass } from './state/ledger.ts';

export interface KnownAt {
  readonly place: Place;
  /** Null while the table lacks its key. */
  readonly shape: Shape | null;
  /** The number of the resource. */
  readonly of: number;
  readonly version: number;
}

/** What is known of live records, and how their rows read now. */
export async function knownRows(session: Session, at: KnownAt, query: KnownQuery): Promise<KnownRow[]> {
  const { place, shape } = at;
  const entries = await entriesOf(session, at, query);
  const wanted = entries.map(({ key }) => wantedKey(key, shape));
  const found = await lookUp(session, { place, shape, of: null, lock: '' }, wanted);
  const mayBeRewritten = shape?.mayRewrite === true;
  return entries.map((entry, n) => {
    const { row, isRowDeleted } = found[n] ?? { row: null, isRowDeleted: false };
    return { ...entry, row, isMarked: isRowDeleted, mayBeRewritten };
  });
}

type Entry = Pick<KnownRow, 'id' | 'key' | 'hash' | 'fields'>;

/** Comparing the pair makes the planner walk along the index even where it believes that there are few entries. */
async function entriesOf(session: Session, { place, of, version }: KnownAt, query: KnownQuery): Promise<Entry[]> {
  const columns = `of_table, id, key, hash, ${version < 2 ? 'NULL AS fields' : 'fields'}`;
  const from = `SELECT ${columns} FROM ${place.table('_sync_records')}`;
  const { rows } =
    'ids' in query
      ? await session.query(
          `${from} WHERE of_table = $1 AND NOT deleted AND id = ANY (ARRAY (SELECT unnest($2::bigint[]))) ORDER BY id`,
          [of, `{${query.ids.join(',')}}`],
        )
      : await session.query(
          `SELECT * FROM (${from} WHERE (of_table, id) > ($1, $2) AND NOT deleted ORDER BY of_table, id LIMIT $3) e WHERE of_table = $1`,
          [of, query.after, query.limit],
        );
  return rows.map(({ id, key, hash, fields = null }) => ({
    id: Number(id),
    key: String(key),
    hash: String(hash),
    fields,
  }));
}

export async function readDrift(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  version: number,
): Promise<StoredDrift> {
  if (version < 2) return noDrift;
  const { rows } = await session.query(
    `SELECT checked_to, found FROM ${table('_sync_drift')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  const [row] = rows;
  return row ? { checkedTo: Number(row.checked_to), found: row.found ? JSON.parse(row.found) : null } : noDrift;
}

export async function storeDrift(
  session: Session,
  place: Place,
  name: string,
  resource: string,
  { checkedTo, found }: StoredDrift,
): Promise<void> {
  if ((await schemaVersion(session, place)) < 2) return;
  await session.query(
    `INSERT INTO ${place.table('_sync_drift')} (name, resource, checked_to, found) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name, resource) DO UPDATE SET checked_to = excluded.checked_to, found = excluded.found`,
    [name, resource, checkedTo, found && JSON.stringify(found)],
  );
}

/** Makes the next pass compare these rows with what the third party has. */
export async function forgetSome(
  session: Session,
  place: Place,
  { name, resource, of }: { readonly name: string; readonly resource: string; readonly of: number },
  ids: readonly number[],
): Promise<void> {
  await session.query(
    `UPDATE ${place.table('_sync_records')} SET hash = '' WHERE of_table = $1 AND id = ANY (ARRAY (SELECT unnest($2::bigint[])))`,
    [of, `{${ids.join(',')}}`],
  );
  await endPass(session, place, name, resource);
}

/** Ends the pass of a resource, so that the next one brings everything. */
export async function endPass(session: Session, place: Place, name: string, resource: string): Promise<void> {
  const pass = await readPass(session, place, name, resource, migrations.length);
  if (pass) savePass(session, place, name, resource, { checkpoint: startOver(pass.checkpoint) });
}

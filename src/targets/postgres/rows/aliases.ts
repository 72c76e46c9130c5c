import type { Alias, Aliases, KnownAs } from '../../../identity.ts';
import type { Session } from '../connection/session.ts';
import type { Place, Transact } from '../schema.ts';
import { storable, textArray } from './literals.ts';
import { mostKeyBytes } from './writing.ts';

/** Asked first, since `IF NOT EXISTS` needs the right to make a table even where none is missing. */
export async function hasAliases(session: Session, place: Place): Promise<boolean> {
  return (await aliasesTable(session, place)) !== null;
}

async function aliasesTable(session: Session, { schema }: Place): Promise<{ readonly isReadable: boolean } | null> {
  const { rows } = await session.query(
    `SELECT has_table_privilege(c.oid, 'SELECT') AS is_readable
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = '_sync_aliases'`,
    [schema],
  );
  return rows[0] ? { isReadable: rows[0].is_readable === 't' } : null;
}

/** Made for the first resource with `match`: without one there is nothing to store here. */
export async function ensureAliases(transact: Transact, place: Place): Promise<void> {
  const { table } = place;
  if (await transact((session) => hasAliases(session, place))) return;
  await transact(async (session) => {
    await session.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [table('_sync_aliases')]);
    if (await hasAliases(session, place)) return;
    await session.query(`CREATE TABLE ${table('_sync_aliases')} (
      of_table integer NOT NULL, adapter text COLLATE "C" NOT NULL, native text COLLATE "C" NOT NULL, key text COLLATE "C" NOT NULL,
      is_maker boolean NOT NULL, PRIMARY KEY (native, of_table, adapter));
      CREATE INDEX _sync_aliases_key ON ${table('_sync_aliases')} (key, of_table)`);
  });
}

/** A native key that does not fit into an index is not stored: its record is refused when it is written, or matched again. */
export async function storeAliases(
  session: Session,
  { table }: Place,
  of: number,
  { adapter, known }: Aliases,
): Promise<void> {
  const fits = (text: string) => Buffer.byteLength(text) <= mostKeyBytes;
  const kept = known.filter(([native, key]) => fits(native) && fits(key));
  if (kept.length === 0) return;
  await session.query(
    `INSERT INTO ${table('_sync_aliases')} (of_table, adapter, native, key, is_maker)
     SELECT $1::integer, $2, e.native, e.key, e.is_maker FROM unnest($3::text[], $4::text[], $5::boolean[]) AS e (native, key, is_maker)
     ON CONFLICT (native, of_table, adapter) DO UPDATE SET key = excluded.key, is_maker = excluded.is_maker`,
    [
      ...[of, adapter, textArray(kept.map(([native]) => native)), textArray(kept.map(([, key]) => key))],
      `{${kept.map(([, , isMaker = false]) => isMaker).join(',')}}`,
    ],
  );
}

/**
 * Forgets the aliases of keys that were refused and that no record has. Such a key could later become another record's by its
 * own id, and one alias would stand for two records.
 */
export async function forgetGroundless(
  session: Session,
  { table }: Place,
  of: number,
  refused: readonly string[],
): Promise<void> {
  if (refused.length === 0) return;
  await session.query(
    `DELETE FROM ${table('_sync_aliases')} a WHERE a.of_table = $1 AND a.key = ANY ($2::text[])
     AND NOT EXISTS (SELECT FROM ${table('_sync_records')} r WHERE r.of_table = $1 AND r.key = a.key)`,
    [of, textArray(refused.map(storable))],
  );
}

/** A role that may not read the aliases has none: they belong to another sync. */
export async function foreignAlias(
  session: Session,
  { place, of, adapter }: { readonly place: Place; readonly of: number; readonly adapter: string },
): Promise<Alias | null> {
  if (!(await aliasesTable(session, place))?.isReadable) return null;
  const { rows } = await session.query(
    `SELECT native, key FROM ${place.table('_sync_aliases')} WHERE of_table = $1 AND adapter = $2 AND native <> key LIMIT 1`,
    [of, adapter],
  );
  const [row] = rows;
  return row ? [String(row.native), String(row.key)] : null;
}

/** The same role has none here either. */
export async function namesOf(session: Session, place: Place, of: number, key: string): Promise<KnownAs[]> {
  if (!(await aliasesTable(session, place))?.isReadable) return [];
  const { rows } = await session.query(
    `SELECT adapter, native, is_maker FROM ${place.table('_sync_aliases')} WHERE of_table = $1 AND key = $2
     ORDER BY adapter, native LIMIT 100`,
    [of, storable(key)],
  );
  return rows.map(({ adapter, native, is_maker }) => {
    return { adapter: String(adapter), native: String(native), isMaker: is_maker === 't' };
  });
}

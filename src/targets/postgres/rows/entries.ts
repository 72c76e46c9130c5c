import type { Comparison } from '../../../batch.ts';
import type { LiveIds } from '../../../target.ts';
import type { Entries } from '../../sql/entry-book.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { copyLine, textArray } from './literals.ts';

/** From this many rows on, COPY is faster than a statement with arrays. */
export const copyFrom = 200;

/**
 * One query for all entries, an index look-up each: the LIMIT keeps the planner from reading the whole table instead. Ids
 * and positions come back as one text each, so that an unchanged page costs next to nothing.
 */
export async function compareEntries(
  session: Session,
  { table }: Place,
  of: number,
  entries: readonly (readonly [string, string])[],
): Promise<Comparison> {
  const { rows } = await session.query(
    `SELECT string_agg(r.id::text, ',') AS same, string_agg((e.n - 1)::text, ',' ORDER BY e.n) FILTER (WHERE r.id IS NULL) AS others
     FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS e (key, hash, n)
     LEFT JOIN LATERAL (SELECT id FROM ${table('_sync_records')}
       WHERE of_table = $1 AND key = e.key AND hash = e.hash AND NOT deleted LIMIT 1) r ON true`,
    [of, textArray(entries.map(([key]) => key)), textArray(entries.map(([, hash]) => hash))],
  );
  return { unchanged: numbers(rows[0]?.same), different: numbers(rows[0]?.others) };
}

function numbers(text: string | null | undefined): number[] {
  return text ? text.split(',').map(Number) : [];
}

export async function liveIds(
  session: Session,
  { table }: Place,
  of: number,
  keys: readonly string[],
): Promise<number[]> {
  const { rows } = await session.query(
    `SELECT string_agg(r.id::text, ',' ORDER BY e.n) AS ids
     FROM unnest($2::text[]) WITH ORDINALITY AS e (key, n)
     JOIN LATERAL (SELECT id FROM ${table('_sync_records')} WHERE of_table = $1 AND key = e.key AND NOT deleted LIMIT 1) r ON true`,
    [of, textArray(keys)],
  );
  return numbers(rows[0]?.ids);
}

/** Compared as a pair, they are walked along the index even where the planner believes that there are few. */
export async function liveEntries(
  session: Session,
  { table }: Place,
  of: number,
  after: number,
  limit: number,
): Promise<LiveIds> {
  const { rows } = await session.query(
    `SELECT string_agg(id::text, ',' ORDER BY id) AS ids, string_agg(missed::text, ',' ORDER BY id) AS missed
     FROM (SELECT of_table, id, missed FROM ${table('_sync_records')}
       WHERE (of_table, id) > ($1, $2) AND NOT deleted ORDER BY of_table, id LIMIT $3) live WHERE of_table = $1`,
    [of, after, limit],
  );
  return { ids: numbers(rows[0]?.ids), missed: numbers(rows[0]?.missed) };
}

export interface KeyOfId {
  readonly id: number;
  readonly key: string;
}

/** The keys of records, in the order of their ids as given; of live ones only, or of all. */
export async function keysOf(
  session: Session,
  { table }: Place,
  of: number,
  ids: readonly number[],
  { live }: { readonly live: boolean },
): Promise<KeyOfId[]> {
  const { rows } = await session.query(
    `SELECT r.id, r.key FROM unnest($2::bigint[]) WITH ORDINALITY AS e (id, n)
     JOIN LATERAL (SELECT id, key FROM ${table('_sync_records')}
       WHERE of_table = $1 AND id = e.id ${live ? 'AND NOT deleted' : ''} LIMIT 1) r ON true ORDER BY e.n`,
    [of, `{${ids.join(',')}}`],
  );
  return rows.map(({ id, key }) => ({ id: Number(id), key: String(key) }));
}

/** Writes what a batch's book says. Throws the database's error where an entry is there already. */
export async function writeEntries(
  session: Session,
  place: Place,
  of: number,
  { first, entering, renewing }: Entries,
): Promise<void> {
  await insertEntries(session, place, of, first, entering);
  await renewEntries(session, place, of, renewing);
}

async function insertEntries(
  session: Session,
  { table }: Place,
  of: number,
  first: number,
  entries: Entries['entering'],
): Promise<void> {
  if (entries.length === 0) return;
  const into = `${table('_sync_records')} (of_table, id, key, hash)`;
  if (entries.length >= copyFrom) {
    const lines = entries.map(([key, hash], n) => copyLine([String(of), String(first + n), key, hash]));
    await session.copy(`COPY ${into} FROM STDIN`, lines.join(''));
    return;
  }
  await session.query(
    `INSERT INTO ${into} SELECT $1::integer, $2::bigint + e.n - 1, e.key, e.hash FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS e (key, hash, n)`,
    [of, first, textArray(entries.map(([key]) => key)), textArray(entries.map(([, hash]) => hash))],
  );
}

async function renewEntries(
  session: Session,
  { table }: Place,
  of: number,
  entries: Entries['renewing'],
): Promise<void> {
  if (entries.length === 0) return;
  await session.query(
    `UPDATE ${table('_sync_records')} r SET hash = e.hash, missed = 0, deleted = false
     FROM unnest($2::bigint[], $3::text[]) AS e (id, hash) WHERE r.of_table = $1 AND r.id = e.id AND ${byIndex('r.id')}`,
    [of, `{${entries.map(([id]) => id).join(',')}}`, textArray(entries.map(([, hash]) => hash))],
  );
}

/**
 * The planner does not see how many ids these are, and so asks the index for them: where it sees that they are many, it
 * would rather read the whole table, in every batch.
 */
function byIndex(id: string): string {
  return `${id} = ANY (ARRAY (SELECT unnest($2::bigint[])))`;
}

export async function markDeleted(session: Session, place: Place, of: number, ids: readonly number[]): Promise<void> {
  await change(session, place, of, ids, 'deleted = true');
}

/** Counts in how many consecutive complete passes a record was missing. */
export async function countMissing(
  session: Session,
  place: Place,
  of: number,
  { missing, found }: { readonly missing: readonly number[]; readonly found: readonly number[] },
): Promise<void> {
  await change(session, place, of, missing, 'missed = missed + 1');
  await change(session, place, of, found, 'missed = 0');
}

async function change(
  session: Session,
  { table }: Place,
  of: number,
  ids: readonly number[],
  sets: string,
): Promise<void> {
  if (ids.length === 0) return;
  await session.query(`UPDATE ${table('_sync_records')} SET ${sets} WHERE of_table = $1 AND id = ANY ($2::bigint[])`, [
    of,
    `{${ids.join(',')}}`,
  ]);
}

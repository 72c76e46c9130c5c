import type { Comparison } from '../../../batch.ts';
import type { LiveIds } from '../../../target.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { textArray } from './literals.ts';

/**
 * One query for all entries, with an index look-up each: the LIMIT keeps the planner from reading the whole table. Ids and
 * positions come back as one text each, so that an unchanged page costs next to nothing.
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

/** Comparing the pair makes the planner walk along the index even where it believes that there are few entries. */
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

/** The keys of records, in the order of `ids`; of live records only, or of all. */
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

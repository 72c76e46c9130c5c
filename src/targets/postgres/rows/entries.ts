import type { Comparison, Found } from '../../../batch.ts';
import type { LiveIds } from '../../../target.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { textArray } from './literals.ts';
import { byIndex } from './planner.ts';

/** The condition that an entry has one of the keys in a parameter. It hides from the planner how many these are (planner.ts). */
function anyKey(parameter: string): string {
  return `key = ANY (ARRAY (SELECT unnest(${parameter}::text[])))`;
}

/**
 * One query for all entries, with one scan of the index. Ids and positions come back as one text each, so that an unchanged page
 * costs next to nothing.
 */
export async function compareEntries(
  session: Session,
  { table }: Place,
  of: number,
  entries: readonly (readonly [string, string])[],
): Promise<Comparison> {
  session.send(byIndex);
  const { rows } = await session.query(
    `SELECT string_agg(r.id::text, ',' ORDER BY e.n) AS same, string_agg((e.n - 1)::text, ',') FILTER (WHERE r.id IS NULL) AS others
     FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS e (key, hash, n) LEFT JOIN (
       SELECT id, key, hash FROM ${table('_sync_records')} WHERE of_table = $1 AND ${anyKey('$2')} AND NOT deleted
     ) r ON r.key = e.key AND r.hash = e.hash`,
    [of, textArray(entries.map(([key]) => key)), textArray(entries.map(([, hash]) => hash))],
  );
  const different = numbers(rows[0]?.others).sort((a, b) => a - b);
  return { unchanged: numbers(rows[0]?.same), different };
}

/** The entries of these keys. Called where `byIndex` is set. */
export async function entriesOf(
  session: Session,
  { table }: Place,
  of: number,
  keys: readonly string[],
  { readsFields }: { readonly readsFields: boolean },
): Promise<ReadonlyMap<string, Found['entry']>> {
  const rows = await session.list(
    `SELECT key, id, hash, deleted, ${readsFields ? 'fields' : 'NULL'} FROM ${table('_sync_records')}
     WHERE of_table = $1 AND ${anyKey('$2')}`,
    [of, textArray(keys)],
  );
  return new Map(
    rows.map(([key, id, hash, deleted, fields = null]) => [
      key ?? '',
      { id: Number(id), hash: hash ?? '', deleted: deleted === 't', fields },
    ]),
  );
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
  const rows = await session.list(
    `SELECT id, key FROM ${table('_sync_records')}
     WHERE of_table = $1 AND id = ANY (ARRAY (SELECT unnest($2::bigint[]))) ${live ? 'AND NOT deleted' : ''}`,
    [of, `{${ids.join(',')}}`],
  );
  const keys = new Map(rows.map(([id, key]) => [Number(id), key ?? '']));
  return ids.flatMap((id) => {
    const key = keys.get(id);
    return key === undefined ? [] : { id, key };
  });
}

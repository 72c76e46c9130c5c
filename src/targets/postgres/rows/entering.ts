import { ByteWriter } from '../../../byte-writer.ts';
import type { Entries } from '../../sql/entry-book.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { copyField, newline, tab, textArray } from './literals.ts';

/** From this many rows on, COPY is faster than a statement with arrays. */
export const copyFrom = 200;

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
  const into = `${table('_sync_records')} (of_table, id, key, hash, fields)`;
  if (entries.length >= copyFrom) {
    const lines = new ByteWriter(entries.length * 96);
    const table = `${of}\t`;
    let id = first;
    for (const entry of entries) {
      lines.text(table);
      lines.text(String(id));
      for (const field of entry) {
        lines.byte(tab);
        lines.text(copyField(field));
      }
      lines.byte(newline);
      id += 1;
    }
    await session.copy(`COPY ${into} FROM STDIN`, lines.bytes);
    return;
  }
  await session.query(
    `INSERT INTO ${into} SELECT $1::integer, $2::bigint + e.n - 1, e.key, e.hash, e.fields
     FROM unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS e (key, hash, fields, n)`,
    [of, first, ...[0, 1, 2].map((at) => textArray(entries.map((entry) => entry[at] ?? null)))],
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
    `UPDATE ${table('_sync_records')} r SET hash = e.hash, fields = e.fields, missed = 0, deleted = false
     FROM unnest($2::bigint[], $3::text[], $4::text[]) AS e (id, hash, fields) WHERE r.of_table = $1 AND r.id = e.id AND ${byIndex('r.id')}`,
    [
      of,
      `{${entries.map(([id]) => id).join(',')}}`,
      textArray(entries.map(([, hash]) => hash)),
      textArray(entries.map(([, , fields]) => fields)),
    ],
  );
}

/**
 * Hides from the planner how many ids there are, so that it uses the index. If it saw that there are many, it would read the
 * whole table in every batch.
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

import type { HeldKind, StoredPermit } from '../../../permit.ts';
import type { OurRow } from '../our-rows.ts';
import type { Book, SharedStatement } from './book.ts';

export function selectPermits({ name, table }: Book, now: number): SharedStatement {
  const sql = `SELECT resource, what, pass, digest, count, who, at, until FROM ${table('_sync_permits')}
    WHERE name = $1 AND until > $2 ORDER BY resource, what`;
  return { sql, values: [name, now] };
}

export function permitOf(row: OurRow): StoredPermit {
  return {
    resource: String(row.resource),
    what: row.what === 'updates' ? 'updates' : 'deletes',
    pass: Number(row.pass),
    digest: String(row.digest),
    count: Number(row.count),
    who: String(row.who),
    at: new Date(Number(row.at)),
    until: new Date(Number(row.until)),
  };
}

export function storePermit({ name, table }: Book, permit: StoredPermit): SharedStatement {
  const sql = `INSERT INTO ${table('_sync_permits')} (name, resource, what, pass, digest, count, who, at, until)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (name, resource, what) DO UPDATE SET pass = excluded.pass,
      digest = excluded.digest, count = excluded.count, who = excluded.who, at = excluded.at, until = excluded.until`;
  const { resource, what, pass, digest, count, who, at, until } = permit;
  return { sql, values: [name, resource, what, pass, digest, count, who, at.getTime(), until.getTime()] };
}

export function dropPermit({ name, table }: Book, resource: string, what: HeldKind): SharedStatement {
  const sql = `DELETE FROM ${table('_sync_permits')} WHERE name = $1 AND resource = $2 AND what = $3`;
  return { sql, values: [name, resource, what] };
}

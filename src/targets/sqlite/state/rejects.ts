import type { Rejected } from '../../../record.ts';
import type { RejectReason, RejectRow } from '../../../target.ts';
import { rejectOf } from '../../sql/our-rows.ts';
import { reasonsOf } from '../../sql/reject-reasons.ts';
import { type RejectPlace, rejectsKept, storedReject } from '../../sql/stored-reject.ts';
import type { Connection } from '../connection/connection.ts';

export function readRejects(
  connection: Connection,
  name: string,
  resource: string | undefined,
  limit: number,
  version: number,
): RejectRow[] {
  const rows = connection
    .statement(
      `SELECT id, resource, key, reasons, raw, at, ${firstAt(version)} AS first FROM _sync_rejects
       WHERE name = ?1 AND (?2 IS NULL OR resource = ?2) ORDER BY at DESC, id DESC LIMIT ?3`,
    )
    .all(name, resource ?? null, limit);
  return rows.map((row) => rejectOf(row, { firstAt: new Date(String(row.first)), at: new Date(String(row.at)) }));
}

function firstAt(version: number): string {
  return version < 3 ? 'at' : 'coalesce(first_at, at)';
}

/** Counts the rejects of one resource. */
export function countRejects(connection: Connection, name: string, resource: string): number {
  const row = connection
    .statement('SELECT count(*) AS rejects FROM _sync_rejects WHERE name = ? AND resource = ?')
    .get(name, resource);
  return Number(row?.rejects ?? 0);
}

export function readRejectReasons(
  connection: Connection,
  name: string,
  resource: string,
  version: number,
): RejectReason[] {
  const rows = connection
    .statement(
      `SELECT reasons, count(*) AS rejects, min(${firstAt(version)}) AS first, max(at) AS last FROM _sync_rejects
       WHERE name = ? AND resource = ? GROUP BY reasons`,
    )
    .all(name, resource);
  return reasonsOf(
    rows.map(({ reasons, rejects, first, last }) => ({
      ...{ reasons: String(reasons), count: Number(rejects) },
      ...{ firstAt: new Date(String(first)), lastAt: new Date(String(last)) },
    })),
  );
}

export function storeRejects(
  connection: Connection,
  rejects: readonly Rejected[],
  { name, resource, pass, at }: RejectPlace,
): void {
  if (rejects.length === 0) return;
  const upsert = connection.statement(
    `INSERT INTO _sync_rejects (name, resource, digest, key, reasons, raw, pass, at, first_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET reasons = excluded.reasons, raw = excluded.raw, pass = excluded.pass, at = excluded.at,
       first_at = coalesce(first_at, at)`,
  );
  const now = at.toISOString();
  for (const { digest, key, reasons, raw } of rejects.map(storedReject)) {
    upsert.run(name, resource, digest, key, reasons, raw, pass, now, now);
  }
  connection
    .statement(
      `DELETE FROM _sync_rejects WHERE id IN (SELECT id FROM _sync_rejects WHERE name = ? AND resource = ?
         ORDER BY at DESC, id DESC LIMIT -1 OFFSET ${rejectsKept})`,
    )
    .run(name, resource);
}

export function dropRejects(connection: Connection, name: string, resource: string, beforePass: number): void {
  connection
    .statement('DELETE FROM _sync_rejects WHERE name = ? AND resource = ? AND pass < ?')
    .run(name, resource, beforePass);
}

import type { Rejected } from '../../../record.ts';
import type { RejectReason, RejectRow } from '../../../target.ts';
import { rejectOf } from '../../sql/our-rows.ts';
import { reasonsOf } from '../../sql/reject-reasons.ts';
import { type RejectPlace, rejectsKept, storedReject } from '../../sql/stored-reject.ts';
import type { Session } from '../connection/session.ts';
import { storable, textArray } from '../rows/literals.ts';
import type { Place } from '../schema.ts';

export async function readRejects(
  session: Session,
  { table }: Place,
  name: string,
  resource: string | undefined,
  limit: number,
  version: number,
): Promise<RejectRow[]> {
  const { rows } = await session.query(
    `SELECT id, resource, key, reasons, raw, ${ms('at')} AS at, ${ms(firstAt(version))} AS first
     FROM ${table('_sync_rejects')}
     WHERE name = $1 AND ($2::text IS NULL OR resource = $2) ORDER BY ${table('_sync_rejects')}.at DESC, id DESC LIMIT $3`,
    [name, resource ?? null, limit],
  );
  return rows.map((row) => rejectOf(row, { firstAt: new Date(Number(row.first)), at: new Date(Number(row.at)) }));
}

function firstAt(version: number): string {
  return version < 3 ? 'at' : 'coalesce(first_at, at)';
}

function ms(time: string): string {
  return `extract(epoch FROM ${time}) * 1000`;
}

/** Counts the rejects of one resource. */
export async function countRejects(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
): Promise<number> {
  const { rows } = await session.query(
    `SELECT count(*) AS rejects FROM ${table('_sync_rejects')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  return Number(rows[0]?.rejects ?? 0);
}

export async function readRejectReasons(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  version: number,
): Promise<RejectReason[]> {
  const { rows } = await session.query(
    `SELECT reasons, count(*) AS rejects, ${ms(`min(${firstAt(version)})`)} AS first, ${ms('max(at)')} AS last
     FROM ${table('_sync_rejects')} WHERE name = $1 AND resource = $2 GROUP BY reasons`,
    [name, resource],
  );
  return reasonsOf(
    rows.map(({ reasons, rejects, first, last }) => ({
      ...{ reasons: String(reasons), count: Number(rejects) },
      ...{ firstAt: new Date(Number(first)), lastAt: new Date(Number(last)) },
    })),
  );
}

export async function storeRejects(
  session: Session,
  { table }: Place,
  rejects: readonly Rejected[],
  { name, resource, pass, at }: RejectPlace,
): Promise<void> {
  if (rejects.length === 0) return;
  const stored = [...new Map(rejects.map(storedReject).map((reject) => [reject.digest, reject])).values()];
  const column = (pick: (reject: (typeof stored)[number]) => string | null) =>
    textArray(stored.map(pick).map((text) => (text === null ? null : storable(text))));
  await session.query(
    `INSERT INTO ${table('_sync_rejects')} AS r (name, resource, digest, key, reasons, raw, pass, at, first_at)
     SELECT $1, $2, s.digest, s.key, s.reasons, s.raw, $3::bigint, $4::timestamptz, $4::timestamptz
     FROM unnest($5::text[], $6::text[], $7::text[], $8::text[]) AS s (digest, key, reasons, raw)
     ON CONFLICT (name, resource, digest) DO UPDATE
       SET reasons = excluded.reasons, raw = excluded.raw, pass = excluded.pass, at = excluded.at,
         first_at = coalesce(r.first_at, r.at)`,
    [
      ...[name, resource, pass, at.toISOString()],
      ...[column(({ digest }) => digest), column(({ key }) => key)],
      ...[column(({ reasons }) => reasons), column(({ raw }) => raw)],
    ],
  );
  await session.query(
    `DELETE FROM ${table('_sync_rejects')} WHERE id IN (SELECT id FROM ${table('_sync_rejects')}
       WHERE name = $1 AND resource = $2 ORDER BY at DESC, id DESC OFFSET ${rejectsKept})`,
    [name, resource],
  );
}

/** Forgets older rejects with the next statement. */
export function dropRejects(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  beforePass: number,
): void {
  session.send(`DELETE FROM ${table('_sync_rejects')} WHERE name = $1 AND resource = $2 AND pass < $3`, [
    name,
    resource,
    beforePass,
  ]);
}

import type { Checkpoint } from '../../checkpoint.ts';
import type { Rejected } from '../../record.ts';
import type { GroupCursor, RejectRow, RunRow, StoredPass } from '../../target.ts';
import { rejectsKept, storedReject } from '../sql/rejects.ts';
import type { Session } from './connection/session.ts';
import { storable, textArray } from './rows/values.ts';
import type { Place } from './schema.ts';

/** How many runs of one sync are remembered. */
const runsKept = 1000;

export async function readPass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
): Promise<StoredPass | null> {
  const { rows } = await session.query(
    `SELECT checkpoint, encode(seen, 'base64') AS seen FROM ${table('_sync_passes')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  const [row] = rows;
  if (!row) return null;
  const seen = typeof row.seen === 'string' ? new Uint8Array(Buffer.from(row.seen, 'base64')) : null;
  return { checkpoint: JSON.parse(String(row.checkpoint)), seen };
}

export async function savePass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  { checkpoint, seen }: { readonly checkpoint: Checkpoint; readonly seen?: Uint8Array | null },
): Promise<void> {
  const setsSeen = seen !== undefined ? ', seen = excluded.seen' : '';
  await session.query(
    `INSERT INTO ${table('_sync_passes')} (name, resource, checkpoint, seen) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name, resource) DO UPDATE SET checkpoint = excluded.checkpoint${setsSeen}`,
    [name, resource, JSON.stringify(checkpoint), seen ? Buffer.from(seen) : null],
  );
}

export async function readGroups(session: Session, { table }: Place, name: string): Promise<GroupCursor[]> {
  const { rows } = await session.query(
    `SELECT group_name, generation, seq FROM ${table('_sync_groups')} WHERE name = $1 ORDER BY group_name`,
    [name],
  );
  return rows.map((row) => ({
    group: String(row.group_name),
    position: { generation: Number(row.generation), seq: Number(row.seq) },
  }));
}

/** A cursor that is stored further on stays. In the order of their names, so that two daemons do not lock each other out. */
export async function storeGroups(
  session: Session,
  { table }: Place,
  name: string,
  cursors: readonly GroupCursor[],
  drop: readonly string[],
): Promise<void> {
  const inOrder = cursors.toSorted((a, b) => (a.group < b.group ? -1 : 1));
  for (const { group, position } of inOrder) {
    await session.query(
      `INSERT INTO ${table('_sync_groups')} AS g (name, group_name, generation, seq) VALUES ($1, $2, $3, $4)
       ON CONFLICT (name, group_name) DO UPDATE SET generation = excluded.generation, seq = excluded.seq
         WHERE (excluded.generation, excluded.seq) > (g.generation, g.seq)`,
      [name, group, position.generation, position.seq],
    );
  }
  if (drop.length === 0) return;
  await session.query(`DELETE FROM ${table('_sync_groups')} WHERE name = $1 AND group_name = ANY ($2::text[])`, [
    name,
    textArray(drop),
  ]);
}

export async function readRuns(session: Session, { table }: Place, name: string, limit: number): Promise<RunRow[]> {
  const { rows } = await session.query(
    `SELECT row FROM ${table('_sync_runs')} WHERE name = $1 ORDER BY id DESC LIMIT $2`,
    [name, limit],
  );
  return rows.map(({ row }) => {
    const run = JSON.parse(String(row));
    return { ...run, startedAt: new Date(run.startedAt), endedAt: new Date(run.endedAt) };
  });
}

export async function storeRun(session: Session, { table }: Place, name: string, run: RunRow): Promise<void> {
  await session.query(
    `INSERT INTO ${table('_sync_runs')} (name, run, row) VALUES ($1, $2, $3)
     ON CONFLICT (name, run) DO UPDATE SET row = excluded.row`,
    [name, run.run, JSON.stringify(run)],
  );
  await session.query(
    `DELETE FROM ${table('_sync_runs')} WHERE name = $1 AND id <=
       (SELECT id FROM ${table('_sync_runs')} WHERE name = $1 ORDER BY id DESC LIMIT 1 OFFSET ${runsKept})`,
    [name],
  );
}

export async function readRejects(
  session: Session,
  { table }: Place,
  name: string,
  resource: string | undefined,
  limit: number,
): Promise<RejectRow[]> {
  const { rows } = await session.query(
    `SELECT id, resource, key, reasons, raw, extract(epoch FROM at) * 1000 AS at FROM ${table('_sync_rejects')}
     WHERE name = $1 AND ($2::text IS NULL OR resource = $2) ORDER BY ${table('_sync_rejects')}.at DESC, id DESC LIMIT $3`,
    [name, resource ?? null, limit],
  );
  return rows.map((row) => ({
    id: String(row.id),
    resource: String(row.resource),
    key: row.key ?? null,
    reasons: JSON.parse(String(row.reasons)),
    raw: String(row.raw),
    at: new Date(Number(row.at)),
  }));
}

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

/** Where a batch's rejects belong. */
export interface RejectPlace {
  readonly name: string;
  readonly resource: string;
  readonly pass: number;
  readonly at: Date;
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
    `INSERT INTO ${table('_sync_rejects')} (name, resource, digest, key, reasons, raw, pass, at)
     SELECT $1, $2, s.digest, s.key, s.reasons, s.raw, $3::bigint, $4::timestamptz
     FROM unnest($5::text[], $6::text[], $7::text[], $8::text[]) AS s (digest, key, reasons, raw)
     ON CONFLICT (name, resource, digest) DO UPDATE
       SET reasons = excluded.reasons, raw = excluded.raw, pass = excluded.pass, at = excluded.at`,
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

export async function dropRejects(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  beforePass: number,
): Promise<void> {
  await session.query(`DELETE FROM ${table('_sync_rejects')} WHERE name = $1 AND resource = $2 AND pass < $3`, [
    name,
    resource,
    beforePass,
  ]);
}

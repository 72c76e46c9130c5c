import type { Checkpoint } from '../../checkpoint.ts';
import { comparePositions } from '../../event.ts';
import type { Rejected } from '../../record.ts';
import type { GroupCursor, RejectRow, RunRow, StoredPass } from '../../target.ts';
import { rejectsKept, storedReject } from '../sql/rejects.ts';
import type { Connection } from './connection.ts';

/** How many runs of one sync are remembered. */
const runsKept = 1000;

export function readPass(connection: Connection, name: string, resource: string): StoredPass | null {
  const row = connection
    .statement('SELECT checkpoint, seen FROM _sync_passes WHERE name = ? AND resource = ?')
    .get(name, resource);
  if (!row) return null;
  return { checkpoint: JSON.parse(String(row.checkpoint)), seen: row.seen instanceof Uint8Array ? row.seen : null };
}

export function savePass(
  connection: Connection,
  name: string,
  resource: string,
  { checkpoint, seen }: { readonly checkpoint: Checkpoint; readonly seen?: Uint8Array | null },
): void {
  const setsSeen = seen !== undefined ? ', seen = excluded.seen' : '';
  connection
    .statement(
      `INSERT INTO _sync_passes (name, resource, checkpoint, seen) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint${setsSeen}`,
    )
    .run(name, resource, JSON.stringify(checkpoint), seen ?? null);
}

export function readGroups(connection: Connection, name: string): GroupCursor[] {
  const rows = connection
    .statement('SELECT group_name, generation, seq FROM _sync_groups WHERE name = ? ORDER BY group_name')
    .all(name);
  return rows.map((row) => ({
    group: String(row.group_name),
    position: { generation: Number(row.generation), seq: Number(row.seq) },
  }));
}

/** A cursor that is stored further on stays. */
export function storeGroups(
  connection: Connection,
  name: string,
  cursors: readonly GroupCursor[],
  drop: readonly string[],
): void {
  const stored = new Map(readGroups(connection, name).map(({ group, position }) => [group, position]));
  for (const { group, position } of cursors) {
    const known = stored.get(group);
    if (known && comparePositions(known, position) >= 0) continue;
    connection
      .statement('INSERT OR REPLACE INTO _sync_groups (name, group_name, generation, seq) VALUES (?, ?, ?, ?)')
      .run(name, group, position.generation, position.seq);
  }
  for (const group of drop)
    connection.statement('DELETE FROM _sync_groups WHERE name = ? AND group_name = ?').run(name, group);
}

export function readRuns(connection: Connection, name: string, limit: number): RunRow[] {
  const rows = connection
    .statement('SELECT row FROM _sync_runs WHERE name = ? ORDER BY id DESC LIMIT ?')
    .all(name, limit);
  return rows.map(({ row }) => {
    const run = JSON.parse(String(row));
    return { ...run, startedAt: new Date(run.startedAt), endedAt: new Date(run.endedAt) };
  });
}

export function storeRun(connection: Connection, name: string, run: RunRow): void {
  connection
    .statement('INSERT INTO _sync_runs (name, run, row) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row')
    .run(name, run.run, JSON.stringify(run));
  connection
    .statement(
      `DELETE FROM _sync_runs WHERE name = ?1 AND id <=
         (SELECT id FROM _sync_runs WHERE name = ?1 ORDER BY id DESC LIMIT 1 OFFSET ${runsKept})`,
    )
    .run(name);
}

export function readRejects(
  connection: Connection,
  name: string,
  resource: string | undefined,
  limit: number,
): RejectRow[] {
  const rows = connection
    .statement(
      `SELECT id, resource, key, reasons, raw, at FROM _sync_rejects
       WHERE name = ?1 AND (?2 IS NULL OR resource = ?2) ORDER BY at DESC, id DESC LIMIT ?3`,
    )
    .all(name, resource ?? null, limit);
  return rows.map((row) => ({
    id: String(row.id),
    resource: String(row.resource),
    key: row.key === null ? null : String(row.key),
    reasons: JSON.parse(String(row.reasons)),
    raw: String(row.raw),
    at: new Date(String(row.at)),
  }));
}

export function countRejects(connection: Connection, name: string, resource: string): number {
  const row = connection
    .statement('SELECT count(*) AS rejects FROM _sync_rejects WHERE name = ? AND resource = ?')
    .get(name, resource);
  return Number(row?.rejects ?? 0);
}

/** Where a batch's rejects belong. */
export interface RejectPlace {
  readonly name: string;
  readonly resource: string;
  readonly pass: number;
  readonly at: Date;
}

export function storeRejects(
  connection: Connection,
  rejects: readonly Rejected[],
  { name, resource, pass, at }: RejectPlace,
): void {
  if (rejects.length === 0) return;
  const upsert = connection.statement(
    `INSERT INTO _sync_rejects (name, resource, digest, key, reasons, raw, pass, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET reasons = excluded.reasons, raw = excluded.raw, pass = excluded.pass, at = excluded.at`,
  );
  for (const { digest, key, reasons, raw } of rejects.map(storedReject)) {
    upsert.run(name, resource, digest, key, reasons, raw, pass, at.toISOString());
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

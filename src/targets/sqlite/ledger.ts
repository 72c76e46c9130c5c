import type { CheckpointToStore } from '../../checkpoint.ts';
import { comparePositions } from '../../event.ts';
import type { GroupCursor, RunRow, StoredPass } from '../../target.ts';
import { groupCursorOf, runOf } from '../sql/our-rows.ts';
import type { Connection } from './connection/connection.ts';

/** How many runs of one sync are remembered. */
const runsKept = 1000;

export function readPass(connection: Connection, name: string, resource: string, version: number): StoredPass | null {
  const held = version < 2 ? 'NULL AS held' : 'held';
  const row = connection
    .statement(`SELECT checkpoint, seen, ${held} FROM _sync_passes WHERE name = ? AND resource = ?`)
    .get(name, resource);
  if (!row) return null;
  return { checkpoint: JSON.parse(String(row.checkpoint)), seen: bytesOf(row.seen), held: bytesOf(row.held) };
}

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

export function savePass(
  connection: Connection,
  name: string,
  resource: string,
  { checkpoint, seen, held }: CheckpointToStore,
): void {
  const sets = [seen !== undefined ? ', seen = excluded.seen' : '', held !== undefined ? ', held = excluded.held' : ''];
  connection
    .statement(
      `INSERT INTO _sync_passes (name, resource, checkpoint, seen, held) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint${sets.join('')}`,
    )
    .run(name, resource, JSON.stringify(checkpoint), seen ?? null, held ?? null);
}

export function readGroups(connection: Connection, name: string): GroupCursor[] {
  const rows = connection
    .statement('SELECT group_name, generation, seq FROM _sync_groups WHERE name = ? ORDER BY group_name')
    .all(name);
  return rows.map(groupCursorOf);
}

/** A cursor that is stored with a later position stays as it is. */
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
  return rows.map(runOf);
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

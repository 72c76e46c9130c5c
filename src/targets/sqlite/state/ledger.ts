import { type CheckpointToStore, passParts } from '../../../checkpoint.ts';
import { comparePositions } from '../../../event.ts';
import type { GroupCursor, StoredPass } from '../../../target.ts';
import { groupCursorOf, textOrNull } from '../../sql/our-rows.ts';
import type { Connection } from '../connection/connection.ts';

export function readPass(connection: Connection, name: string, resource: string, version: number): StoredPass | null {
  const held = version < 2 ? 'NULL AS held' : 'held';
  const paths = version < 3 ? 'NULL AS paths' : 'paths';
  const row = connection
    .statement(`SELECT checkpoint, seen, ${held}, ${paths} FROM _sync_passes WHERE name = ? AND resource = ?`)
    .get(name, resource);
  if (!row) return null;
  const checkpoint = JSON.parse(String(row.checkpoint));
  return { checkpoint, seen: bytesOf(row.seen), held: bytesOf(row.held), paths: textOrNull(row.paths) };
}

/** The chunks that are stored beside a checkpoint. */
export function readChunks(connection: Connection, name: string, resource: string, version: number): Uint8Array | null {
  if (version < 6) return null;
  const select = 'SELECT chunks FROM _sync_passes WHERE name = ? AND resource = ?';
  return bytesOf(connection.statement(select).get(name, resource)?.chunks);
}

function bytesOf(value: unknown): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

export function savePass(
  connection: Connection,
  name: string,
  resource: string,
  { checkpoint, ...rest }: CheckpointToStore,
): void {
  const { seen = null, held = null, paths = null, chunks = null } = rest;
  const sets = passParts.flatMap((part) => (rest[part] === undefined ? [] : `, ${part} = excluded.${part}`));
  connection
    .statement(
      `INSERT INTO _sync_passes (name, resource, checkpoint, seen, held, paths, chunks) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET checkpoint = excluded.checkpoint${sets.join('')}`,
    )
    .run(name, resource, JSON.stringify(checkpoint), seen, held, paths, chunks);
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

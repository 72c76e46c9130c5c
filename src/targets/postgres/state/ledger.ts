import { type CheckpointToStore, passParts } from '../../../checkpoint.ts';
import type { GroupCursor, StoredPass } from '../../../target.ts';
import { groupCursorOf } from '../../sql/our-rows.ts';
import type { Session } from '../connection/session.ts';
import { textArray } from '../rows/literals.ts';
import type { Place } from '../schema.ts';

export async function readPass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  version: number,
): Promise<StoredPass | null> {
  const held = version < 2 ? 'NULL' : "encode(held, 'base64')";
  const paths = version < 3 ? 'NULL AS paths' : 'paths';
  const { rows } = await session.query(
    `SELECT checkpoint, encode(seen, 'base64') AS seen, ${held} AS held, ${paths} FROM ${table('_sync_passes')}
     WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  const [row] = rows;
  if (!row) return null;
  const { seen, paths: stored = null } = row;
  const checkpoint = JSON.parse(String(row.checkpoint));
  return { checkpoint, seen: bytesOf(seen), held: bytesOf(row.held), paths: stored };
}

/** The chunks that are stored beside a checkpoint. */
export async function readChunks(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  version: number,
): Promise<Uint8Array | null> {
  if (version < 6) return null;
  const { rows } = await session.query(
    `SELECT encode(chunks, 'base64') AS chunks FROM ${table('_sync_passes')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  return bytesOf(rows[0]?.chunks);
}

function bytesOf(base64: string | null | undefined): Uint8Array | null {
  return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : null;
}

/** Stores the checkpoint of a pass with the next statement. */
export function savePass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  { checkpoint, ...rest }: CheckpointToStore,
): void {
  const { seen, held, paths, chunks } = rest;
  const sets = passParts.flatMap((part) => (rest[part] === undefined ? [] : `, ${part} = excluded.${part}`));
  session.send(
    `INSERT INTO ${table('_sync_passes')} (name, resource, checkpoint, seen, held, paths, chunks)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT (name, resource) DO UPDATE SET checkpoint = excluded.checkpoint${sets.join('')}`,
    [name, resource, JSON.stringify(checkpoint), bufferOf(seen), bufferOf(held), paths ?? null, bufferOf(chunks)],
  );
}

function bufferOf(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes ? Buffer.from(bytes) : null;
}

export async function readGroups(session: Session, { table }: Place, name: string): Promise<GroupCursor[]> {
  const { rows } = await session.query(
    `SELECT group_name, generation, seq FROM ${table('_sync_groups')} WHERE name = $1 ORDER BY group_name`,
    [name],
  );
  return rows.map(groupCursorOf);
}

/**
 * A cursor that is stored with a later position stays as it is. Cursors are stored in the order of their groups' names, so
 * that two daemons do not deadlock.
 */
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

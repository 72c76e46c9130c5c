import type { CheckpointToStore } from '../../checkpoint.ts';
import type { GroupCursor, RunRow, StoredPass } from '../../target.ts';
import { groupCursorOf, runOf } from '../sql/our-rows.ts';
import type { Session } from './connection/session.ts';
import { textArray } from './rows/literals.ts';
import type { Place } from './schema.ts';

/** How many runs of one sync are remembered. */
const runsKept = 1000;

export async function readPass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  version: number,
): Promise<StoredPass | null> {
  const held = version < 2 ? 'NULL' : "encode(held, 'base64')";
  const { rows } = await session.query(
    `SELECT checkpoint, encode(seen, 'base64') AS seen, ${held} AS held FROM ${table('_sync_passes')}
     WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  const [row] = rows;
  if (!row) return null;
  return { checkpoint: JSON.parse(String(row.checkpoint)), seen: bytesOf(row.seen), held: bytesOf(row.held) };
}

function bytesOf(base64: string | null | undefined): Uint8Array | null {
  return typeof base64 === 'string' ? new Uint8Array(Buffer.from(base64, 'base64')) : null;
}

export async function savePass(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
  { checkpoint, seen, held }: CheckpointToStore,
): Promise<void> {
  const sets = [seen !== undefined ? ', seen = excluded.seen' : '', held !== undefined ? ', held = excluded.held' : ''];
  await session.query(
    `INSERT INTO ${table('_sync_passes')} (name, resource, checkpoint, seen, held) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (name, resource) DO UPDATE SET checkpoint = excluded.checkpoint${sets.join('')}`,
    [name, resource, JSON.stringify(checkpoint), bufferOf(seen), bufferOf(held)],
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

export async function readRuns(session: Session, { table }: Place, name: string, limit: number): Promise<RunRow[]> {
  const { rows } = await session.query(
    `SELECT row FROM ${table('_sync_runs')} WHERE name = $1 ORDER BY id DESC LIMIT $2`,
    [name, limit],
  );
  return rows.map(runOf);
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

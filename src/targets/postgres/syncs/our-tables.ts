import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';

/** Tables of ours whose rows name their sync, of whatever version they are. */
export async function tablesWithName(session: Session, { schema }: Place): Promise<readonly string[]> {
  const { rows } = await session.query(
    `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'name' AND NOT a.attisdropped
     WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname LIKE '\\_sync\\_%' ORDER BY c.relname`,
    [schema],
  );
  return rows.map(({ name }) => String(name));
}

/** Whether there is such a table. */
export async function exists(session: Session, { schema }: Place, table: string): Promise<boolean> {
  const { rows } = await session.query(
    'SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2',
    [schema, table],
  );
  return rows.length > 0;
}

/** Removes what a sync has in a table. */
export async function removeFrom(session: Session, { table }: Place, from: string, name: string): Promise<void> {
  await session.query(`DELETE FROM ${table(from)} WHERE name = $1`, [name]);
}

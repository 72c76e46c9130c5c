import type { Register } from '../../sql/entry-book.ts';
import { registerFrom } from '../../sql/our-rows.ts';
import { notRegisteredError } from '../../sql/run-errors.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';

/** Null where no run has written this resource yet. */
export async function registerOf(
  session: Session,
  { table }: Place,
  name: string,
  resource: string,
): Promise<Register | null> {
  const { rows } = await session.query(
    `SELECT id, next_record, live FROM ${table('_sync_tables')} WHERE name = $1 AND resource = $2`,
    [name, resource],
  );
  return rows[0] ? registerFrom(rows[0]) : null;
}

/** The register of a resource of this run: taking over has made it. */
export async function ownRegister(session: Session, place: Place, name: string, resource: string): Promise<Register> {
  const register = await registerOf(session, place, name, resource);
  if (register) return register;
  throw notRegisteredError(place.label, resource);
}

export async function saveRegister(session: Session, { table }: Place, { id, next, live }: Register): Promise<void> {
  await session.query(`UPDATE ${table('_sync_tables')} SET next_record = $2, live = $3 WHERE id = $1`, [
    id,
    next,
    live,
  ]);
}

import type { Register } from '../../sql/entry-book.ts';
import { registerFrom } from '../../sql/our-rows.ts';
import { notRegisteredError } from '../../sql/run-errors.ts';
import type { Connection } from '../connection/connection.ts';

/** Null where no run has written this resource yet. */
export function registerOf(connection: Connection, name: string, resource: string): Register | null {
  const row = connection
    .statement('SELECT id, next_record, live FROM _sync_tables WHERE name = ? AND resource = ?')
    .get(name, resource);
  return row ? registerFrom(row) : null;
}

/** The register of a resource of this run: taking over has made it. */
export function ownRegister(connection: Connection, name: string, resource: string): Register {
  const register = registerOf(connection, name, resource);
  if (register) return register;
  throw notRegisteredError(connection.label, resource);
}

export function saveRegister(connection: Connection, { id, next, live }: Register): void {
  connection.statement('UPDATE _sync_tables SET next_record = ?2, live = ?3 WHERE id = ?1').run(id, next, live);
}

import type { ResourceTable } from '../../../table.ts';
import type { FenceRow, RunIdentity } from '../../../target.ts';
import { lostFenceError, unfitError } from '../../sql/run-errors.ts';
import type { Connection } from '../connection/connection.ts';
import { forgetRows } from '../drift.ts';
import { folded } from '../names.ts';
import { ensureAliases } from '../rows/aliases.ts';
import { inspectTable } from '../rows/inspect-table.ts';
import { ownRegister } from '../rows/register.ts';
import { shapeTable } from '../rows/system-table.ts';
import { migrate } from '../schema.ts';
import { readFence } from './fence.ts';

/** Makes what is missing, registers the tables, and adds one to the fence. Called inside a transaction. */
export function takeOver(
  connection: Connection,
  name: string,
  run: RunIdentity,
  tables: readonly ResourceTable[],
  generationFloor: number,
): FenceRow {
  migrate(connection);
  if (tables.some(({ match }) => match)) ensureAliases(connection);
  const problems = tables.flatMap((table) => inspectTable(connection, name, table).problems);
  if (problems.length > 0) throw unfitError(connection.label, problems);
  for (const table of tables) {
    const isMoved = registerTable(connection, name, table);
    const isNew = shapeTable(connection, table);
    // Our hashes are not about the rows of this table.
    const { resource } = table;
    const { id: of } = ownRegister(connection, name, resource);
    if (isMoved || isNew) forgetRows(connection, { name, resource, of }, 'all');
  }
  return takeFence(connection, name, run, Math.max(Date.now(), generationFloor));
}

/** Returns whether the resource was in another table before. */
function registerTable(connection: Connection, name: string, { resource, table }: ResourceTable): boolean {
  const row = connection
    .statement('SELECT id, table_name FROM _sync_tables WHERE name = ? AND resource = ?')
    .get(name, resource);
  if (!row) {
    connection
      .statement('INSERT INTO _sync_tables (name, resource, table_name) VALUES (?, ?, ?)')
      .run(name, resource, table);
    return false;
  }
  if (folded(String(row.table_name)) === folded(table)) return false;
  connection.statement('UPDATE _sync_tables SET table_name = ? WHERE id = ?').run(table, Number(row.id));
  return true;
}

function takeFence(connection: Connection, name: string, { run, holder }: RunIdentity, generation: number): FenceRow {
  connection
    .statement(
      `INSERT INTO _sync_lease (name, fence, generation, next_seq, run, holder, claimed_at) VALUES (?, 1, ?, 1, ?, ?, ?)
       ON CONFLICT DO UPDATE SET fence = fence + 1, run = excluded.run, holder = excluded.holder, claimed_at = excluded.claimed_at`,
    )
    .run(name, generation, run, holder, new Date().toISOString());
  const fence = readFence(connection, name);
  if (fence) return fence;
  throw lostFenceError(connection.label);
}

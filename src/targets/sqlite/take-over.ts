import { ConfigError } from '../../errors.ts';
import type { LeaseRow, ResourceTable, RunIdentity, TableState } from '../../target.ts';
import { matchWarnings } from '../sql/match.ts';
import { problemsOf } from '../sql/problems.ts';
import { missingColumns } from '../sql/system-table.ts';
import type { Connection } from './connection.ts';
import { folded } from './names.ts';
import { ensureAliases } from './rows/aliases.ts';
import { dialect, readIndexes, readTable, shapeTable } from './rows/system-table.ts';
import { ensureSchema, hasSchema } from './schema.ts';

export function readLease(connection: Connection, name: string): LeaseRow | null {
  const row = connection
    .statement('SELECT fence, generation, next_seq, holder FROM _sync_lease WHERE name = ?')
    .get(name);
  if (!row) return null;
  return {
    fence: Number(row.fence),
    generation: Number(row.generation),
    nextSeq: Number(row.next_seq),
    holder: String(row.holder),
  };
}

/** How the table differs from the resource, and whose it is. */
export function inspectTable(connection: Connection, name: string, table: ResourceTable): TableState {
  const system = readTable(connection, table.table);
  return {
    exists: system !== null,
    missingColumns: missingColumns(table, system, dialect).map((column) => column.name),
    problems: [...ownerProblems(connection, name, table), ...problemsOf(table, system, dialect)],
    warnings: table.match && system ? matchWarnings(table, readIndexes(connection, table.table), folded) : [],
  };
}

function ownerProblems(connection: Connection, name: string, { resource, table }: ResourceTable): string[] {
  if (!hasSchema(connection)) return [];
  const owner = connection.statement('SELECT name, resource FROM _sync_tables WHERE table_name = ?').get(table);
  if (!owner || (owner.name === name && owner.resource === resource)) return [];
  if (owner.name === name) return [`the table "${table}" belongs to the resource "${owner.resource}" of this sync`];
  return [`the table "${table}" belongs to the sync "${owner.name}"`];
}

/** Makes what is missing, takes the tables, and adds one to the fence. Called inside a transaction. */
export function takeOver(
  connection: Connection,
  name: string,
  run: RunIdentity,
  tables: readonly ResourceTable[],
  generationFloor: number,
): LeaseRow {
  ensureSchema(connection);
  if (tables.some(({ match }) => match)) ensureAliases(connection);
  const problems = tables.flatMap((table) => inspectTable(connection, name, table).problems);
  if (problems.length > 0) {
    throw new ConfigError(`the target ${connection.label} does not fit: ${problems.join('; ')}; nothing was written`, {
      hint: 'Change the config or the table; `cronsync check` shows what is missing.',
    });
  }
  for (const table of tables) {
    takeTable(connection, name, table);
    shapeTable(connection, table);
  }
  return bumpFence(connection, name, run, Math.max(Date.now(), generationFloor));
}

/** In another table than before, what was written there says nothing: every record is compared with its row again. */
function takeTable(connection: Connection, name: string, { resource, table }: ResourceTable): void {
  const row = connection
    .statement('SELECT id, table_name FROM _sync_tables WHERE name = ? AND resource = ?')
    .get(name, resource);
  if (!row) {
    connection
      .statement('INSERT INTO _sync_tables (name, resource, table_name) VALUES (?, ?, ?)')
      .run(name, resource, table);
    return;
  }
  if (folded(String(row.table_name)) === folded(table)) return;
  connection.statement('UPDATE _sync_tables SET table_name = ? WHERE id = ?').run(table, Number(row.id));
  connection.statement("UPDATE _sync_records SET hash = '' WHERE of_table = ?").run(Number(row.id));
}

function bumpFence(connection: Connection, name: string, { run, holder }: RunIdentity, generation: number): LeaseRow {
  connection
    .statement(
      `INSERT INTO _sync_lease (name, fence, generation, next_seq, run, holder, claimed_at) VALUES (?, 1, ?, 1, ?, ?, ?)
       ON CONFLICT DO UPDATE SET fence = fence + 1, run = excluded.run, holder = excluded.holder, claimed_at = excluded.claimed_at`,
    )
    .run(name, generation, run, holder, new Date().toISOString());
  const lease = readLease(connection, name);
  if (lease) return lease;
  throw new ConfigError(`the target ${connection.label} did not keep its lease; nothing was written`);
}

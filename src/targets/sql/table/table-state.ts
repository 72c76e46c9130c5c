import type { ResourceTable, TableState } from '../../../table.ts';
import { type Dialect, missingColumns, type SystemTable } from './dialect.ts';
import { matchWarnings, type TableIndex } from './match-warnings.ts';
import { problemsOf } from './problems.ts';

/** What the database says of a table. */
export interface FoundTable {
  /** Null if there is no such table. */
  readonly system: SystemTable | null;
  /** The row of `_sync_tables` that names this table. */
  readonly owner: { readonly name: string; readonly resource: string } | null;
  /** The table that the resource was in so far; null if it is new. */
  readonly before: string | null;
  /** The indexes over whole columns; only needed for a resource with `match`. */
  readonly indexes: readonly TableIndex[];
}

/** How a table differs from the resource, and whose it is. `sync` is the name of the sync that wants it. Pure. */
export function tableState(
  table: ResourceTable,
  { system, owner, before, indexes }: FoundTable,
  sync: string,
  dialect: Dialect,
): TableState {
  return {
    exists: system !== null,
    missingColumns: missingColumns(table, system, dialect).map(({ name }) => name),
    isForgotten: system === null || (before !== null && dialect.folded(before) !== dialect.folded(table.table)),
    problems: [...ownerProblems(table, owner, sync), ...problemsOf(table, system, dialect)],
    warnings: system ? matchWarnings(table, indexes, dialect.folded) : [],
  };
}

function ownerProblems({ resource, table }: ResourceTable, owner: FoundTable['owner'], sync: string): string[] {
  if (!owner || (owner.name === sync && owner.resource === resource)) return [];
  if (owner.name === sync) return [`the table "${table}" belongs to the resource "${owner.resource}" of this sync`];
  return [
    `the table "${table}" belongs to the sync "${owner.name}": "cronsync forget ${owner.name} --resource ${owner.resource}" ` +
      `hands it over, and "cronsync rename ${owner.name} ${sync}" moves the whole sync`,
  ];
}

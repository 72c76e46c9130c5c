import type { Column } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';

/** The column in which `soft` marks the row of a record that is gone, with the time. */
export const softColumn = 'deleted_at';

/** A table of the system as it is now. */
export interface SystemTable<SomeColumn extends SystemColumn = SystemColumn> {
  /** `table`, or what it is instead, as people call it: `view`. */
  readonly kind: string;
  readonly columns: readonly SomeColumn[];
  /** The columns of each unique index over whole columns, and of the primary key. */
  readonly uniques: readonly (readonly string[])[];
}

export interface SystemColumn {
  readonly name: string;
  readonly isGenerated: boolean;
  /** NOT NULL, without a default, and not filled by the database itself. */
  readonly mustBeFilled: boolean;
  readonly isNotNull: boolean;
}

/** How one database treats names and tables. */
export interface Dialect {
  readonly engine: string;
  /** Two names with the same folded form are one column. */
  readonly folded: (name: string) => string;
  /** Names that a table of the system may not have. */
  readonly reserved: RegExp;
  /** The table in a statement that is shown to people. */
  readonly shown: (table: string) => string;
  /** How a column is added. */
  readonly definition: (column: Column) => string;
}

/** The columns of the resource that the table lacks, with the mark of a soft delete. */
export function missingColumns(table: ResourceTable, system: SystemTable | null, { folded }: Dialect): Column[] {
  const present = new Set(system?.columns.map(({ name }) => folded(name)));
  return wantedColumns(table, folded).filter(({ name }) => !present.has(folded(name)));
}

export function wantedColumns({ columns, onDelete }: ResourceTable, folded: Dialect['folded']): readonly Column[] {
  const hasMark = columns.some(({ name }) => folded(name) === softColumn);
  return onDelete === 'soft' && !hasMark ? [...columns, { name: softColumn, kind: 'text' }] : columns;
}

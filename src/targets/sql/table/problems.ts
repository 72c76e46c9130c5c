import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../identifiers.ts';
import { type Dialect, missingColumns, type SystemTable, softColumn } from './dialect.ts';

/** What stops a run from writing this table, one sentence each. Pure. */
export function problemsOf(table: ResourceTable, system: SystemTable | null, dialect: Dialect): string[] {
  const named = nameProblems(table, dialect);
  if (!system || named.length > 0) return named;
  if (system.kind !== 'table') return [`${quoted(table.table)} is a ${system.kind}, which cronsync cannot write`];
  return [columnProblems, keyProblems, markProblems].flatMap((problems) => problems(table, system, dialect));
}

function nameProblems({ table, columns, mapped, onDelete }: ResourceTable, dialect: Dialect): string[] {
  const { folded, reserved, engine } = dialect;
  const problems: string[] = [];
  if (reserved.test(table)) problems.push(`the name ${quoted(table)} is reserved`);
  const names = columns.map(({ name }) => folded(name));
  const twins = columns.filter(({ name }, at) => names.indexOf(folded(name)) !== at);
  for (const { name } of twins)
    problems.push(
      `the column ${quoted(name)} of ${quoted(table)} differs from another by case only, and ${engine} takes them for the same`,
    );
  const strays = mapped.filter(({ name }) => !names.includes(folded(name)));
  for (const { name } of strays)
    problems.push(`the column ${quoted(name)} is mapped and is not in the schema of ${quoted(table)}`);
  if (onDelete === 'soft' && mapped.some(({ name }) => folded(name) === softColumn)) {
    problems.push(
      `the column ${quoted(softColumn)} of ${quoted(table)} is mapped, and "onDelete": "soft" needs it for its mark`,
    );
  }
  return problems;
}

function columnProblems(table: ResourceTable, system: SystemTable, { folded }: Dialect): string[] {
  const ours = new Set(table.columns.map(({ name }) => folded(name)));
  const filled = new Set(table.mapped.map(({ name }) => folded(name)));
  return system.columns.flatMap(({ name, isGenerated, mustBeFilled }) => {
    const place = `the column ${quoted(name)} of ${quoted(table.table)}`;
    if (isGenerated && ours.has(folded(name))) return [`${place} is generated: cronsync cannot write it`];
    if (mustBeFilled && !filled.has(folded(name)))
      return [`${place} is NOT NULL without a default, and nothing is mapped to it`];
    return [];
  });
}

function keyProblems(table: ResourceTable, system: SystemTable, dialect: Dialect): string[] {
  const { folded, shown, definition } = dialect;
  const key = table.key.map(folded).sort().join('\n');
  if (system.uniques.some((columns) => columns.map(folded).sort().join('\n') === key)) return [];
  const place = shown(table.table);
  const lacking = missingColumns(table, system, dialect).filter(({ name }) => table.key.includes(name));
  const statements = lacking.map((column) => `ALTER TABLE ${place} ADD COLUMN ${definition(column)}; `).join('');
  const index = `CREATE UNIQUE INDEX ${quoted(`${table.table}_key`)} ON ${place} (${list(table.key)});`;
  return [
    `${quoted(table.table)} has no unique index over its key (${table.key.join(', ')}); this makes one: ${statements}${index}`,
  ];
}

function markProblems({ table, columns, onDelete }: ResourceTable, system: SystemTable, { folded }: Dialect): string[] {
  const has = (name: string) => system.columns.find((column) => folded(column.name) === folded(name));
  const isOurs = (name: string): boolean => columns.some((column) => folded(column.name) === folded(name));
  if (onDelete === 'soft') {
    const mark = has(softColumn);
    return mark?.isNotNull || mark?.isGenerated
      ? [`the column ${quoted(softColumn)} of ${quoted(table)} cannot hold the mark of a soft delete`]
      : [];
  }
  if (typeof onDelete === 'string') return [];
  const unknown = Object.keys(onDelete.set).filter((name) => !has(name) && !isOurs(name));
  return unknown.map((name) => `"onDelete" sets the column ${quoted(name)}, which ${quoted(table)} does not have`);
}

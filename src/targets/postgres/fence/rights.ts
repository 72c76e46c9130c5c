import type { Rights } from '../../../rights.ts';
import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../../sql/identifiers.ts';
import { missingColumns } from '../../sql/table/dialect.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';
import { addStatement, dialectOf, readTable } from '../shape/system-table.ts';
import { type Right, type Role, readRole } from './role.ts';

/**
 * What our role may not do, though a run has to: use the schema, make and alter what is missing, read and write our tables and
 * those of the system. Null if there is no such schema.
 */
export async function readRights(
  session: Session,
  place: Place,
  tables: readonly ResourceTable[],
): Promise<Rights | null> {
  const role = await readRole(session, place, tables);
  if (role === null) return null;
  const missing = [
    ...schemaRights(role, place, tables),
    ...tables.flatMap((table) => systemRights(role, place, table)),
    ...ourRights(role, place, tables),
  ];
  for (const table of tables) missing.push(...(await columnRights(session, role, place, table)));
  return { role: role.name, missing };
}

const everything: readonly Right[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const writing: readonly Right[] = ['SELECT', 'INSERT', 'UPDATE'];
const aliases = '_sync_aliases';
const ours = 'tables of cronsync';

function schemaRights(role: Role, { schema }: Place, tables: readonly ResourceTable[]): string[] {
  const on = `SCHEMA ${quoted(schema)}`;
  const using = role.usesSchema ? [] : [refusal(role, 'use the schema', 'USAGE', on)];
  const made = tables.map(({ table }) => table).filter((table) => !role.tables.has(table));
  const lacksOurs = !role.tables.has('_sync_schema') || (hasMatch(tables) && !role.tables.has(aliases));
  const what = [...(made.length > 0 ? [list(made)] : []), ...(lacksOurs || role.isBehind ? [ours] : [])];
  if (role.createsTables || what.length === 0) return using;
  return [...using, refusal(role, `make ${what.join(' and ')}`, 'CREATE', on)];
}

function systemRights(role: Role, { table: shown }: Place, { table, onDelete }: ResourceTable): string[] {
  const rights = onDelete === 'hard' ? everything : writing;
  const refused = rights.filter((right) => role.tables.get(table)?.lacks(right)).join(', ');
  return refused === '' ? [] : [refusal(role, `${refused} in ${quoted(table)}`, refused, shown(table))];
}

function ourRights(role: Role, { table: shown }: Place, tables: readonly ResourceTable[]): string[] {
  const found = [...role.tables].filter(([name]) => name.startsWith('_sync_'));
  // The aliases may be those of another sync.
  const used = found.filter(([name]) => name !== aliases || hasMatch(tables));
  const refused = used.filter(([, { lacks }]) => everything.some(lacks));
  const rights = everything.filter((right) => refused.some(([, { lacks }]) => lacks(right))).join(', ');
  const on = refused.map(([name]) => shown(name)).join(', ');
  const foreign = role.isBehind ? found.find(([, { isOwned }]) => !isOwned) : undefined;
  return [
    ...(rights === '' ? [] : [refusal(role, `${rights} in ${ours}`, rights, on)]),
    ...(foreign
      ? [
          `the role ${role.name} may not bring the ${ours} up to this release: start a run as their owner, ${quoted(foreign[1].owner)}`,
        ]
      : []),
  ];
}

/** Only the owner of a table adds its columns. */
async function columnRights(session: Session, role: Role, place: Place, table: ResourceTable): Promise<string[]> {
  const found = role.tables.get(table.table);
  if (!found || found.isOwned) return [];
  const columns = missingColumns(table, await readTable(session, place, table.table), dialectOf(place));
  if (columns.length === 0) return [];
  const names = list(columns.map(({ name }) => name));
  const what = `add ${names} to ${quoted(table.table)}, which ${quoted(found.owner)} owns`;
  return [`the role ${role.name} may not ${what}: ${addStatement(table, columns, place)};`];
}

function hasMatch(tables: readonly ResourceTable[]): boolean {
  return tables.some(({ match }) => match);
}

function refusal({ name }: Role, what: string, rights: string, on: string): string {
  return `the role ${name} may not ${what}: GRANT ${rights} ON ${on} TO ${quoted(name)};`;
}

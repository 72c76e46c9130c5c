import type { Rights } from '../../../rights.ts';
import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../../sql/identifiers.ts';
import { missingColumns } from '../../sql/table/dialect.ts';
import type { Row, Session } from '../connection/session.ts';
import { migrations } from '../migrations.ts';
import { addStatement, dialectOf, readTable } from '../rows/system-table.ts';
import type { Place } from '../schema.ts';

const schemaRights = `
SELECT current_user AS role, has_schema_privilege(oid, 'USAGE') AS uses, has_schema_privilege(oid, 'CREATE') AS creates
FROM pg_namespace WHERE nspname = $1`;

/** A right to some columns counts as one to a table of the system: which of them a run needs depends on the data. */
const tableRights = `
SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS owns,
  has_table_privilege(c.oid, 'DELETE') AS "DELETE", ${['SELECT', 'INSERT', 'UPDATE']
    .map(
      (right) => `CASE WHEN c.relname LIKE '\\_sync\\_%' THEN has_table_privilege(c.oid, '${right}')
    ELSE has_any_column_privilege(c.oid, '${right}') END AS "${right}"`,
    )
    .join(', ')}
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (c.relname LIKE '\\_sync\\_%' OR c.relname IN (SELECT json_array_elements_text($2::json)))
ORDER BY c.relname`;

/**
 * What the role may not do, though a run has to: use the schema, make what is missing, read and write our tables and those of
 * the system. Only the catalog is read, and the version of our tables.
 */
export async function readRights(session: Session, place: Place, tables: readonly ResourceTable[]): Promise<Rights> {
  const { rows: schemas } = await session.query(schemaRights, [place.schema]);
  const [schema] = schemas;
  if (!schema) return { role: '', missing: [] };
  const names = JSON.stringify(tables.map(({ table }) => table));
  const { rows } = await session.query(tableRights, [place.schema, names]);
  const found = new Map(rows.map((row) => [String(row.name), row]));
  const whose: Whose = { place, role: String(schema.role), found };
  const isOld = schema.uses === 't' && (await areOld(session, whose));
  return {
    role: whose.role,
    missing: [
      ...(schema.uses === 't' ? [] : [sentence(whose, 'use the schema', grant(whose, 'USAGE', inSchema(place)))]),
      ...(schema.creates === 't' ? [] : creating(whose, tables, isOld)),
      ...(isOld ? migrating(whose) : []),
      ...working(whose, tables),
      ...(await widening(session, whose, tables)),
    ],
  };
}

interface Whose {
  readonly place: Place;
  readonly role: string;
  /** The tables that are there, with what the role may do. */
  readonly found: ReadonlyMap<string, Row>;
}

/** Whether an earlier release made our tables. */
async function areOld(session: Session, { place, found }: Whose): Promise<boolean> {
  if (found.get('_sync_schema')?.SELECT !== 't') return false;
  const { rows } = await session.query(`SELECT version FROM ${place.table('_sync_schema')}`);
  return Number(rows[0]?.version) < migrations.length;
}

function creating(whose: Whose, tables: readonly ResourceTable[], isOld: boolean): string[] {
  const { place, found } = whose;
  const missing = tables.map(({ table }) => table).filter((table) => !found.has(table));
  const lacksOurs = isOld || oursOf(tables).some((table) => !found.has(table));
  if (missing.length === 0 && !lacksOurs) return [];
  const what = [...(missing.length > 0 ? [list(missing)] : []), ...(lacksOurs ? ['tables of cronsync'] : [])];
  return [sentence(whose, `make ${what.join(' and ')}`, grant(whose, 'CREATE', inSchema(place)))];
}

/** Those of our tables whose absence shows that a run makes some. */
function oursOf(tables: readonly ResourceTable[]): string[] {
  return tables.some(({ match }) => match) ? ['_sync_schema', aliases] : ['_sync_schema'];
}

const aliases = '_sync_aliases';

/** Only an owner alters a table. */
function migrating({ role, found }: Whose): string[] {
  const foreign = [...found].find(([name, { owns }]) => isOurs(name) && owns !== 't');
  if (!foreign) return [];
  const owner = quoted(String(foreign[1].owner));
  return [
    `a run brings the tables of cronsync up to this release, and the role ${role} does not own them; start one as their owner, ${owner}`,
  ];
}

function working(whose: Whose, tables: readonly ResourceTable[]): string[] {
  const { place, found } = whose;
  const hasMatch = tables.some(({ match }) => match);
  const ours = [...found.keys()].filter((name) => isOurs(name) && (hasMatch || name !== aliases));
  const refused = ours.filter((name) => lacking(found.get(name), everything).length > 0);
  const rights = everything.filter((right) => refused.some((name) => lacking(found.get(name), [right]).length > 0));
  const places = refused.map(place.table).join(', ');
  const own = tables.flatMap(({ table, onDelete }) => {
    const row = found.get(table);
    const refusedHere = row ? lacking(row, onDelete === 'hard' ? everything : writing) : [];
    return refusedHere.length > 0 ? [refusal(whose, refusedHere, place.table(table), quoted(table))] : [];
  });
  return refused.length > 0 ? [...own, refusal(whose, rights, places, 'tables of cronsync')] : own;
}

const writing = ['SELECT', 'INSERT', 'UPDATE'] as const;
const everything = [...writing, 'DELETE'] as const;

function isOurs(name: string): boolean {
  return name.startsWith('_sync_');
}

function lacking(row: Row | undefined, rights: readonly string[]): string[] {
  return rights.filter((right) => row?.[right] !== 't');
}

/** Columns are added by the owner of a table, whatever else others may do. */
async function widening(
  session: Session,
  { place, role, found }: Whose,
  tables: readonly ResourceTable[],
): Promise<string[]> {
  const sentences: string[] = [];
  for (const table of tables) {
    const row = found.get(table.table);
    if (!row || row.owns === 't') continue;
    const columns = missingColumns(table, await readTable(session, place, table.table), dialectOf(place));
    if (columns.length === 0) continue;
    const names = list(columns.map(({ name }) => name));
    const owner = quoted(String(row.owner));
    sentences.push(
      `the role ${role} may not add ${names} to ${quoted(table.table)}, which ${owner} owns: ${addStatement(table, columns, place)};`,
    );
  }
  return sentences;
}

function refusal(whose: Whose, rights: readonly string[], places: string, what: string): string {
  return sentence(whose, `${rights.join(', ')} in ${what}`, grant(whose, rights.join(', '), places));
}

function sentence({ role }: Whose, what: string, statement: string): string {
  return `the role ${role} may not ${what}: ${statement}`;
}

function grant({ role }: Whose, rights: string, on: string): string {
  return `GRANT ${rights} ON ${on} TO ${quoted(role)};`;
}

function inSchema({ schema }: Place): string {
  return `SCHEMA ${quoted(schema)}`;
}

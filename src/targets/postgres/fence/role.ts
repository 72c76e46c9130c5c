import type { ResourceTable } from '../../../table.ts';
import type { Row, Session } from '../connection/session.ts';
import { migrations } from '../migrations.ts';
import type { Place } from '../schema.ts';

/** A right to a table, as GRANT calls it. */
export type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';

/** Who we are in the database, and what we may do in the schema and in each table that is there. */
export interface Role {
  readonly name: string;
  readonly usesSchema: boolean;
  readonly createsTables: boolean;
  /** Our tables and those of the system, by name. */
  readonly tables: ReadonlyMap<string, RoleTable>;
  /** Our tables are of an earlier release: a run brings them up to this one. */
  readonly isBehind: boolean;
}

export interface RoleTable {
  readonly owner: string;
  /** Only an owner alters a table. */
  readonly isOwned: boolean;
  readonly lacks: (right: Right) => boolean;
}

const schemaSql = `
SELECT current_user AS role, has_schema_privilege(oid, 'USAGE') AS uses, has_schema_privilege(oid, 'CREATE') AS creates
FROM pg_namespace WHERE nspname = $1`;

/** A right to some columns counts as one to a table of the system: which of them a run needs depends on the data. */
const tablesSql = `
SELECT c.relname AS name, pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS owns,
  ${['SELECT', 'INSERT', 'UPDATE']
    .map(
      (right) => `CASE WHEN c.relname LIKE '\\_sync\\_%' THEN has_table_privilege(c.oid, '${right}')
    ELSE has_any_column_privilege(c.oid, '${right}') END AS "${right}"`,
    )
    .join(', ')}, has_table_privilege(c.oid, 'DELETE') AS "DELETE"
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (c.relname LIKE '\\_sync\\_%' OR c.relname IN (SELECT json_array_elements_text($2::json)))
ORDER BY c.relname`;

/** Reads the catalog, and the version of our tables. Null if there is no such schema. */
export async function readRole(session: Session, place: Place, wanted: readonly ResourceTable[]): Promise<Role | null> {
  const { rows: schemas } = await session.query(schemaSql, [place.schema]);
  const [schema] = schemas;
  if (!schema) return null;
  const names = JSON.stringify(wanted.map(({ table }) => table));
  const { rows } = await session.query(tablesSql, [place.schema, names]);
  const tables = new Map(rows.map((row) => [String(row.name), tableOf(row)]));
  const usesSchema = schema.uses === 't';
  const readsVersion = usesSchema && tables.get('_sync_schema')?.lacks('SELECT') === false;
  const isBehind = readsVersion && (await isOfEarlierRelease(session, place));
  return { name: String(schema.role), usesSchema, createsTables: schema.creates === 't', tables, isBehind };
}

function tableOf(row: Row): RoleTable {
  return { owner: String(row.owner), isOwned: row.owns === 't', lacks: (right) => row[right] !== 't' };
}

async function isOfEarlierRelease(session: Session, { table }: Place): Promise<boolean> {
  const { rows } = await session.query(`SELECT version FROM ${table('_sync_schema')}`);
  return Number(rows[0]?.version) < migrations.length;
}

import type { Column, ColumnKind } from '../../../record.ts';
import type { ResourceTable } from '../../../table.ts';
import { list, quoted } from '../../sql/identifiers.ts';
import {
  type Dialect,
  type SystemColumn,
  type SystemTable,
  softColumn,
  wantedColumns,
} from '../../sql/table/dialect.ts';
import type { TableIndex } from '../../sql/table/match-warnings.ts';
import type { Session } from '../connection/session.ts';
import type { Place } from '../schema.ts';

export interface PostgresColumn extends SystemColumn {
  /** The type that a text is cast to before it is assigned. It has no length, so that a text that is too long is refused, not cut. */
  readonly type: string;
  /** The type with its length, precision and scale: what the column makes of a text. */
  readonly fullType: string;
  /** Its collation takes different texts for equal. */
  readonly isLoose: boolean;
}

export interface PostgresTable extends SystemTable<PostgresColumn> {
  /** Triggers or rules of the system may write other values than they are given. */
  readonly hasTriggers: boolean;
  /** Policies of row security decide what is written. COPY does not support them. */
  readonly hasPolicies: boolean;
  readonly isPartitioned: boolean;
}

const types: Record<ColumnKind, string> = {
  text: 'text',
  integer: 'bigint',
  real: 'double precision',
  decimal: 'numeric',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamptz',
  json: 'jsonb',
};

/** Names are quoted wherever they are used, so two names that differ by case are different. */
const exact = (name: string): string => name;

/** How Postgres treats names and tables. */
export function dialectOf({ table }: Place): Dialect {
  return { engine: 'Postgres', folded: exact, reserved: /^_sync_/, shown: table, definition };
}

function definition({ name, kind }: Column): string {
  return `${quoted(name)} ${name === softColumn && kind === 'text' ? 'timestamptz' : types[kind]}`;
}

/**
 * The schema of a type. Its formatted name leaves the schema out if that is on the search path, but behind a pooler the next
 * session may have another search path.
 */
const typeSchema = `(SELECT CASE WHEN n.nspname <> 'pg_catalog' AND
    pg_type_is_visible(CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE t.oid END) THEN quote_ident(n.nspname) || '.' ELSE '' END
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.oid = a.atttypid)`;

/**
 * Casts to char(n) and bit(n) cut what is too long, so these types are used without their length. Trailing blanks of a char
 * mean nothing, and its text has none.
 */
const catalog = `
SELECT c.relkind, c.relrowsecurity,
  (c.relkind = 'p' OR c.relhasrules OR EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal)) AS has_triggers,
  (SELECT json_agg(json_build_object(
      'name', a.attname, 'type', ${typeSchema} || format_type(a.atttypid, -1),
      'fullType', ${typeSchema} || format_type(a.atttypid, CASE WHEN a.atttypid IN (1042, 1560, 1562) THEN -1 ELSE a.atttypmod END),
      'isLoose', EXISTS (SELECT FROM pg_collation l WHERE l.oid = a.attcollation AND NOT l.collisdeterministic),
      'isGenerated', a.attgenerated <> '' OR a.attidentity = 'a', 'isNotNull', a.attnotnull,
      'mustBeFilled', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '') ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  (SELECT json_agg((SELECT json_agg(a.attname) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0 : i.indnkeyatts - 1])))
    FROM pg_index i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL) AS uniques
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

const kinds: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'table',
  v: 'view',
  m: 'materialized view',
  f: 'foreign table',
};

/** Null if there is no such table. */
export async function readTable(session: Session, { schema }: Place, table: string): Promise<PostgresTable | null> {
  const { rows } = await session.query(catalog, [schema, table]);
  const [row] = rows;
  if (!row) return null;
  return {
    kind: kinds[row.relkind ?? ''] ?? 'relation',
    hasTriggers: row.has_triggers === 't',
    hasPolicies: row.relrowsecurity === 't',
    isPartitioned: row.relkind === 'p',
    columns: JSON.parse(row.columns ?? '[]'),
    uniques: JSON.parse(row.uniques ?? '[]'),
  };
}

const indexCatalog = `
SELECT json_agg(json_build_object('isUnique', i.indisunique, 'columns', (
    SELECT json_agg(a.attname ORDER BY k.n) FROM unnest((i.indkey::int2[])[0 : i.indnkeyatts - 1]) WITH ORDINALITY AS k (attnum, n)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum))) AS indexes
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = $1 AND c.relname = $2 AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`;

/** The indexes over whole columns, with the primary key. */
export async function readIndexes(session: Session, { schema }: Place, table: string): Promise<TableIndex[]> {
  const { rows } = await session.query(indexCatalog, [schema, table]);
  return JSON.parse(rows[0]?.indexes ?? '[]');
}

/** The statement that makes the table of a resource. */
export function createStatement(table: ResourceTable, place: Place): string {
  const columns = wantedColumns(table, exact).map(
    (column) => `${definition(column)}${table.key.includes(column.name) ? ' NOT NULL' : ''}`,
  );
  return `CREATE TABLE ${place.table(table.table)} (${columns.join(', ')}, PRIMARY KEY (${list(table.key)}))`;
}

/** The statement that adds columns. Without defaults it rewrites no row. */
export function addStatement(table: ResourceTable, columns: readonly Column[], place: Place): string {
  const added = columns.map((column) => `ADD COLUMN IF NOT EXISTS ${definition(column)}`);
  return `ALTER TABLE ${place.table(table.table)} ${added.join(', ')}`;
}

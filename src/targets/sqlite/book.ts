import { type Book, bookVersion, type SharedStatement } from '../sql/operate/book.ts';
import type { OurRow } from '../sql/our-rows.ts';
import type { Connection } from './connection/connection.ts';
import { oldRun } from './migrations.ts';
import { schemaVersion } from './schema.ts';

export function bookOf(name: string): Book {
  return { name, table: (table) => table, oldRun };
}

/** Whether our tables have a place for what runs and people do. */
export function keepsBook(connection: Connection): boolean {
  return schemaVersion(connection) >= bookVersion;
}

export function ask(connection: Connection, { sql, values }: SharedStatement): readonly OurRow[] {
  return connection.statement(numbered(sql)).all(...values);
}

/** Runs statements, and returns how many rows the first one has changed. */
export function change(connection: Connection, statements: readonly SharedStatement[]): number {
  const changes = statements.map(({ sql, values }) =>
    Number(connection.statement(numbered(sql)).run(...values).changes),
  );
  return changes[0] ?? 0;
}

/** SQLite takes `$1` for a name. */
function numbered(sql: string): string {
  return sql.replace(/\$(\d+)/g, '?$1');
}

import { type Book, bookVersion, type SharedStatement } from '../sql/operate/book.ts';
import type { OurRow } from '../sql/our-rows.ts';
import type { Answer, Session } from './connection/session.ts';
import { oldRun } from './migrations.ts';
import { storable } from './rows/literals.ts';
import { type Place, schemaVersion } from './schema.ts';

export function bookOf({ table }: Place, name: string): Book {
  return { name, table, oldRun };
}

/** Whether our tables have a place for what runs and people do. */
export async function keepsBook(session: Session, place: Place): Promise<boolean> {
  return (await schemaVersion(session, place)) >= bookVersion;
}

export async function ask(session: Session, statement: SharedStatement): Promise<readonly OurRow[]> {
  return (await query(session, statement)).rows;
}

/** Runs statements, and returns how many rows the first one has changed. */
export async function change(session: Session, statements: readonly SharedStatement[]): Promise<number> {
  const [first] = await Promise.all(statements.map((statement) => query(session, statement)));
  return first?.count ?? 0;
}

function query(session: Session, { sql, values }: SharedStatement): Promise<Answer> {
  return session.query(
    sql,
    values.map((value) => (typeof value === 'string' ? storable(value) : value)),
  );
}

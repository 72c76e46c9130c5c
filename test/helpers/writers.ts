import { expect } from 'vitest';
import type { PostgresDatabase } from './postgres.ts';

/** Notes from now on which session writes to the customers, whatever it believes: numbered in the order of the writing. */
export async function noteWriters(database: PostgresDatabase): Promise<void> {
  await database.sql(`
    CREATE TABLE writes (nth bigserial, fence bigint, session text);
    CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO writes (fence, session) SELECT fence, pg_backend_pid() || ' since ' ||
        (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()) FROM _sync_lease;
      RETURN NULL;
    END $$;
    CREATE TRIGGER note_write AFTER INSERT OR UPDATE OR DELETE ON customers
      FOR EACH STATEMENT EXECUTE FUNCTION note_write();
  `);
}

/** Nobody writes again once another one has: the sessions, more than so many, come one after another, and so do their fences. */
export async function expectOneWriterAtATime(database: PostgresDatabase, moreThan: number): Promise<void> {
  const writes = await database.rows('SELECT fence, session FROM writes ORDER BY nth');
  const turns = writes.filter(({ session }, at) => session !== writes[at - 1]?.session);
  expect(turns.length).toBeGreaterThan(moreThan);
  expect(new Set(turns.map(({ session }) => session)).size).toBe(turns.length);
  const fences = turns.map(({ fence }) => Number(fence));
  expect(new Set(fences).size).toBe(fences.length);
  expect(fences).toEqual(fences.toSorted((a, b) => a - b));
}

import { onTestFinished, vi } from 'vitest';
import { silentLog } from '../../../src/log.ts';
import type { Target } from '../../../src/target.ts';
import { openPostgresTarget, type PostgresTargetOptions } from '../../../src/targets/postgres/target.ts';
import { defaultTimings } from '../../../src/timings.ts';
import { aPostgres, type PostgresDatabase } from '../../helpers/postgres.ts';

export interface PostgresWorld {
  readonly database: PostgresDatabase;
  /** Opens a target; it is closed when the test is over. */
  open(options?: Partial<PostgresTargetOptions>): Promise<Target>;
  sql(statements: string): Promise<void>;
  rows(query: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Waits until so many of the target's transactions wait for a lock, and gives their process ids. */
  waiting(count?: number): Promise<readonly number[]>;
}

/** A database of its own for one test. */
export async function aPostgresWorld(): Promise<PostgresWorld> {
  const database = await aPostgres();
  onTestFinished(() => database[Symbol.asyncDispose]());
  const { sql, rows } = database;
  return {
    database,
    sql,
    rows,
    async open(options = {}) {
      const timings = { ...defaultTimings, targetBusyStepMs: 5 };
      const base = { url: database.url, schema: 'public', name: 'crm', timings, log: silentLog };
      const target = await openPostgresTarget({ ...base, ...options });
      onTestFinished(() => target[Symbol.asyncDispose]());
      return target;
    },
    waiting: (count = 1) =>
      vi.waitFor(async () => {
        const found = await rows(`SELECT pid FROM pg_stat_activity
          WHERE datname = current_database() AND application_name LIKE 'cronsync%' AND wait_event_type = 'Lock'`);
        if (found.length < count) throw new Error(`${found.length} transactions wait`);
        return found.map(({ pid }) => Number(pid));
      }, 10_000),
  };
}

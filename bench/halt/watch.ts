import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

/** What was seen of a writer's locks. */
export interface Seen {
  /** The longest time that a transaction of the system was seen to wait for a lock that the writer held. */
  readonly waitedMs: number;
  /** Modes above ROW EXCLUSIVE that the writer held on the system's table. */
  readonly strongLocks: readonly string[];
}

const everyMs = 20;
/** The sessions of the writer. */
export const writers = `(b.application_name LIKE 'cronsync%' OR b.application_name = 'psql')`;

const waits = `
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - w.query_start) * 1000), 0)::float8 AS ms
FROM pg_stat_activity w JOIN pg_stat_activity b ON b.pid = ANY (pg_blocking_pids(w.pid))
WHERE w.application_name = 'pgbench' AND w.wait_event_type = 'Lock' AND ${writers}`;

const strong = `
SELECT DISTINCT l.mode FROM pg_locks l JOIN pg_stat_activity b USING (pid)
WHERE l.locktype = 'relation' AND l.relation = 'customers'::regclass AND ${writers}
  AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')`;

/** Samples pg_locks and pg_blocking_pids until it is ended. */
export async function watchLocks(url: string): Promise<{ end(): Promise<Seen> }> {
  const modes = new Set<string>();
  let waitedMs = 0;
  const sampling = await again(url, everyMs, async (client) => {
    waitedMs = Math.max(waitedMs, (await client.query(waits)).rows[0].ms);
    for (const { mode } of (await client.query(strong)).rows) modes.add(mode);
  });
  return {
    async end() {
      await sampling.end();
      return { waitedMs, strongLocks: [...modes] };
    },
  };
}

/** Does something on its own session again and again until it is ended. */
export async function again(
  url: string,
  everyMs: number,
  work: (client: pg.Client) => Promise<void>,
): Promise<{ end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url, application_name: 'watch' });
  await client.connect();
  let isOver = false;
  const loop = async (): Promise<void> => {
    while (!isOver) {
      await work(client);
      await pause(everyMs);
    }
  };
  const looping = loop();
  return {
    async end() {
      isOver = true;
      await looping;
      await client.end();
    },
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '../../test/helpers/postgres-server.ts';
import type { Expected } from './data.ts';
import { treeMs } from './started.ts';

export const tableSql = `CREATE TABLE customers (id text PRIMARY KEY, email text, state text, updated_at timestamptz,
  address jsonb, tags jsonb, note text, visits bigint, deleted_at timestamptz)`;

/** A server with the settings that it comes with. */
export interface Database extends AsyncDisposable {
  readonly version: string;
  cpuMs(): number;
  /** Makes an empty database, with the table if asked for. Returns its URL. */
  make(name: string, withTable: boolean): Promise<string>;
  drop(name: string): Promise<void>;
  /** Writes what is in memory to the disk, so that the next phase does not pay for the last one. */
  settle(): Promise<void>;
  /** Throws if the table has not what it should. */
  demand(name: string, expected: Expected, gone: 'marked' | 'deleted' | 'kept'): Promise<void>;
}

export async function openDatabase(): Promise<Database> {
  const server = await startPostgres([]);
  const urlOf = (name: string) => server.url.replace(/[^/]+$/, name);
  const ask = async (name: string, sql: string): Promise<Record<string, string>> => {
    const client = new pg.Client({ connectionString: urlOf(name) });
    await client.connect();
    const { rows } = await client.query(sql);
    await client.end();
    return rows[0] ?? {};
  };
  const shown = await ask(
    'postgres',
    `SELECT current_setting('server_version') AS version, current_setting('data_directory') AS place`,
  );
  const pid = Number(readFileSync(join(shown.place ?? '', 'postmaster.pid'), 'utf8').split('\n')[0]);
  // Ctrl-C ends this process before it can stop the server.
  const quit = () => process.kill(pid, 'SIGQUIT');
  process.once('exit', quit);
  return {
    version: shown.version ?? '',
    cpuMs: () => treeMs(pid),
    async make(name, withTable) {
      await ask('postgres', `CREATE DATABASE ${name}`);
      if (withTable) await ask(name, tableSql);
      return urlOf(name);
    },
    async drop(name) {
      await ask('postgres', `DROP DATABASE ${name} WITH (FORCE)`);
    },
    async settle() {
      await ask('postgres', 'CHECKPOINT');
    },
    async demand(name, { live, all, inState, state }, gone) {
      const isLive = gone === 'marked' ? 'deleted_at IS NULL' : 'true';
      const found = await ask(
        name,
        `SELECT count(*) FILTER (WHERE ${isLive}) AS live, count(*) FILTER (WHERE ${isLive} AND state = '${state}') AS in_state
         FROM public.customers`,
      );
      const wanted = gone === 'kept' ? all : live;
      if (Number(found.live) === wanted && Number(found.in_state) === inState) return;
      throw new Error(
        `${found.live} rows, ${found.in_state} of them ${state}, where ${wanted} and ${inState} were due`,
      );
    },
    async [Symbol.asyncDispose]() {
      process.off('exit', quit);
      await server.stop();
    },
  };
}

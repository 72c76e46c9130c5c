import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { cronsyncCommand, packageVersion } from './cronsync.ts';
import type { Expected, Phase } from './data.ts';
import { environmentOf, versionOf } from './python.ts';
import type { Tool } from './tools.ts';

const script = fileURLToPath(new URL('plain_sqlite.py', import.meta.url));
const importedSql =
  'CREATE TABLE imported (id TEXT PRIMARY KEY, email TEXT, state TEXT, updated_at TEXT, address TEXT, tags TEXT, note TEXT, visits INTEGER)';
const upserts: readonly Phase[] = ['load', 'unchanged', 'changed', 'every'];

export const sqliteTools: readonly Tool[] = [
  {
    name: 'cronsync',
    isOurs: true,
    phases: upserts,
    gone: 'marked',
    open: () => ({
      version: packageVersion,
      command: (phase, { url: file, database, redisUrl, folder, data }) =>
        cronsyncCommand({
          ...{ name: database, folder, redisUrl },
          path: data.files[phase],
          target: { type: 'sqlite', file },
        }),
    }),
  },
  {
    name: 'plain Python',
    phases: upserts,
    gone: 'deleted',
    open() {
      const python = join(environmentOf('psycopg', ['psycopg[binary]==3.3.9']).bin, 'python');
      return {
        version: versionOf(python),
        command: (phase, { url, data }) => ({ argv: [python, script, data.files[phase], url] }),
      };
    },
  },
  {
    name: 'sqlite3',
    phases: ['load'],
    gone: null,
    open: () => ({
      version: versionOf('sqlite3'),
      command: (_phase, { url, data }) => ({
        argv: ['sqlite3', url],
        input: `${importedSql};\n.import --csv ${data.csv} imported\n`,
      }),
    }),
  },
];

export function makeTable(file: string): void {
  using database = new DatabaseSync(file);
  database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE customers (id TEXT PRIMARY KEY, email TEXT, state TEXT, updated_at TEXT,
    address TEXT, tags TEXT, note TEXT, visits INTEGER, deleted_at TEXT)`);
}

/** Throws if the table has not what it should. */
export function demandRows(
  file: string,
  { live, inState, state }: Expected,
  gone: 'marked' | 'deleted' | 'kept',
): void {
  using database = new DatabaseSync(file, { readOnly: true });
  const isLive = gone === 'marked' ? 'deleted_at IS NULL' : 'true';
  const found = database
    .prepare(`SELECT count(*) AS live, coalesce(sum(state = ?), 0) AS in_state FROM customers WHERE ${isLive}`)
    .get(state);
  if (found?.live === live && found.in_state === inState) return;
  throw new Error(`${found?.live} rows, ${found?.in_state} of them ${state}, where ${live} and ${inState} were due`);
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cronsyncCommand, packageVersion } from './cronsync.ts';
import type { Data, Phase } from './data.ts';
import { environmentOf, versionOf } from './python.ts';
import type { Command } from './started.ts';

/** Where one turn of a tool takes place: a database of its own, which is empty. */
export interface Place {
  /** Of the database; of SQLite its file. */
  readonly url: string;
  /** Also the name of the sync. */
  readonly database: string;
  readonly redisUrl: string;
  /** For what a tool keeps between its phases. */
  readonly folder: string;
  readonly data: Data;
}

/** A tool that can be had here. */
export interface OpenTool {
  /** Empty: it is the same as another's. */
  readonly version: string;
  command(phase: Phase, place: Place): Command;
}

export interface Tool {
  readonly name: string;
  /** What it can do at all. */
  readonly phases: readonly Phase[];
  /** What becomes of rows that the file no longer has. Null: it does not read the file. */
  readonly gone: 'marked' | 'deleted' | 'kept' | null;
  /** The tool makes its table; all others get one. */
  readonly makesTable?: true;
  /** Rounds beyond these would take minutes, and prove nothing more. */
  readonly mostRounds?: number;
  /** It is cronsync itself. */
  readonly isOurs?: true;
  /** Installs it, if need be. Throws if it cannot be had. */
  open(): OpenTool;
}

const scripts = fileURLToPath(new URL('.', import.meta.url));
const upserts: readonly Phase[] = ['load', 'unchanged', 'changed', 'every'];

const cronsync: Tool = {
  name: 'cronsync',
  isOurs: true,
  phases: ['load', 'unchanged', 'changed', 'every', 'gone'],
  gone: 'marked',
  open: () => ({
    version: packageVersion,
    command: (phase, { url, redisUrl, folder, data, database }) =>
      cronsyncCommand({ name: database, folder, redisUrl, path: data.files[phase], target: { type: 'postgres', url } }),
  }),
};

const sling: Tool = {
  name: 'Sling',
  phases: upserts,
  gone: 'kept',
  makesTable: true,
  open() {
    const { lib } = environmentOf('sling', ['sling-linux-amd64==1.4.11']);
    const program = join(lib, 'sling_linux_amd64/bin/sling-linux-amd64');
    return {
      version: versionOf(program),
      command: (phase, { url, folder, data }) => ({
        argv: [
          ...([program, 'run', '--src-stream', `file://${data.files[phase]}`] as const),
          ...['--src-options', JSON.stringify({ flatten: 1 })],
          ...['--tgt-conn', `${url}?sslmode=disable`, '--tgt-object', 'public.customers'],
          ...['--mode', 'incremental', '--primary-key', 'id'],
        ],
        env: { SLING_HOME_DIR: folder, SLING_DISABLE_TELEMETRY: 'true' },
      }),
    };
  },
};

const ingestr: Tool = {
  name: 'ingestr',
  phases: upserts,
  gone: 'kept',
  makesTable: true,
  open() {
    const program = join(environmentOf('ingestr', ['ingestr==0.15.9']).bin, 'ingestr');
    return {
      version: versionOf(program),
      command: (phase, { url, folder, data }) => ({
        argv: [
          ...([program, 'ingest', '--yes', '--progress', 'log'] as const),
          ...['--source-uri', `jsonl://${data.files[phase]}`, '--source-table', 'customers'],
          ...['--dest-uri', `${url}?sslmode=disable`, '--dest-table', 'public.customers'],
          ...['--incremental-strategy', 'merge', '--primary-key', 'id', '--pipelines-dir', folder],
        ],
        env: { DISABLE_TELEMETRY: 'true', INGESTR_DISABLE_TELEMETRY: 'true' },
      }),
    };
  },
};

const dlt: Tool = {
  name: 'dlt',
  phases: upserts,
  gone: 'kept',
  makesTable: true,
  mostRounds: 2,
  open() {
    const { bin } = environmentOf('dlt', ['dlt[postgres]==1.31.0']);
    return {
      version: versionOf(join(bin, 'dlt')),
      command: (phase, { url, folder, data }) => ({
        argv: [join(bin, 'python'), join(scripts, 'dlt_postgres.py'), data.files[phase], url],
        env: { DLT_DATA_DIR: folder, RUNTIME__DLTHUB_TELEMETRY: 'false', RUNTIME__LOG_LEVEL: 'ERROR' },
      }),
    };
  },
};

const singer: Tool = {
  name: 'Singer',
  phases: upserts,
  gone: 'kept',
  makesTable: true,
  mostRounds: 2,
  open() {
    const tap = join(environmentOf('tap-jsonl', ['tap-jsonl==0.3.1']).bin, 'tap-jsonl');
    const target = join(
      environmentOf('target-postgres', ['meltanolabs-target-postgres==0.8.1']).bin,
      'target-postgres',
    );
    return {
      version: `tap-jsonl ${versionOf(tap)}, target-postgres ${versionOf(target)}`,
      command(phase, { url, folder, data }) {
        const [from, to] = [join(folder, 'tap.json'), join(folder, 'target.json')];
        writeFileSync(
          from,
          JSON.stringify({ path: data.files[phase], stream_name: 'customers', primary_keys: ['id'] }),
        );
        const settings = {
          default_target_schema: 'public',
          add_record_metadata: false,
          activate_version: false,
          use_copy: true,
        };
        writeFileSync(
          to,
          JSON.stringify({ sqlalchemy_url: url.replace('postgres:', 'postgresql+psycopg:'), ...settings }),
        );
        return { argv: ['sh', '-c', `'${tap}' --config '${from}' | '${target}' --config '${to}'`] };
      },
    };
  },
};

const plainPython: Tool = {
  name: 'plain Python',
  phases: ['load', 'unchanged', 'changed', 'every', 'gone'],
  gone: 'deleted',
  open() {
    const python = join(environmentOf('psycopg', ['psycopg[binary]==3.3.9']).bin, 'python');
    return {
      version: versionOf(python),
      command: (phase, { url, data }) => ({
        argv: [python, join(scripts, 'plain_postgres.py'), data.files[phase], url],
      }),
    };
  },
};

const plainNode: Tool = {
  name: 'plain Node',
  phases: upserts,
  gone: 'kept',
  open: () => ({
    version: process.versions.node,
    command: (phase, { url, data }) => ({
      argv: [process.execPath, join(scripts, 'plain-postgres.ts'), data.files[phase], url],
    }),
  }),
};

/** One statement for each phase: what the database alone takes. */
const psql: Tool = {
  name: 'psql',
  phases: ['load', 'every', 'gone'],
  gone: null,
  open: () => ({
    version: versionOf('psql'),
    command(phase, { url, data }) {
      const columns = 'id, email, state, updated_at, address, tags, note, visits';
      const statements: Partial<Record<Phase, string>> = {
        load: `\\copy customers (${columns}) FROM '${data.csv}' (FORMAT csv)`,
        every: `UPDATE customers SET state = 'closed', visits = visits + 2, updated_at = updated_at + interval '2 days'`,
        gone: `UPDATE customers SET deleted_at = now() WHERE id > '${'0'.repeat(12)}'`,
      };
      return { argv: ['psql', '-q', '-v', 'ON_ERROR_STOP=1', url], input: `${statements[phase]}\n` };
    },
  }),
};

/** What writes into Postgres. */
export const postgresTools: readonly Tool[] = [
  ...[cronsync, sling, ingestr, plainPython, plainNode, dlt, singer, psql],
];

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cronsyncCommand } from './cronsync.ts';
import type { Data, Phase } from './data.ts';
import type { Database } from './postgres.ts';
import { demandRows, makeTable, sqliteTools } from './sqlite.ts';
import { type Place, postgresTools, type Tool } from './tools.ts';

/** One database, and the tools that write into it. */
export interface Suite {
  readonly name: 'postgres' | 'sqlite' | 'rest';
  readonly phases: readonly Phase[];
  readonly tools: readonly Tool[];
  /** An empty database for one turn. */
  begin(tool: Tool, name: string): Promise<Turn>;
}

export interface Turn extends AsyncDisposable {
  readonly place: Place;
  /** Before each phase. */
  settle(): Promise<void>;
  /** Throws if the phase did not do what it should. */
  demand(phase: Phase): Promise<void>;
}

export interface Setting {
  readonly folder: string;
  readonly redisUrl: string;
  readonly database: Database;
  readonly data: Data;
  /** The URL of the server that has the same rows in pages. */
  readonly pages: string;
}

export function suitesOf(setting: Setting): Suite[] {
  const { folder, redisUrl, database, data } = setting;

  async function beginPostgres({ gone, makesTable }: Tool, name: string): Promise<Turn> {
    const url = await database.make(name, !makesTable);
    const place = { url, database: name, redisUrl, folder: newFolder(folder, name), data };
    return {
      place,
      settle: () => database.settle(),
      demand: async (phase) => {
        if (gone) await database.demand(name, data.expected[phase], gone);
      },
      async [Symbol.asyncDispose]() {
        await database.drop(name);
        rmSync(place.folder, { recursive: true });
      },
    };
  }

  async function beginSqlite({ gone }: Tool, name: string): Promise<Turn> {
    const own = newFolder(folder, name);
    const file = join(own, 'customers.db');
    makeTable(file);
    return {
      place: { url: file, database: name, redisUrl, folder: own, data },
      settle: async () => {},
      demand: async (phase) => {
        if (gone) demandRows(file, data.expected[phase], gone);
      },
      async [Symbol.asyncDispose]() {
        rmSync(own, { recursive: true });
      },
    };
  }

  return [
    {
      name: 'postgres',
      phases: ['load', 'unchanged', 'changed', 'every', 'gone'],
      tools: postgresTools,
      begin: beginPostgres,
    },
    { name: 'sqlite', phases: ['load', 'unchanged', 'changed', 'every'], tools: sqliteTools, begin: beginSqlite },
    { name: 'rest', phases: ['load', 'unchanged'], tools: waysOf(setting), begin: beginPostgres },
  ];
}

/** The same rows in one file, and in pages of a thousand over HTTP, by cronsync into Postgres. */
function waysOf({ pages }: Setting): Tool[] {
  const way = (name: string, path: (data: Data) => string): Tool => ({
    name,
    isOurs: true,
    phases: ['load', 'unchanged'],
    gone: 'marked',
    open: () => ({
      version: '',
      command: (_phase, { url, database, redisUrl, folder, data }) =>
        cronsyncCommand({
          ...{ name: database, folder, redisUrl },
          path: path(data),
          target: { type: 'postgres', url },
        }),
    }),
  });
  return [way('pages', () => pages), way('one file', ({ files }) => files.load)];
}

function newFolder(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder);
  return folder;
}

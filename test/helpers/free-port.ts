import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * A port on which nothing listens, and which no other call gives, in whatever process, for as long as this process lives. A
 * server can therefore go away and come back on it. Nor is the port 10,000 above it given: nodes of a cluster talk there.
 * Both are below those that the system gives to outgoing connections, so that no connection of another test takes one while
 * its server is down, and no client that calls it then reaches itself.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const port = randomInt(10_000, 22_768);
    try {
      for (const each of [port, port + 10_000]) {
        await claim(each);
        await listensNowhere(each);
      }
      return port;
    } catch (error) {
      if (attempt === 100) throw error;
    }
  }
}

/** A name in Linux's abstract namespace belongs to one process, and is free when that has ended, however it ended. */
async function claim(port: number): Promise<void> {
  if (process.platform !== 'linux') return;
  const server = createServer().unref();
  await once(server.listen(`\0cronsync-test-port-${port}`), 'listening');
}

async function listensNowhere(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

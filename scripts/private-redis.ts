// Starts the Redis that the demo and the benchmark use.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { findRedisServer } from './redis-server.ts';

/** A private Redis. It keeps its data only in memory, and ends at `stop` or at the end of this process. */
export interface PrivateRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a Redis on a free port of this machine, in its own process group, so that Ctrl-C does not reach it. */
export async function startPrivateRedis(folder: string): Promise<PrivateRedis> {
  const port = await freePort();
  const memoryOnly = ['--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(await findRedisServer(), ['--port', `${port}`, '--bind', '127.0.0.1', ...memoryOnly], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await isReady(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    async stop() {
      const ended = once(child, 'exit');
      kill();
      await ended;
      process.off('exit', kill);
    },
  };
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended: ${said}`)));
    child.stdout?.on('data', (text: Buffer) => {
      said += text;
      if (said.includes('Ready to accept connections')) resolve();
    });
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}

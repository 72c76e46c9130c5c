import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { findRedisServer } from '../../scripts/redis-server.ts';
import { freePort } from './free-port.ts';
import { certificate, tlsSettings } from './tls.ts';

export interface RedisServerOptions {
  /** Appends every write to a file: a restart finds it again. */
  readonly aof?: boolean;
  /** What every client, and every replica of it, must say. */
  readonly password?: string;
  /** It speaks TLS only. */
  readonly tls?: boolean;
  /** More arguments of redis-server. */
  readonly args?: readonly string[];
}

/** A private redis-server on a free port, in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** For assertions. */
  readonly client: Redis;
  readonly pid: number;
  /** Sends a signal. Waits for the end of the process if the signal ends it. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Kills it if it runs, and starts it again on the same port and folder. `ready: false` does not wait until its data is loaded. */
  restart(options?: { readonly ready?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

export async function aRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const { aof = false, password, tls = false, args: more = [] } = options;
  const words = password === undefined ? [] : ['--requirepass', password, '--masterauth', password];
  const args = (at: number) => [...(tls ? tlsArgs(at) : ['--port', `${at}`]), ...persistence(aof), ...words, ...more];
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-redis-'));
  const started = await startOnFreePort(folder, args);
  const { port } = started;
  let child = started.child;
  const patient = { maxRetriesPerRequest: null, retryStrategy: () => 20 };
  const access = { ...(password !== undefined && { password }), ...(tls && { tls: certificate }) };
  const client = new Redis({ host: tls ? 'localhost' : '127.0.0.1', port, ...patient, ...access });
  client.on('error', () => {});

  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    if (hasEnded(child)) return;
    const ends = signal === 'SIGKILL' || signal === 'SIGTERM' ? once(child, 'exit') : undefined;
    child.kill(signal);
    await ends;
  };
  return {
    url: tls ? `rediss://localhost:${port}` : `redis://127.0.0.1:${port}`,
    port,
    folder,
    client,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    async restart({ ready = true } = {}) {
      await kill();
      child = await start(folder, args(port), ready);
    },
    async stop() {
      client.disconnect();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function persistence(aof: boolean): readonly string[] {
  return aof ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
}

function tlsArgs(port: number): readonly string[] {
  return Object.entries(tlsSettings(port)).flatMap(([name, value]) => [`--${name}`, value]);
}

/** Whatever else runs on this machine may take the port before this server does. */
async function startOnFreePort(folder: string, args: (port: number) => readonly string[]) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, child: await start(folder, args(port), true) };
    } catch (error) {
      if (attempt === 5) throw error;
    }
  }
}

function start(folder: string, args: readonly string[], ready: boolean): Promise<ChildProcess> {
  const always = ['--bind', '127.0.0.1', '--dir', folder, '--save', '', '--daemonize', 'no'];
  return startServer([...always, ...args], ready ? 'Ready to accept connections' : 'Server initialized');
}

/** Starts redis-server, which is killed with this process, and waits until it says these words. */
export async function startServer(args: readonly string[], words: string): Promise<ChildProcess> {
  const child = spawn(await findRedisServer(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const killIt = () => child.kill('SIGKILL');
  process.once('exit', killIt);
  child.once('exit', () => process.off('exit', killIt));
  await says(child, words);
  return child;
}

function says(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`redis-server ended: ${output}`)));
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes(words)) resolve();
    });
  });
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

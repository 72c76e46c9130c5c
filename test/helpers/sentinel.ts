import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { SentinelPlace } from '../../src/redis/connection/place.ts';
import { eventually } from './child.ts';
import { freePort } from './free-port.ts';
import type { Host, PartedNet } from './parted-net.ts';
import { aRedis, type RedisServer, startServer } from './redis.ts';
import { certificate, tlsSettings } from './tls.ts';

export interface SentinelOptions {
  /** Whether each write is on the disk before it is answered: a node that is killed then has it when it starts again. */
  readonly aof?: boolean;
  /** More arguments of both nodes. */
  readonly nodeArgs?: readonly string[];
  /** More lines of each sentinel's config. */
  readonly sentinelLines?: readonly string[];
  /** After how long a silent master counts as down. */
  readonly downAfterMs?: number;
  /** What clients of the nodes, and of the sentinels, must say. */
  readonly password?: string;
  readonly sentinelPassword?: string;
  /** The net through which the nodes and the sentinels reach each other, and clients the nodes. */
  readonly net?: PartedNet;
}

/** Three sentinels that watch a master and its replica, all on free ports of this machine. */
export interface SentinelSetup extends AsyncDisposable {
  readonly place: SentinelPlace;
  /** To whoever is the master, for assertions. */
  readonly client: Redis;
  readonly sentinels: readonly Sentinel[];
  /** Where a node, or a sentinel, is in the net. */
  hostOf(server: RedisServer | Sentinel): Host;
  /** The server that the sentinels call the master. */
  master(): Promise<RedisServer>;
  /** Asks the sentinels to make the replica the master, and waits until it is. */
  failover(): Promise<void>;
  /** Waits until the sentinels name another master than this one. */
  isReplaced(master: RedisServer): Promise<void>;
  /** Both nodes run, and one is the replica of the other. */
  isWhole(): Promise<void>;
}

const name = 'mymaster';

export async function aSentinelSetup(options: SentinelOptions = {}): Promise<SentinelSetup> {
  await using opening = new AsyncDisposableStack();
  const { aof = true, nodeArgs = [], sentinelLines = [], downAfterMs = 1000, password, sentinelPassword } = options;
  const passwords = { ...(password && { password }), ...(sentinelPassword && { sentinelPassword }) };
  const args = ['--repl-diskless-sync-delay', '0', '--repl-timeout', '5', '--replica-announce-ip', '127.0.0.1'];
  const start = async (more: readonly string[] = []) => {
    const host = await options.net?.addHost();
    const inNet = host ? ['--replica-announce-port', `${host.port}`, '--bind-source-addr', host.address] : [];
    const all = [...args, ...inNet, ...nodeArgs, ...more];
    const server = await aRedis({ aof, args: all, ...(password && { password }) });
    host?.serves(server.port);
    if (host) hosts.set(server, host);
    opening.defer(() => server.stop());
    return server;
  };
  const hosts = new Map<RedisServer | Sentinel, Host>();
  const knownPort = (server: RedisServer) => hosts.get(server)?.port ?? server.port;
  const first = await start();
  const nodes = [first, await start(['--replicaof', '127.0.0.1', `${knownPort(first)}`])];
  const lines = [
    `sentinel monitor ${name} 127.0.0.1 ${knownPort(first)} 2`,
    `sentinel down-after-milliseconds ${name} ${downAfterMs}`,
    `sentinel failover-timeout ${name} 6000`,
    'sentinel announce-ip 127.0.0.1',
    ...(password ? [`sentinel auth-pass ${name} ${password}`] : []),
    ...(sentinelPassword ? [`requirepass ${sentinelPassword}`] : []),
    ...sentinelLines,
  ];
  const sentinels: Sentinel[] = [];
  for (let at = 0; at < 3; at += 1) {
    const host = await options.net?.addHost();
    const inNet = host ? [`sentinel announce-port ${host.port}`, `bind-source-addr ${host.address}`] : [];
    const sentinel = opening.use(await aSentinel([...inNet, ...lines]));
    host?.serves(sentinel.port);
    if (host) hosts.set(sentinel, host);
    sentinels.push(sentinel);
  }
  const client = new Redis({
    ...{ name, ...passwords, sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })) },
    ...{ maxRetriesPerRequest: null, retryStrategy: () => 50 },
  });
  client.on('error', () => {});
  opening.defer(() => client.disconnect());

  const ask = (command: string) => {
    const sentinel = sentinels.findLast(({ client }) => client.status === 'ready');
    if (!sentinel) throw new Error('no sentinel is connected');
    return sentinel.client.call('SENTINEL', command, name);
  };
  const master = async () => {
    const [, port] = (await ask('GET-MASTER-ADDR-BY-NAME')) as string[];
    const found = nodes.find((node) => knownPort(node) === Number(port));
    if (!found) throw new Error(`the sentinels name the port ${port}, which is not ours`);
    return found;
  };
  const isWhole = () =>
    eventually(async () => {
      const now = await master();
      const [info, known] = await Promise.all([now.client.info('replication'), knownTo(sentinels)]);
      return info.includes('role:master') && /slave0:.*state=online/.test(info) && known;
    }, 30_000);
  const isReplaced = (old: RedisServer) => eventually(async () => (await master()) !== old, 30_000);

  await isWhole();
  const opened = opening.move();
  return {
    place: { sentinels: sentinels.map(({ port }) => `127.0.0.1:${port}`), name, ...passwords },
    client,
    sentinels,
    hostOf(server) {
      const host = hosts.get(server);
      if (!host) throw new Error('the sentinels have no net');
      return host;
    },
    master,
    async failover() {
      await isWhole();
      const old = await master();
      // A sentinel refuses while it still remembers the failover before.
      await eventually(async () => {
        await ask('FAILOVER').catch(() => {});
        return (await master()) !== old;
      }, 30_000);
    },
    isReplaced,
    isWhole,
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** Whether each sentinel knows the two others and the replica: before, none of them fails over. */
async function knownTo(sentinels: readonly Sentinel[]): Promise<boolean> {
  const infos = await Promise.all(sentinels.map(({ client }) => client.info('sentinel')));
  return infos.every((info) => /status=ok,.*slaves=1,sentinels=3/.test(info));
}

export interface Sentinel extends AsyncDisposable {
  readonly port: number;
  readonly client: Redis;
  kill(signal: NodeJS.Signals): void;
}

/** One sentinel on a free port, with these lines in its config. */
export async function aSentinel(lines: readonly string[], { tls = false } = {}): Promise<Sentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'cronsync-sentinel-'));
  const file = join(folder, 'sentinel.conf');
  const port = await freePort();
  const settings = Object.entries(tls ? tlsSettings(port) : { port }).map(([setting, value]) => `${setting} ${value}`);
  await writeFile(file, [...settings, 'bind 127.0.0.1', `dir ${folder}`, ...lines].join('\n'));
  const child = await startServer([file, '--sentinel'], `+monitor master ${name}`);
  const password = lines.find((line) => line.startsWith('requirepass '))?.split(' ')[1];
  const access = { ...(password !== undefined && { password }), ...(tls && { tls: certificate }) };
  const client = new Redis({ host: tls ? 'localhost' : '127.0.0.1', port, retryStrategy: () => 50, ...access });
  client.on('error', () => {});
  return {
    port,
    client,
    kill: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      client.disconnect();
      const ended = child.exitCode !== null || child.signalCode !== null || once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

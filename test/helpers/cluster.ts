import { Cluster, Command } from 'ioredis';
import type { ClusterPlace } from '../../src/redis/connection/place.ts';
import { eventually } from './child.ts';
import type { Host, PartedNet } from './parted-net.ts';
import { aRedis, type RedisServer } from './redis.ts';
import { certificate } from './tls.ts';

export interface ClusterOptions {
  /** Whether each write is on the disk before it is answered: a node that is killed then has it when it starts again. */
  readonly aof?: boolean;
  readonly masters?: number;
  readonly replicas?: number;
  /** More arguments of every node. */
  readonly nodeArgs?: readonly string[];
  /** After how long a silent node counts as down. */
  readonly nodeTimeoutMs?: number;
  readonly password?: string;
  readonly tls?: boolean;
  /** The net through which the nodes, and all clients, reach each node. */
  readonly net?: PartedNet;
}

/** A cluster whose nodes are on free ports of this machine: three masters with a replica each, unless the options say otherwise. */
export interface ClusterSetup extends AsyncDisposable {
  readonly place: ClusterPlace;
  /** To all of it, for assertions. */
  readonly client: Cluster;
  readonly nodes: readonly RedisServer[];
  /** Where a node is in the net. */
  hostOf(node: RedisServer): Host;
  /** The master that keeps this key. */
  ownerOf(key: string): Promise<RedisServer>;
  /** Its replica takes over from this master by force, without the master's consent. */
  failover(master: RedisServer): Promise<void>;
  /** Waits until another node keeps the slots of this one. */
  isReplaced(master: RedisServer): Promise<void>;
  /** Moves the slot of this key to another master, with all that is in it. */
  migrate(key: string): Promise<void>;
  /** All nodes run, every slot has an owner, and every master its replica. */
  isWhole(): Promise<void>;
  /** How many commands nodes have sent elsewhere, because another one keeps their key. */
  redirects(): Promise<number>;
}

const slotCount = 16_384;

export async function aCluster(options: ClusterOptions = {}): Promise<ClusterSetup> {
  await using opening = new AsyncDisposableStack();
  const { aof = true, masters = 3, replicas = 3, nodeArgs = [], nodeTimeoutMs = 2000, password, tls = false } = options;
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeoutMs}`];
  const quick = ['--repl-diskless-sync-delay', '0', '--cluster-announce-ip', '127.0.0.1'];
  const hosts = new Map<RedisServer, Host>();
  const start = async (): Promise<Node> => {
    const host = await options.net?.addHost();
    const more = [...quick, ...nodeArgs, ...(host ? argsIn(host) : [])];
    const node = await aRedis({ aof, args: [...args, ...more], tls, ...(password && { password }) });
    host?.serves(node.port);
    if (host) hosts.set(node, host);
    return Object.assign(node, {
      known: { port: host?.port ?? node.port, busPort: host?.busPort ?? node.port + 10_000 },
    });
  };
  const nodes = await Promise.all(Array.from({ length: masters + replicas }, start));
  for (const node of nodes) opening.defer(() => node.stop());
  await form(nodes, masters);
  await eventually(() => isWhole(nodes, masters, replicas), 30_000);

  const place = { cluster: nodes.map(({ known }) => `127.0.0.1:${known.port}`), ...(password && { password }) };
  const client = new Cluster(
    nodes.map(({ known }) => ({ host: '127.0.0.1', port: known.port })),
    {
      redisOptions: { ...(password && { password }), ...(tls && { tls: { ...certificate, servername: 'localhost' } }) },
    },
  );
  client.on('error', () => {});
  // Of all masters, where a single node would answer.
  const masterNodes = () => client.nodes('master');
  Object.assign(client, {
    flushall: () => Promise.all(masterNodes().map((node) => node.flushall())),
    keys: async (pattern: string) => (await Promise.all(masterNodes().map((node) => node.keys(pattern)))).flat(),
  });
  opening.defer(() => client.disconnect());
  const ownerOf = async (key: string) => ownerAmong(nodes, slotOf(key));
  const isReplaced = (old: RedisServer) => {
    // It may be the last to know.
    const others = nodes.filter((node) => node !== old);
    const port = nodes.find((node) => node === old)?.known.port ?? old.port;
    return eventually(async () => !(await owners(others)).has(port), 30_000);
  };
  const opened = opening.move();
  return {
    place,
    client,
    nodes,
    hostOf(node) {
      const host = hosts.get(node);
      if (!host) throw new Error('the cluster has no net');
      return host;
    },
    ownerOf,
    async failover(master) {
      const replica = nodes[await replicaOf(master, nodes)];
      if (!replica) throw new Error('this master has no replica');
      await replica.client.cluster('FAILOVER', 'FORCE');
      await isReplaced(master);
    },
    isReplaced,
    async migrate(key) {
      const slot = slotOf(key);
      const from = await ownerAmong(nodes, slot);
      const others = [...(await owners(nodes)).keys()].filter((port) => port !== from.known.port);
      const to = nodes.find(({ known }) => known.port === others[0]);
      if (!to) throw new Error('there is no other master');
      await moveSlot(slot, from, to, { nodes, password });
    },
    isWhole: () => eventually(() => isWhole(nodes, masters, replicas), 30_000),
    redirects: async () => {
      const infos = await Promise.all(nodes.map((node) => node.client.info('errorstats')));
      return infos.reduce((sum, info) => sum + Number(/errorstat_MOVED:count=(\d+)/.exec(info)?.[1] ?? 0), 0);
    },
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}

/** A node, and the ports under which the others know it. */
type Node = RedisServer & { readonly known: { readonly port: number; readonly busPort: number } };

function argsIn({ port, busPort, address }: Host): readonly string[] {
  const announced = ['--cluster-announce-port', `${port}`, '--cluster-announce-bus-port', `${busPort}`];
  return [...announced, '--bind-source-addr', address];
}

export function slotOf(key: string): number {
  return new Command('get', [key]).getSlot();
}

/** Gives each master its share of the slots, introduces the nodes to each other, and gives each master a replica. */
async function form(nodes: readonly Node[], masters: number): Promise<void> {
  const share = Math.ceil(slotCount / masters);
  const [first] = nodes;
  await Promise.all(
    nodes.map(async ({ client }, at) => {
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', `${at + 1}`);
      if (at < masters) {
        const last = Math.min((at + 1) * share, slotCount) - 1;
        await client.call('CLUSTER', 'ADDSLOTSRANGE', `${at * share}`, `${last}`);
      }
    }),
  );
  // Only now: a node that knows another one takes no epoch.
  const meet = ['MEET', '127.0.0.1', `${first?.known.port}`, `${first?.known.busPort}`];
  await Promise.all(nodes.slice(1).map(({ client }) => client.call('CLUSTER', ...meet)));
  await Promise.all(
    nodes.slice(masters).map(async ({ client }, at) => {
      const id = String(await nodes[at % masters]?.client.call('CLUSTER', 'MYID'));
      // It must have heard of its master.
      await eventually(() => client.call('CLUSTER', 'REPLICATE', id).then(...[() => true, () => false]), 30_000);
    }),
  );
}

async function isWhole(nodes: readonly RedisServer[], masters: number, replicas: number): Promise<boolean> {
  const infos = await Promise.all(
    nodes.map(async ({ client }) => `${await client.call('CLUSTER', 'INFO')}${await client.info('replication')}`),
  );
  const isKnown = (info: string) =>
    info.includes('cluster_state:ok') &&
    info.includes(`cluster_known_nodes:${nodes.length}`) &&
    info.includes(`cluster_size:${masters}`);
  const following = infos.filter((info) => info.includes('role:slave') && info.includes('master_link_status:up'));
  return infos.every(isKnown) && following.length === replicas;
}

/** The port of each node that keeps slots, by what the nodes that run say, with the ranges. */
async function owners(
  nodes: readonly RedisServer[],
): Promise<ReadonlyMap<number, readonly (readonly [number, number])[]>> {
  const answers = nodes.map(({ client }) => client.status === 'ready' && client.call('CLUSTER', 'SLOTS'));
  const slots = (await Promise.any(
    answers.map(async (answer) => (await answer) || Promise.reject(new Error('down'))),
  )) as readonly (readonly [number, number, readonly [string, number]])[];
  const ofPort = Map.groupBy(slots, ([, , [, port]]) => port);
  return new Map([...ofPort].map(([port, ranges]) => [port, ranges.map(([from, to]) => [from, to] as const)]));
}

async function ownerAmong(nodes: readonly Node[], slot: number): Promise<Node> {
  for (const [port, ranges] of await owners(nodes)) {
    const node = nodes.find(({ known }) => known.port === port);
    if (node && ranges.some(([from, to]) => from <= slot && slot <= to)) return node;
  }
  throw new Error(`nobody keeps the slot ${slot}`);
}

async function replicaOf(master: RedisServer, nodes: readonly Node[]): Promise<number> {
  const infos = await Promise.all(nodes.map(({ client }) => client.info('replication')));
  const port = nodes.find((node) => node === master)?.known.port;
  return infos.findIndex((info) => info.includes('role:slave') && info.includes(`master_port:${port}\r`));
}

interface Around {
  readonly nodes: readonly RedisServer[];
  readonly password: string | undefined;
}

/** As `redis-cli --cluster reshard` does it. */
async function moveSlot(slot: number, from: RedisServer, to: RedisServer, { nodes, password }: Around): Promise<void> {
  const [fromId, toId] = await Promise.all([from, to].map(({ client }) => client.call('CLUSTER', 'MYID')));
  await to.client.call('CLUSTER', 'SETSLOT', `${slot}`, 'IMPORTING', `${fromId}`);
  await from.client.call('CLUSTER', 'SETSLOT', `${slot}`, 'MIGRATING', `${toId}`);
  const keysLeft = () => from.client.call('CLUSTER', 'GETKEYSINSLOT', `${slot}`, '100') as Promise<string[]>;
  const auth = password === undefined ? [] : ['AUTH', password];
  for (let keys = await keysLeft(); keys.length > 0; keys = await keysLeft()) {
    await from.client.call('MIGRATE', '127.0.0.1', `${to.port}`, '', '0', '5000', ...auth, 'KEYS', ...keys);
  }
  // The new owner first, then the old one, then the others, which would learn it anyway.
  for (const { client } of [to, from, ...nodes]) {
    await client.call('CLUSTER', 'SETSLOT', `${slot}`, 'NODE', `${toId}`).catch(() => {});
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterSetup } from './cluster.ts';
import type { Host, PartedNet } from './parted-net.ts';
import type { RedisServer } from './redis.ts';
import type { Sentinel, SentinelSetup } from './sentinel.ts';
import type { Project } from './sync.ts';

/** What happens to a Redis of several servers, by name; each time, another server is the one to ask afterwards. */
export type Takeovers = Readonly<Record<string, () => Promise<void>>>;

/** The part of a set-up that is needed to hurt one of its masters. */
type Mortal = Pick<SentinelSetup, 'isReplaced'>;

export function sentinelTakeovers(redis: SentinelSetup): Takeovers {
  return {
    'SENTINEL FAILOVER': () => redis.failover(),
    'kill -9 of the master': async () => die(await redis.master(), redis),
    'SIGSTOP of the master': async () => freeze(await redis.master(), redis),
  };
}

/** `keys`: of the sync, and of its throttle. Their slots are what matters. */
export function clusterTakeovers(redis: ClusterSetup, keys: readonly [string, string]): Takeovers {
  const [ofSync, ofThrottle] = keys;
  return {
    'CLUSTER FAILOVER FORCE': async () => redis.failover(await redis.ownerOf(ofSync)),
    'the slot of the sync moves': () => redis.migrate(ofSync),
    'kill -9 of the master': async () => die(await redis.ownerOf(ofSync), redis),
    'the slot of the throttle moves': () => redis.migrate(ofThrottle),
    'SIGSTOP of the master': async () => freeze(await redis.ownerOf(ofThrottle), redis),
  };
}

/** The key of the slots of a project's throttle. */
export function throttleKeyOf({ party }: Pick<Project, 'party'>): string {
  return `{sync-throttle:127.0.0.1-${party.port}}:slots`;
}

export function sentinelPartitions(redis: SentinelSetup, net: PartedNet): Takeovers {
  const partWith = async (beside: Sentinel | undefined, sides: { readonly andClients: boolean }) => {
    const master = await redis.master();
    const hosts = [master, ...(beside ? [beside] : [])].map((server) => redis.hostOf(server));
    await part(net, hosts, sides, () => redis.isReplaced(master));
  };
  return {
    // Clients ask this sentinel first, and it goes on to name the master that the others have replaced.
    'the master and a sentinel are parted from the others, and clients reach both sides': () =>
      partWith(redis.sentinels[0], { andClients: false }),
    'the master and a sentinel are parted from the others and from clients': () =>
      partWith(redis.sentinels[1], { andClients: true }),
  };
}

/** `keys`: of the sync, and of its throttle. */
export function clusterPartitions(redis: ClusterSetup, net: PartedNet, keys: readonly [string, string]): Takeovers {
  const [ofSync, ofThrottle] = keys;
  const ownerParts = async (key: string, sides: { readonly andClients: boolean }) => {
    const master = await redis.ownerOf(key);
    await part(net, [redis.hostOf(master)], sides, () => redis.isReplaced(master));
  };
  return {
    'the node of the sync is parted from the others, and clients reach both sides': () =>
      ownerParts(ofSync, { andClients: false }),
    'the node of the throttle is parted from the others and from clients': () =>
      ownerParts(ofThrottle, { andClients: true }),
    'the node of the throttle is parted from the others, and clients reach both sides': () =>
      ownerParts(ofThrottle, { andClients: false }),
    'the node of the sync is parted from the others and from clients': () => ownerParts(ofSync, { andClients: true }),
  };
}

/** How long both sides go on after one has replaced the other's master. */
const partedMs = 5000;

async function part(
  net: PartedNet,
  away: readonly Host[],
  sides: { readonly andClients: boolean },
  isReplaced: () => Promise<void>,
): Promise<void> {
  net.part(away, sides);
  try {
    await isReplaced();
    await sleep(partedMs);
  } finally {
    net.heal();
  }
}

async function die(master: RedisServer, { isReplaced }: Mortal): Promise<void> {
  await master.kill('SIGKILL');
  await isReplaced(master);
  await master.restart();
}

async function freeze(master: RedisServer, { isReplaced }: Mortal): Promise<void> {
  await master.kill('SIGSTOP');
  try {
    await isReplaced(master);
  } finally {
    await master.kill('SIGCONT');
  }
}

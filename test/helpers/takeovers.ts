import type { ClusterSetup } from './cluster.ts';
import type { RedisServer } from './redis.ts';
import type { SentinelSetup } from './sentinel.ts';

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

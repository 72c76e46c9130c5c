import { Daemon, type ListenDeps, type ListenOptions } from '../../listen/daemon.ts';
import type { Listener } from '../../listener.ts';
import type { Lease } from '../../lock.ts';
import type { ListenMeter } from '../../meter.ts';
import { createAttemptLog } from '../../redis/connection/attempts.ts';
import { BlockingArrivals } from '../../redis/connection/blocking.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import { openConsumer } from '../../redis/consumer.ts';
import { type SyncKeys, syncKeys } from '../../redis/keys.ts';
import { createLock } from '../../redis/lock.ts';
import { createMembers } from '../../redis/members.ts';
import { createEventStream } from '../../redis/stream.ts';
import { ensureGroups, restoreGroup } from '../../relay/groups.ts';
import { relay } from '../../relay/relay.ts';
import { openTarget, type Setting, thisHolder } from './app.ts';
import { listenerGroups } from './compile-resources.ts';
import { openDeadLetters } from './open-listener.ts';
import { Opened } from './opened.ts';

/** What a daemon needs beside the config. */
export interface DaemonParts {
  readonly redis: RedisConnection;
  /** The listeners that it runs, already open. */
  readonly listeners: ReadonlyMap<string, Listener>;
  readonly until: ListenOptions['until'];
  readonly meter: ListenMeter;
}

/** A daemon that is ready to run. Closing it closes all that was opened for it. */
export interface OpenDaemon extends AsyncDisposable {
  readonly daemon: Daemon;
  readonly deps: Pick<ListenDeps, 'stream' | 'dead'>;
}

/** Puts the daemon together. It does not take the target over, so it fences no run out. */
export async function openDaemon(setting: Setting, parts: DaemonParts): Promise<OpenDaemon> {
  const { config, timings, terminal } = setting;
  const { redis, listeners, meter } = parts;
  const keys = syncKeys(config.redis.prefix, config.name);
  const stream = createEventStream({ redis, key: keys.events });
  const groups = listenerGroups(config);
  const allGroups = groups.map(({ group }) => group);
  const { maxStream } = config.events;
  const { log } = terminal;

  await using opened = new Opened();
  const target = opened.use(await openTarget(setting));
  const dead = opened.use(await openDeadLetters(setting));
  const connectionName = `cronsync:${config.name}`;
  const { redis: login } = setting.logins;
  const arrivals = new BlockingArrivals({ place: config.redis, connectionName, key: keys.events, timings, login, log });
  opened.defer(() => arrivals.close());

  const relayAll = async (signal: AbortSignal) => {
    const { appended, outcome } = await relay(
      { name: config.name, maxStream, groups: allGroups },
      { stream, target, log },
      signal,
    );
    return { appended, isAll: outcome === 'caught-up' };
  };
  const deps: ListenDeps = {
    listeners,
    stream,
    target,
    dead,
    arrivals,
    attempts: createAttemptLog({ redis, keys, ttlMs: 2 * timings.giveUpMs }),
    members: createMembers({ redis, keys }),
    member: uniqueName(),
    acquire: (group) => acquire(group, setting, { redis, keys }),
    join: (group, token) => {
      const lease = token === null ? {} : { lease: { key: keys.lease(group), token } };
      return openConsumer({ redis, key: keys.events, group, consumer: uniqueName(), ...lease });
    },
    ensureGroups: () => ensureGroups(groups, { stream, target }),
    restoreGroup: (group) => restoreGroup(group, { stream, target }),
    relay: relayAll,
    meter,
    log,
    timings,
  };
  const daemon = new Daemon({ listeners: plansOf(setting, listeners), allGroups, maxStream, until: parts.until }, deps);
  const rest = opened.move();
  return { daemon, deps, [Symbol.asyncDispose]: () => rest[Symbol.asyncDispose]() };
}

function plansOf({ config }: Setting, opened: ReadonlyMap<string, Listener>): ListenOptions['listeners'] {
  return Object.entries(config.listeners)
    .filter(([name]) => opened.has(name))
    .map(([name, { on, ordering, shards, concurrency, attempts, timeoutMs, onDead }]) => {
      return { name, on, ordering, shards, concurrency, attempts, timeoutMs, onDead };
    });
}

/** Each lease has a token of its own: a late request of an earlier lease of this process must not count. */
async function acquire(
  group: string,
  { timings }: Setting,
  { redis, keys }: { readonly redis: RedisConnection; readonly keys: SyncKeys },
): Promise<{ readonly lease: Lease; readonly token: string } | null> {
  const holder = thisHolder();
  const lock = createLock({ redis, key: keys.lease(group), ttlMs: timings.groupLeaseMs, timings });
  const acquired = await lock.acquire(holder);
  return acquired.granted ? { lease: acquired.lease, token: holder.token } : null;
}

/** `<host>.<pid>.<random>`: the name of a consumer is never used again. */
function uniqueName(): string {
  const { host, pid, run } = thisHolder();
  return `${host}.${pid}.${run}`;
}

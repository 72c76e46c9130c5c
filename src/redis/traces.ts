import { listenerOf } from '../listener.ts';
import type { RedisTraces } from '../syncs.ts';
import type { Timings } from '../timings.ts';
import type { RedisConnection } from './connection/connection.ts';
import { integerIn } from './connection/reply.ts';
import type { Script } from './connection/script.ts';
import type { SyncKeys } from './keys.ts';
import { createLock } from './lock.ts';

/** KEYS what to remove   -> how many there were */
const removeScript: Script = {
  guarantee: 'some keys of the sync may still be there',
  lua: `return redis.call('DEL', unpack(KEYS))`,
};

export interface TracesConfig {
  readonly redis: RedisConnection;
  readonly keys: SyncKeys;
  readonly timings: Timings;
}

/** The keys of one sync, to look at and to remove. */
export function createTraces({ redis, keys, timings }: TracesConfig): RedisTraces {
  const readerOf = async (group: string): Promise<readonly [string, string][]> => {
    const lease = createLock({ redis, key: keys.lease(group), ttlMs: timings.groupLeaseMs, timings });
    const held = await lease.inspect();
    return held ? [[group, held.holder ? `${held.holder.host}:${held.holder.pid}` : 'unknown']] : [];
  };
  return {
    readers: async (groups) => new Map((await Promise.all(groups.map(readerOf))).flat()),
    async remove(groups) {
      const members = [...new Set(groups.map(listenerOf))].flatMap((listener) => [
        keys.members(listener),
        keys.done(listener),
      ]);
      const attempts = groups.map((group) => keys.attempts(group));
      return integerIn(await redis.run(removeScript, [keys.events, ...attempts, ...members], [])) > 0;
    },
  };
}

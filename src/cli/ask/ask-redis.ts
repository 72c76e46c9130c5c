import type { Config } from '../../config/schema/schema.ts';
import { groupNamesOf } from '../../listener.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import { syncKeys } from '../../redis/keys.ts';
import { lookAtGroups } from '../../redis/look-at-groups.ts';
import { stricterLimits } from '../../redis/slots/limit-owners.ts';
import { lookAtSlots } from '../../redis/slots/slots.ts';
import type { RedisFacts, SlotFacts } from '../../verdict/facts.ts';
import { lockOf, type Setting, streamOf } from '../open/app.ts';
import { throttleKeysOf } from '../open/throttle-keys.ts';

/** All that Redis knows of a sync. */
export async function askRedis(setting: Setting, redis: RedisConnection): Promise<RedisFacts> {
  const { config } = setting;
  const keys = syncKeys(config.redis.prefix, config.name);
  const stream = await streamOf(setting, redis);
  const askedAt = Date.now();
  const [look, lock, state, slots] = await Promise.all([
    lookAtGroups({ redis, keys }, groupsOf(config)),
    lockOf(setting, redis).inspect(),
    stream.state(),
    askSlots(config, redis),
  ]);
  const halfWay = (askedAt + Date.now()) / 2;
  return {
    version: redis.version,
    aheadMs: Math.round(look.now.getTime() - halfWay),
    lock,
    slots,
    stream: state,
    groups: look.groups,
  };
}

function groupsOf({ listeners }: Config) {
  return Object.entries(listeners).flatMap(([listener, { shards }]) =>
    groupNamesOf(listener, shards).map((group) => ({ group, listener })),
  );
}

/** When the next hit may leave, for each throttle key of the selected adapter. */
async function askSlots(config: Config, redis: RedisConnection): Promise<SlotFacts[]> {
  const { windows = [] } = config.adapters[config.adapter]?.throttle ?? {};
  const at = { redis, prefix: config.redis.prefix, sync: config.name };
  return Promise.all(
    throttleKeysOf(config).map(async (key) => {
      const [found, stricter] = await Promise.all([lookAtSlots(at, key, windows), stricterLimits(at, key, windows)]);
      return { key, ...found, stricter };
    }),
  );
}

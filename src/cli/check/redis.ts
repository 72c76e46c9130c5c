import type { RedisConnection } from '../../redis/connection/connection.ts';
import { throttleKeys } from '../../redis/keys.ts';
import { describeStricter } from '../../throttle.ts';
import { hurried } from '../ask/ask-stores.ts';
import { connectRedis, type Setting } from '../open/app.ts';
import { throttleKeysOf } from '../open/throttle-keys.ts';
import { type Finding, findingsOr, good, note } from './finding.ts';

/** Redis as a run would find it, and limits that are stricter than those of the config. */
export async function checkRedis(setting: Setting): Promise<readonly Finding[]> {
  return findingsOr('redis', async () => {
    using redis = await connectRedis(hurried(setting));
    const version = redis.version === null ? '' : ` (${redis.version})`;
    const slots = throttleKeysOf(setting.config).map((key) => checkSlots(key, redis, setting));
    return [good('redis', `${redis.address}${version}`), ...(await Promise.all(slots)).flat()];
  });
}

/** In a cluster, another node may keep the slots of a throttle than keeps the lock and the stream. */
async function checkSlots(key: string, redis: RedisConnection, { config }: Setting): Promise<readonly Finding[]> {
  const { windows = [] } = config.adapters[config.adapter]?.throttle ?? {};
  const { prefix } = config.redis;
  const findings = await findingsOr('throttle', async () => {
    if ('cluster' in config.redis) await redis.checkServerOf(throttleKeys(prefix, key).slots);
    const { stricterLimits } = await import('../../redis/slots/limit-owners.ts');
    const stricter = await stricterLimits({ redis, prefix }, key, windows);
    return stricter ? [note('throttle', describeStricter(stricter))] : [];
  });
  const where = `the node that keeps the slots of ${key}`;
  return findings.map((found) => (found.is === 'bad' ? { ...found, detail: `${where}: ${found.detail}` } : found));
}

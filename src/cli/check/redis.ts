import { describeStricter } from '../../throttle.ts';
import { hurried } from '../ask/ask-stores.ts';
import { connectRedis, type Setting } from '../open/app.ts';
import { throttleKeysOf } from '../open/throttle-keys.ts';
import { type Finding, findingsOr, good, note } from './finding.ts';

/** Redis as a run would find it, and limits that are stricter than those of the config. */
export async function checkRedis(setting: Setting): Promise<readonly Finding[]> {
  const { config } = setting;
  return findingsOr('redis', async () => {
    using redis = await connectRedis(hurried(setting));
    const { stricterLimits } = await import('../../redis/limit-owners.ts');
    const { windows = [] } = config.adapters[config.adapter]?.throttle ?? {};
    const at = { redis, prefix: config.redis.prefix };
    const stricter = await Promise.all(throttleKeysOf(config).map((key) => stricterLimits(at, key, windows)));
    const version = redis.version === null ? '' : ` (${redis.version})`;
    return [
      good('redis', `${redis.address}${version}`),
      ...stricter.flatMap((found) => (found ? [note('throttle', describeStricter(found))] : [])),
    ];
  });
}

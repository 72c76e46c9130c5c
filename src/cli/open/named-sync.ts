import type { NamedSync } from '../../act/named-sync.ts';
import { UsageError } from '../../errors.ts';
import type { RedisConnection } from '../../redis/connection/connection.ts';
import { isKeyName, syncKeys } from '../../redis/keys.ts';
import { createTraces } from '../../redis/traces.ts';
import type { Syncs } from '../../syncs.ts';
import { openTarget, type Setting, streamOf } from './app.ts';
import type { Opened } from './opened.ts';

/** The same database and Redis, for a sync of another name. */
export function settingFor(name: string, setting: Setting): Setting {
  if (isKeyName(name)) return { ...setting, config: { ...setting.config, name } };
  throw new UsageError(`${JSON.stringify(name)} cannot be the name of a sync; nothing was changed`, {
    hint: 'Names are lower-case letters, digits, ".", "_" and "-", at most 63, and start with a letter or a digit.',
  });
}

/** All syncs of the target. The caller closes them. */
export async function openSyncs({ config: { target }, timings, logins }: Setting): Promise<Syncs> {
  if (target.type === 'postgres') {
    const { openPostgresSyncs } = await import('../../targets/postgres/syncs/syncs.ts');
    return openPostgresSyncs({ ...target, login: logins.target, timings });
  }
  const { openSqliteSyncs } = await import('../../targets/sqlite/syncs/syncs.ts');
  return openSqliteSyncs({ file: target.file, timings });
}

/** One of them, with what it has in Redis. `opened` closes it. */
export async function openNamedSync(setting: Setting, redis: RedisConnection, opened: Opened): Promise<NamedSync> {
  const { config, timings } = setting;
  const keys = syncKeys(config.redis.prefix, config.name);
  return {
    name: config.name,
    stream: await streamOf(setting, redis),
    traces: createTraces({ redis, keys, timings }),
    target: opened.use(await openTarget(setting)),
  };
}
